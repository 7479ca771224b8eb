/** A disk that is full while a workspace is made: nothing half stays, and the next `init` makes the whole of it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PROGRAM } from "../support/program.ts";

function folderOf(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "expunge-full-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, ".expunge"), { mode: 0o700 });
  return folder;
}

/** `room`: whether any byte can be written. */
function init(cwd: string, room: boolean): { readonly exit: number | null; readonly code: unknown } {
  const limit = room ? "" : "trap '' XFSZ; ulimit -f 0; ";
  const env = { PATH: process.env["PATH"] ?? "", HOME: cwd };
  const { status, stdout } = spawnSync(
    "bash",
    ["-c", `${limit}exec "$0" "$@"`, process.execPath, PROGRAM, "init", "--json", "--no-input"],
    { cwd, env, encoding: "utf8" },
  );
  return { exit: status, code: JSON.parse(stdout).error?.code };
}

test("what keeps the workspace out of git is there whole, or not at all", () => {
  const folder = folderOf();
  expect(init(folder, false)).toEqual({ exit: 4, code: "NO_ROOM" });
  expect(init(folder, true).exit).toBe(0);
  expect(readFileSync(path.join(folder, ".expunge/.gitignore"), "utf8")).toBe("*\n");
});

test("a key that found no room is made by the next one, and one left empty by an earlier version keeps nothing out", () => {
  const folder = folderOf();
  const ignore = path.join(folder, ".expunge/.gitignore");
  writeFileSync(ignore, "*\n");
  expect(init(folder, false)).toEqual({ exit: 4, code: "NO_ROOM" });
  writeFileSync(ignore, "");
  expect(init(folder, true).exit).toBe(0);
  expect(readFileSync(ignore, "utf8")).toBe("*\n");
  expect(readFileSync(path.join(folder, ".expunge/keys/signing.key"), "utf8")).toMatch(/^[A-Za-z0-9+/]{43}=\n$/u);
});
