/** A copy of the state that is put back beside a ledger that went on. */
import { copyFileSync, rmSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { dig, list, openDesk, testMap } from "../support/desk.ts";

test("a state that is older than its ledger is refused: a request's number would be given to somebody else", async () => {
  using desk = openDesk();
  desk.file("data/list.csv", "email\nann@x.example\nbob@x.example\n");
  desk.map(
    testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          records: { lists: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  await desk.json(["init"]);
  const opened = async (email: string) =>
    await desk.json(["request", "new", "--subject-file", "-"], { stdin: JSON.stringify({ email }) });
  await opened("ann@x.example");
  const file = (name: string) => path.join(desk.folder, name);
  // the last to leave has written everything back from its side files
  copyFileSync(file(".expunge/state.db"), file("older.db"));
  const bob = await opened("bob@x.example");
  expect(dig(bob.json, "data.requests.0.id")).toMatch(/-0002$/u);
  copyFileSync(file(".expunge/state.db"), file("latest.db"));
  const put = (name: string) => {
    for (const side of ["-wal", "-shm"]) rmSync(file(`.expunge/state.db${side}`), { force: true });
    copyFileSync(file(name), file(".expunge/state.db"));
  };
  put("older.db");
  const refused = await opened("cay@x.example");
  expect([refused.code, dig(refused.json, "error.code")]).toEqual([65, "LEDGER_MISMATCH"]);
  expect(String(dig(refused.json, "error.message"))).toContain("older than its ledger");
  const doctor = await desk.json(["doctor"]);
  expect(list(doctor.json, "data.checks").find(({ name }) => name === "ledger")).toMatchObject({ result: "fail" });
  put("latest.db");
  expect(dig((await opened("cay@x.example")).json, "data.requests.0.id")).toMatch(/-0003$/u);
});
