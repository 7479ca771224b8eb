/** Record files as a person lives with them: hidden, brought back byte for byte, hidden again, gone on their day. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";

const ID = "R-2026-0001";
const HEADING = "\u{FEFF}no;email;name;deleted_at;deleted_by\r\n";
const ANN = '1;"ann@x.example";"Ann ""A."", Ltd";;""\r\n';
const BOB = "2;bob@x.example;Bob;;\r\n";
const OLD = "3;ann@x.example;Ann;2026-11-20T08:00:00Z;the shop\r\n";
const ANN_EVENT = '{ "email": "ann@x.example", "n": 1.0 }\n';
const BOB_EVENT = '{"email":"bob@x.example","n":12345678901234567890}\n';

function openFiles(): Desk & { readonly bytes: () => { readonly csv: string; readonly jsonl: string } } {
  const desk = openDesk();
  desk.file("data/people.csv", HEADING + ANN + BOB + OLD);
  desk.file("data/events.jsonl", ANN_EVENT + BOB_EVENT);
  const life = { do: "soft-delete", restore_window: "7 days", purge_after: "14 days", match: { email: "email" } };
  desk.map({
    ...testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "data" },
          records: {
            people: {
              ...life,
              called: "customer list",
              files: ["people.csv"],
              dialect: { delimiter: ";" },
              soft_delete: { timestamp: "deleted_at", by: "deleted_by" },
            },
            events: { ...life, files: ["*.jsonl"], soft_delete: { flag: "gone.is", since: "gone.at" } },
          },
        },
      },
    }),
    settle: "0 days",
    clock: "test",
  });
  const read = (name: string) => readFileSync(join(desk.folder, "data", name), "utf8");
  return Object.assign(desk, { bytes: () => ({ csv: read("people.csv"), jsonl: read("events.jsonl") }) });
}

const at = (day: string) => ({ env: { EXPUNGE_NOW: `${day}T10:00:00Z` } });

async function through(desk: Desk, id: string, day: string): Promise<void> {
  for (const args of [
    ["approve", id, "--as", "olga", "--confirm", id],
    ["run", id, "--confirm", id],
    ["verify", id],
  ]) {
    const { code, json } = await desk.json(args, at(day));
    expect([args[0], code, code === 0 ? "" : JSON.stringify(json)]).toEqual([args[0], 0, ""]);
  }
}

async function opened(desk: Desk, day: string): Promise<void> {
  await desk.json(["init"], at(day));
  await desk.json(["request", "new", "--subject-file", "-"], {
    ...at(day),
    stdin: JSON.stringify({ email: "ann@x.example" }),
  });
  await desk.json(["request", "identity", ID, "--method", "letter", "--result", "ok"], at(day));
}

test("lines of a CSV and of a JSON Lines file are hidden, brought back byte for byte, hidden again and gone on their day", async () => {
  using desk = openFiles();
  const before = desk.bytes();
  await opened(desk, "2026-11-30");
  const planned = await desk.json(["plan", ID], at("2026-11-30"));
  expect(list(planned.json, "data.plan.steps")).toMatchObject([
    { record: "people", found: 2, act: 1, waiting: 1, reason: "marked" },
    { record: "events", found: 1, act: 1 },
  ]);
  await through(desk, ID, "2026-11-30");
  const marked = (day: string) => ({
    csv: `${HEADING}${ANN.replace(';;""', `;${day}T10:00:00.000Z;"expunge ${ID}"`)}${BOB}${OLD}`,
    jsonl: `${ANN_EVENT.replace(" }", `,"gone":{"is":true,"at":"${day}T10:00:00.000Z"} }`)}${BOB_EVENT}`,
  });
  expect(desk.bytes()).toEqual(marked("2026-11-30"));

  const undone = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-02"));
  expect([undone.code, JSON.stringify(undone.json)]).toEqual([0, expect.stringContaining("restored")]);
  expect(desk.bytes()).toEqual(before);

  await desk.json(["plan", ID], at("2026-12-03"));
  await through(desk, ID, "2026-12-03");
  expect(desk.bytes()).toEqual(marked("2026-12-03"));
  // what the application marked itself goes by the date that it bears, and nothing else does
  await desk.json(["plan", "--due"], at("2026-12-04"));
  await through(desk, "D-2026-0001", "2026-12-04");
  expect(desk.bytes()).toEqual({ ...marked("2026-12-03"), csv: marked("2026-12-03").csv.replace(OLD, "") });
  // she comes again, and a date is written that nobody can read
  const again = `${ANN}4;eve@x.example;Eve;soon;\r\n`;
  writeFileSync(join(desk.folder, "data/people.csv"), desk.bytes().csv + again);
  const early = await desk.json(["plan", "--due"], at("2026-12-16"));
  expect([early.code, dig(early.json, "data.plan.totals.erase")]).toEqual([0, 0]);
  const due = await desk.json(["plan", "--due"], at("2026-12-17"));
  expect(dig(due.json, "data.plan.totals.erase")).toBe(2);
  expect(JSON.stringify(dig(due.json, "data.plan.warnings"))).toContain(
    "people.csv:5: 1 record has a date in deleted_at",
  );
  await through(desk, String(dig(due.json, "data.plan.request")), "2026-12-17");
  expect(desk.bytes()).toEqual({ csv: `${HEADING}${BOB}${again}`, jsonl: BOB_EVENT });
  // her request sees that she came again, and closes when she has not
  const seen = await desk.json(["verify", ID], at("2026-12-17"));
  expect([seen.code, dig(seen.json, "data.residual")]).toEqual([2, 1]);
  writeFileSync(join(desk.folder, "data/people.csv"), HEADING + BOB);
  const verified = await desk.json(["verify", ID], at("2026-12-17"));
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([0, "closed"]);
});

test("an undo finds its lines where others came and went, and touches nothing where a mark was changed or a line is gone", async () => {
  using desk = openFiles();
  await opened(desk, "2026-11-30");
  await desk.json(["plan", ID], at("2026-11-30"));
  await through(desk, ID, "2026-11-30");
  const write = (csv: string) => writeFileSync(join(desk.folder, "data/people.csv"), csv);
  const { csv: hidden, jsonl } = desk.bytes();
  const [heading = "", ann = ""] = hidden.split(/(?<=\r\n)/u);
  for (const other of [`${heading}${BOB}`, `${heading}${ann.replace("2026-11-30T", "2026-11-29T")}${BOB}`]) {
    write(other);
    const refused = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-01"));
    expect([refused.code, dig(refused.json, "error.code")]).toEqual([3, "RESTORE_CONFLICT"]);
    expect(dig(refused.json, "error.details")).toMatchObject([{ system: "share", record: "people", count: 1 }]);
    expect(desk.bytes()).toEqual({ csv: other, jsonl });
  }
  // the same line, alive, stands before it and behind it: she came again
  write(`${heading}${ANN}${BOB}${ann}5;eve@x.example;Eve;;\r\n${ANN}`);
  const undone = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-01"));
  expect(undone.code).toBe(0);
  expect(desk.bytes()).toEqual({
    csv: `${heading}${ANN}${BOB}${ANN}5;eve@x.example;Eve;;\r\n${ANN}`,
    jsonl: ANN_EVENT + BOB_EVENT,
  });
});

test("a request does not close while its marked lines stand in another file, and does once they are gone", async () => {
  using desk = openFiles();
  desk.file("data/people.csv", HEADING + BOB);
  await opened(desk, "2026-11-30");
  await desk.json(["plan", ID], at("2026-11-30"));
  await through(desk, ID, "2026-11-30");
  const { jsonl } = desk.bytes();
  expect(jsonl).toContain('"gone":{"is":true');
  // rotated: the lines lie in another file of the pattern, and nothing of hers in the one that was planned
  desk.file("data/events.1.jsonl", jsonl);
  desk.file("data/events.jsonl", BOB_EVENT);
  const waits = await desk.json(["verify", ID], at("2026-12-01"));
  expect([waits.code, dig(waits.json, "data.state"), dig(waits.json, "data.residual")]).toEqual([0, "waiting", 0]);
  await desk.json(["plan", "--due"], at("2026-12-14"));
  await through(desk, "D-2026-0001", "2026-12-14");
  expect([desk.bytes(), desk.read("data/events.1.jsonl")]).toEqual([
    { csv: HEADING + BOB, jsonl: BOB_EVENT },
    BOB_EVENT,
  ]);
  const closed = await desk.json(["verify", ID], at("2026-12-14"));
  expect([closed.code, dig(closed.json, "data.state")]).toEqual([0, "closed"]);
});

test("a CSV file without the marker's column is an error with file and line, before anything is done", async () => {
  using desk = openFiles();
  desk.file("data/people.csv", "no;email;name\r\n1;ann@x.example;Ann\r\n");
  const before = desk.bytes();
  await opened(desk, "2026-11-30");
  for (const command of [["plan", ID], ["doctor"], ["plan", "--due"]]) {
    const { code, json } = await desk.json(command, at("2026-11-30"));
    expect([command, code === 0]).toEqual([command, false]);
    expect(JSON.stringify(json)).toContain('people.csv:1: the header has no column \\"deleted_at\\"');
  }
  expect(desk.bytes()).toEqual(before);
});

test("a request waits for its marked lines until they are gone for good, and says when their day has passed", async () => {
  using desk = openFiles();
  desk.file("data/people.csv", HEADING + ANN + BOB);
  await opened(desk, "2026-11-30");
  await desk.json(["plan", ID], at("2026-11-30"));
  await through(desk, ID, "2026-11-30");
  const verified = async (day: string) => {
    const { code, json } = await desk.json(["verify", ID], at(day));
    return [code, dig(json, "data.state"), list(json, "data.checks").map(({ marked }) => marked)];
  };
  expect(await verified("2026-11-30")).toEqual([0, "waiting", [1, 1]]);
  expect(await verified("2026-12-20")).toEqual([3, "waiting", [1, 1]]);
  await desk.json(["plan", "--due"], at("2026-12-20"));
  await through(desk, "D-2026-0001", "2026-12-20");
  expect(await verified("2026-12-20")).toEqual([0, "closed", [undefined, undefined]]);
  expect(desk.bytes()).toEqual({ csv: HEADING + BOB, jsonl: BOB_EVENT });
});

test("a line that another open request found as well is not given back", async () => {
  using desk = openFiles();
  desk.file("data/people.csv", HEADING + ANN + BOB);
  await opened(desk, "2026-11-30");
  await desk.json(["plan", ID], at("2026-11-30"));
  await through(desk, ID, "2026-11-30");
  const before = desk.bytes();
  await desk.json(["request", "new", "--subject-file", "-"], {
    ...at("2026-11-30"),
    stdin: JSON.stringify({ email: "ann@x.example" }),
  });
  await desk.json(["request", "identity", "R-2026-0002", "--method", "letter", "--result", "ok"], at("2026-11-30"));
  const planned = await desk.json(["plan", "R-2026-0002"], at("2026-11-30"));
  expect(planned.code, planned.out).toBe(0);
  const undone = await desk.json(["undo", ID, "--confirm", ID], at("2026-12-01"));
  expect([undone.code, list(undone.json, "error.details").map(({ constraint }) => constraint)], undone.out).toEqual([
    3,
    ["open_request", "open_request"],
  ]);
  expect(desk.bytes()).toEqual(before);
});
