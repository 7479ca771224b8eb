/** How a request ends by a person's word: closed over a gap, cancelled, refused. */
import { expect, test } from "vitest";
import { type Desk, dig, openDesk, type Said, testMap } from "../support/desk.ts";

const at = (time: string): { env: Record<string, string> } => ({ env: { EXPUNGE_NOW: time, EXPUNGE_ACTOR: "rita" } });
const stateOf = ({ json }: Said): unknown => dig(json, "data.requests.0.state");

function deskWith(more: object): Desk {
  const desk = openDesk();
  desk.file("data/events.jsonl", '{"email":"bob@x.example"}\nbroken ann@x.example\n');
  desk.map(
    testMap({
      clock: "test",
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          records: { events: { files: ["*.jsonl"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
      ...more,
    }),
  );
  return desk;
}

async function opened(desk: Desk, when: string): Promise<string> {
  await desk.json(["init"]);
  const stdin = JSON.stringify({ email: "ann@x.example" });
  const made = await desk.json(["request", "new", "--subject-file", "-"], { stdin, ...at(when) });
  return String(dig(made.json, "data.requests.0.id"));
}

test("a gap that is accepted is no way round the second look", async () => {
  using desk = deskWith({ settle: "1 day" });
  const id = await opened(desk, "2026-11-30T10:00:00Z");
  const first = at("2026-11-30T10:00:00Z");
  await desk.json(["request", "identity", id, "--method", "letter", "--result", "ok"], first);
  for (const command of [["plan"], ["approve", "--confirm", id], ["run", "--confirm", id], ["verify"]])
    await desk.json([command[0] ?? "", id, ...command.slice(1)], first);
  const close = ["request", "close", id, "--accept-gaps", "--reason", "looked by hand"];
  const early = await desk.json(close, at("2026-12-01T12:00:00Z"));
  expect([early.code, dig(early.json, "error.code")]).toEqual([3, "STILL_OPEN"]);
  expect(String(dig(early.json, "error.help"))).toContain(`expunge verify ${id}`);
  expect((await desk.json(["verify", id], at("2026-12-01T12:00:00Z"))).code).toBe(2);
  const late = await desk.json(close, at("2026-12-01T12:01:00Z"));
  expect([late.code, stateOf(late)]).toEqual([0, "closed"]);
});

test("a request is cancelled and refused though the data map cannot be read, on the controller's civil day", async () => {
  using desk = deskWith({
    clock: "real",
    controller: {
      name: "Far Ltd",
      contact: "p@far.example",
      calendar: { timezone: "Pacific/Kiritimati", regime: "eu", holidays: [] },
    },
  });
  await desk.json(["init"]);
  const stdin = JSON.stringify([{ email: "ann@x.example" }, { email: "bob@x.example" }]);
  const made = await desk.json(["request", "new", "--subject-file", "-"], { stdin });
  const [one, other] = [dig(made.json, "data.requests.0.id"), dig(made.json, "data.requests.1.id")].map(String);
  desk.file("datamap.yaml", "version: [");
  expect(stateOf(await desk.json(["request", "cancel", one ?? "", "--reason", "withdrawn"]))).toBe("cancelled");
  expect(stateOf(await desk.json(["request", "refuse", other ?? "", "--reason", "unfounded"]))).toBe("refused");
  await desk.json(["report", one ?? ""]);
  const file: unknown = JSON.parse(desk.read(`report/${one}.report.json`));
  const payload: unknown = JSON.parse(Buffer.from(String(dig(file, "payload")), "base64").toString());
  const [ended, on] = [dig(payload, "summary.deadline.ended_at"), dig(payload, "summary.deadline.ended_on")];
  // there it is 14 hours later
  expect(on).toBe(new Date(Date.parse(String(ended)) + 14 * 3_600_000).toISOString().slice(0, 10));
});
