/** The time for an answer is extended: by whom it may be, until when, and where that is seen. */
import { expect, it, onTestFinished } from "vitest";
import { type Desk, dig, list, openDesk, type Said, testMap } from "../support/desk.ts";
import { inTerminal } from "../support/terminal.ts";

const person = "tove.lind@heron.example";

/** A desk at which a request came in on 30 November 2026: due on 30 December, or on 1 March, as 28 February is a Sunday. */
async function deskWithRequest(): Promise<{ desk: Desk; id: string }> {
  const desk = openDesk();
  onTestFinished(() => desk[Symbol.dispose]());
  desk.map(
    testMap({
      clock: "test",
      controller: {
        name: "Harbour Tea Ltd",
        contact: "privacy@heron.example",
        authority: { name: "An Authority", url: "https://authority.example" },
        calendar: { timezone: "Pacific/Kiritimati", regime: "eu", holidays: [] },
      },
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@heron.example",
          records: { list: { files: ["list.csv"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  desk.file("data/list.csv", `id,email\n1,${person}\n2,uwe@heron.example\n`);
  await desk.json(["init"]);
  const made = await desk.json(["request", "new", "--subject-file", "-"], {
    stdin: JSON.stringify({ email: person }),
    env: { EXPUNGE_NOW: "2026-11-30T09:00:00Z" },
  });
  return { desk, id: String(dig(made.json, "data.requests.0.id")) };
}

/** The command at a moment that the test names. */
const at = async (desk: Desk, time: string, ...args: readonly string[]): Promise<Said> =>
  await desk.json(args, { env: { EXPUNGE_NOW: time } });

/** Events of a type in the ledger. */
async function told(desk: Desk, type: string): Promise<readonly unknown[]> {
  await desk.json(["proof", "export", "--out", "ledger.json"]);
  return list(JSON.parse(desk.read("ledger.json")), "leaves")
    .map((leaf) => leaf["core"])
    .filter((core) => dig(core, "type") === type);
}

it("the extended day counts everywhere: in list, show, board, plan, run, ledger and report", async () => {
  const { desk, id } = await deskWithRequest();
  const said = await at(desk, "2026-12-10T09:00:00Z", "request", "extend", id, "--reason", "complex");
  const due = { nominal: "2026-12-30", legal: "2026-12-30", extended: "2027-03-01" };
  const extension = { reason: "complex", notified_on: "2026-12-10" };
  expect([said.code, dig(said.json, "data.requests.0.due")]).toEqual([0, { ...due, extension }]);
  expect(list(said.json, "data.requests.0.history").at(-1)).toMatchObject({ did: "extended" });

  const later = "2027-02-27T09:00:00Z";
  expect(dig((await at(desk, later, "request", "list")).json, "data.requests.0")).toMatchObject({
    due: { ...due, extension },
    days_left: 2,
    overdue: false,
  });
  expect(dig((await at(desk, later, "status")).json, "data.items.0")).toMatchObject({
    due: "2027-03-01",
    days_left: 2,
  });
  const after = await at(desk, "2027-03-01T10:30:00Z", "status", "--exit-code");
  expect([after.code, dig(after.json, "data.items.0.overdue")]).toEqual([2, true]);
  const screen = async (...args: readonly string[]): Promise<string> =>
    (await desk.cli([...args, "--no-input"], { env: { EXPUNGE_NOW: later } })).out;
  expect(await screen("request", "list")).toContain("1 Mar 2027");
  const show = await screen("request", "show", id);
  expect(show).toContain("Mon 1 Mar 2027 (extended from Wed 30 Dec 2026)");
  expect(show).toContain("the request is complex; the person was told on Thu 10 Dec 2026");
  expect(show).not.toContain("if extended");
  expect(await screen("plan", id)).toContain("answer due Mon 1 Mar 2027");

  await at(desk, later, "request", "identity", id, "--method", "letter", "--result", "ok");
  await at(desk, later, "approve", id, "--as", "olga", "--confirm", id);
  await at(desk, later, "run", id, "--confirm", id);
  expect(dig((await at(desk, later, "verify", id)).json, "data.state")).toBe("closed");
  expect(await told(desk, "request.extended")).toEqual([
    expect.objectContaining({ request: id, reason: "complex", notified_on: "2026-12-10", due: "2027-03-01" }),
  ]);
  await at(desk, later, "report", id, "--out", "report");
  const payload: unknown = JSON.parse(
    Buffer.from(String(dig(JSON.parse(desk.read(`report/${id}.report.json`)), "payload")), "base64").toString(),
  );
  expect(dig(payload, "summary.deadline")).toMatchObject({ due: "2027-03-01", met: true });
  expect(desk.read(`report/${id}.report.html`)).toContain("because the request is complex");
});

it("it may be said on the last day at the controller, and not on the next one", async () => {
  const { desk, id } = await deskWithRequest();
  // 31 December there
  const late = await at(desk, "2026-12-30T10:30:00Z", "request", "extend", id, "--reason", "many");
  expect([late.code, dig(late.json, "error.code")]).toEqual([3, "TOO_LATE"]);
  expect(await told(desk, "request.extended")).toEqual([]);
  const last = await at(desk, "2026-12-30T09:30:00Z", "request", "extend", id, "--reason", "many");
  expect([last.code, dig(last.json, "data.requests.0.due.extension.reason")]).toEqual([0, "many"]);
});

it("it is said once, in one of two words, of a day on which the person can have been told", async () => {
  const { desk, id } = await deskWithRequest();
  const now = "2026-12-10T09:00:00Z";
  const extend = async (...args: readonly string[]): Promise<readonly unknown[]> => {
    const said = await at(desk, now, "request", "extend", id, ...args);
    return [said.code, dig(said.json, "error.code")];
  };
  expect(await extend()).toEqual([64, "USAGE"]);
  expect(await extend("--reason", "busy")).toEqual([64, "USAGE"]);
  for (const day of ["2026-12-11", "2026-11-29", "10.12.2026", ""])
    expect(await extend("--reason", "many", "--notified-on", day), day).toEqual([64, "USAGE"]);
  expect(await told(desk, "request.extended")).toEqual([]);
  expect(await extend("--reason", "many", "--notified-on", "2026-12-08")).toEqual([0, undefined]);
  // a command that was cut off says it again
  expect(await extend("--reason", "many", "--notified-on", "2026-12-08")).toEqual([0, undefined]);
  expect(await extend("--reason", "complex")).toEqual([64, "WRONG_STATE"]);
  expect(await told(desk, "request.extended")).toHaveLength(1);
});

it("in a terminal the reason is chosen, and nobody chooses where it may not be", async () => {
  const { desk, id } = await deskWithRequest();
  await desk.json(["request", "cancel", id, "--reason", "withdrawn"]);
  const ended = await inTerminal(desk, ["request", "extend", id]);
  expect([ended.exit, ended.screen]).toEqual([64, expect.stringContaining("error[WRONG_STATE]")]);
  expect(ended.screen).not.toMatch(/^\? /mu);
  const open = await desk.json(["request", "new", "--subject-file", "-"], { stdin: JSON.stringify({ email: person }) });
  const other = String(dig(open.json, "data.requests.0.id"));
  // it happens once, and says of a person that they were told: it is asked for once more, and no leaves it
  const why = ["Why does the answer", ""] as const;
  const when = ["On which day was the person told", ""] as const;
  const left = await inTerminal(desk, ["request", "extend", other], [why, when, ["Go on?", ""]]);
  expect(left.exit).toBe(130);
  expect(left.screen).not.toContain("extended from");
  const { screen, exit } = await inTerminal(desk, ["request", "extend", other], [why, when, ["Go on?", "y"]]);
  expect([exit, screen]).toEqual([0, expect.stringContaining("the request is complex; the person was told on")]);
});
