/** kill -9 while lines of files are hidden and while they are brought back: the same command ends as if nothing had been. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { KillPoint } from "../../src/executor/kill-points.ts";
import { approvedRequest } from "../support/approved.ts";
import { dig, list, openDesk, steps, testMap } from "../support/desk.ts";

const ANN = "ann@marks.example";
const CSV = `no,email,gone\r\n1,"${ANN}",\r\n2,bob@marks.example,\r\n3,${ANN},""`;
const JSONL = `{"email":"${ANN}", "n":1.0}\n{"email":"bob@marks.example"}\n`;
/** Where the run dies, and where the undo does. */
const ALL_KILLS: readonly (readonly [run: KillPoint, undo: KillPoint])[] = [
  ["effect_half", "noted"],
  ["saved_keep_images", "effect_half"],
  ["noted", "effect_done"],
  ["effect_done", "saved_attest"],
  ["judged", "saving_undo"],
];
/** Some of them; all with `npm run test:deep`. */
const KILLS = ALL_KILLS.filter((_, at) => process.env["EXPUNGE_DEEP"] === "1" || at < 3);

for (const [runKill, undoKill] of KILLS)
  test(`killed at ${runKill}, the same run hides the same lines; killed at ${undoKill}, the same undo brings back every byte`, async () => {
    using desk = openDesk();
    const record = {
      match: { email: "email" },
      do: "soft-delete",
      soft_delete: { timestamp: "gone" },
      restore_window: "7 days",
    };
    desk.map(
      testMap({
        clock: "test",
        approval: { required: true, four_eyes: false },
        retain_deleted: "14 days",
        systems: {
          share: {
            kind: "files",
            connect: { root: "./data" },
            records: { people: { ...record, files: ["*.csv"] }, events: { ...record, files: ["*.jsonl"] } },
          },
        },
      }),
    );
    desk.file("data/people.csv", CSV);
    desk.file("data/events.jsonl", JSONL);
    const read = (name: string) => readFileSync(join(desk.folder, "data", name), "utf8");
    const hidden = () => (read("people.csv") + read("events.jsonl")).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu) ?? [];
    expect((await desk.json(["init"])).code).toBe(0);
    const { id } = await approvedRequest(desk, [{ identifiers: { email: [ANN] } }]);
    const run = ["run", id, "--confirm", id];
    expect((await desk.json(run, { env: { EXPUNGE_TEST_KILL_AT: runKill } })).code, runKill).toBe("SIGKILL");
    // a file is the old one or the new one, whole
    expect([CSV.length, CSV.length + 48]).toContain(read("people.csv").length);
    const again = await desk.json(run);
    expect([again.code, dig(again.events?.at(-1), "state")], `${again.out}${again.err}`).toEqual([0, "waiting"]);
    expect(
      Object.values(steps(again)).map((step) => [step["status"], step["matched"], step["gone"], step["marked"]]),
    ).toEqual([
      ["soft_deleted", 2, 2, 2],
      ["soft_deleted", 1, 1, 1],
    ]);
    expect([hidden().length, new Set(hidden()).size]).toEqual([3, 1]);
    const undo = ["undo", id, "--confirm", id];
    expect((await desk.json(undo, { env: { EXPUNGE_TEST_KILL_AT: undoKill } })).code, undoKill).toBe("SIGKILL");
    const back = await desk.json(undo);
    expect([back.code, dig(back.json, "data.state")], `${back.out}${back.err}`).toEqual([0, "identity_confirmed"]);
    expect(list(back.json, "data.steps").map((step) => [step["status"], step["restored"]])).toEqual([
      ["restored", 2],
      ["restored", 1],
    ]);
    expect([read("people.csv"), read("events.jsonl")]).toEqual([CSV, JSONL]);
    expect(readdirSync(join(desk.folder, "data")).toSorted()).toEqual(["events.jsonl", "people.csv"]);
  });
