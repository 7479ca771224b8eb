/** Programs and ports. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { chownSync, closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { notePid, outside } from "./run.ts";

const NOBODY = 65_534;

/** Runs a program to its end; its stdout. Throws with the end of what it said on stderr. */
export async function sh(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], {
      ...options,
      maxBuffer: 1e8,
      encoding: "utf8",
    });
    return stdout;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim().slice(-600) : String(error);
    throw new Error(`${command} ${args[0] ?? ""} failed: ${said}`);
  }
}

export function hasProgram(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`], { stdio: "ignore" }).status === 0;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await new Promise((done, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}

/**
 * How a server that refuses uid 0 is run: as we are; or, for root, in a user namespace; or, where that is forbidden, as
 * `nobody`, who then needs a folder of their own outside ours.
 */
export interface Person {
  readonly prefix: readonly string[];
  readonly uid?: number;
}

export function ordinaryPerson(mapped: boolean): Person {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const prefix = ["unshare", "-U", ...(mapped ? ["--map-user=1000", "--map-group=1000"] : [])];
  const args = [...prefix.slice(1), "true"];
  const allowed =
    process.env["EXPUNGE_TEST_NO_USER_NAMESPACE"] === undefined &&
    spawnSync("unshare", args, { stdio: "ignore" }).status === 0;
  return allowed ? { prefix } : { prefix: [], uid: NOBODY };
}

/** The folder this person may write to: `folder` itself, or one under the temporary folder that bears the run's name. */
export function folderFor(person: Person, folder: string): string {
  if (person.uid === undefined) return folder;
  const other = outside(folder);
  mkdirSync(other, { recursive: true });
  chownSync(other, person.uid, person.uid);
  return other;
}

/** A folder of programs this person can reach: `tree` itself, or a copy under the temporary folder. */
export function treeFor(person: Person, tree: string, name: string): string {
  if (person.uid === undefined || reachable(tree)) return tree;
  const copy = join(tmpdir(), `expunge-${name}`);
  if (!existsSync(copy)) cpSync(tree, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Starts a server that outlives this process, all that it says going to `folder/log`, and notes its pid in the run. */
export function startServer(
  person: Person,
  command: string,
  args: readonly string[],
  options: { folder: string; signal: NodeJS.Signals; env?: NodeJS.ProcessEnv },
): { died(): boolean; log(): string } {
  const file = join(options.folder, "log");
  const log = openSync(file, "a");
  const [first = command, ...rest] = [...person.prefix, command, ...args];
  const child = spawn(first, rest, {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: options.env ?? process.env,
    ...(person.uid === undefined ? {} : { uid: person.uid, gid: person.uid }),
  });
  closeSync(log);
  let dead = false;
  child.once("error", () => (dead = true)).once("exit", () => (dead = true));
  child.unref();
  if (child.pid !== undefined) notePid(options.folder, "server", child.pid, options.signal);
  return { died: () => dead, log: () => readFileSync(file, "utf8") };
}

function reachable(folder: string): boolean {
  for (let at = folder; at !== dirname(at); at = dirname(at)) if ((statSync(at).mode & 0o005) !== 0o005) return false;
  return true;
}
