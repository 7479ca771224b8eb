/** A person at a terminal who follows what the screens say, in every wrong order. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import { type Desk, dig, list, openDesk, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";
import { inTerminal } from "../support/terminal.ts";

let desk: Desk;
const person = "vera.stoll@pike.example";

beforeEach(async () => {
  desk = openDesk();
  desk.map(
    testMap({
      identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "desk@harbour.example",
          records: {
            lists: { files: ["lists.csv"], match: { mail: "email" }, do: "remove-rows" },
            contacts: { files: ["contacts.csv"], match: { mail: "email" }, do: "remove-rows" },
          },
        },
      },
    }),
  );
  desk.file("data/lists.csv", `name,mail\nVera,${person}\nJonas,jonas@pike.example\n`);
  desk.file("data/contacts.csv", "name,mail\nJonas,jonas@pike.example\n");
  await desk.json(["init"]);
});
afterEach(() => desk[Symbol.dispose]());

describe("nobody is asked for anything and then told that it may not be done", () => {
  const question = /^\? /mu;

  it("without a workspace", async () => {
    for (const args of [["plan"], ["request", "identity"], ["request", "cancel"]]) {
      const { screen, exit } = await inTerminal(desk, [...args, "--workspace", "nowhere"]);
      expect([exit, screen]).toEqual([64, expect.stringContaining("error[NO_WORKSPACE]")]);
      expect(screen).not.toMatch(question);
    }
  });

  it("of a request that there is not", async () => {
    for (const what of ["identity", "cancel", "refuse", "close"]) {
      const { screen, exit } = await inTerminal(desk, ["request", what, "R-2026-0009"]);
      expect([exit, screen]).toEqual([64, expect.stringContaining("error[NO_SUCH_REQUEST]")]);
      expect(screen).not.toMatch(question);
    }
    // where the id is asked for, nothing else is
    const { screen } = await inTerminal(desk, ["request", "identity"], [["Which request", "R-2026-0009"]]);
    expect(screen).toContain("error[NO_SUCH_REQUEST]");
    expect(screen).not.toContain("How was");
  });

  it("of one that has ended, or of which something is open", async () => {
    const id = await desk.open({ email: person });
    const open = await inTerminal(desk, ["request", "close", id]);
    expect([open.exit, open.screen]).toEqual([3, expect.stringContaining("error[STILL_OPEN]")]);
    expect(open.screen).not.toMatch(question);
    expect(dig((await desk.through(id)).verify?.json, "data.state")).toBe("closed");
    for (const what of ["identity", "cancel", "refuse", "close"]) {
      const { screen, exit } = await inTerminal(desk, ["request", what, id]);
      expect([exit, screen]).toEqual([64, expect.stringContaining("error[WRONG_STATE]")]);
      expect(screen).not.toMatch(question);
    }
  });
});

describe("what cannot be taken back is asked for once more", () => {
  it("where the reason was typed at a question; no leaves everything as it was", async () => {
    const id = await desk.open({ email: person });
    for (const what of ["cancel", "refuse"]) {
      const { screen, exit } = await inTerminal(
        desk,
        ["request", what, id],
        [
          ["Why is it", "no"],
          ["for good", "n"],
        ],
      );
      expect([exit, screen]).toEqual([130, expect.stringContaining("stopped before anything was done")]);
      expect(dig((await desk.json(["request", "show", id])).json, "data.requests.0.state")).toBe("identity_confirmed");
    }
    const { screen, exit } = await inTerminal(
      desk,
      ["request", "refuse", id],
      [
        ["Why is it", "manifestly unfounded"],
        ["for good", "y"],
      ],
    );
    expect([exit, screen]).toEqual([0, expect.stringContaining("refused the request (manifestly unfounded)")]);
  });
});

describe("what is offered as the next step can be followed as it stands", () => {
  it("claims nothing that nobody has said: the identity is asked for", async () => {
    const made = await desk.cli(["request", "new", "--subject-file", "-"], {
      stdin: JSON.stringify({ email: person }),
    });
    const next = /Next: expunge (?<command>.*)/u.exec(made.err)?.groups?.["command"] ?? "";
    expect(next).toMatch(/^request identity R-\d{4}-0001$/u);
    const { screen, exit } = await inTerminal(desk, next.split(" "), [
      ["How was the identity checked", "letter"],
      ["What came of it?", ""],
    ]);
    expect(exit).toBe(0);
    expect(screen).toContain("checked the identity: ok (letter)");
  });

  it("a placeholder is no answer", async () => {
    const id = await desk.open({ email: person });
    const said = await desk.json(["request", "identity", id, "--method", "TEXT", "--result", "ok"]);
    expect([said.code, dig(said.json, "error.message")]).toEqual([
      64,
      expect.stringContaining("stands for what is to be written"),
    ]);
    const ended = await desk.json(["request", "cancel", id, "--reason", "TEXT"]);
    expect([ended.code, dig(ended.json, "error.help")]).toEqual([64, "See: expunge request cancel --help."]);
  });

  it("names the request and not ID", async () => {
    const id = await desk.open({ email: person });
    const helps = [];
    for (const args of [
      ["approve", id, "--confirm", id],
      ["run", id, "--confirm", id],
      ["verify", id],
    ])
      helps.push(dig((await desk.json(args)).json, "error.help"));
    expect(helps.join("\n")).toContain(`expunge plan ${id}`);
    expect(helps.join("\n")).not.toMatch(/\bID\b/u);
  });

  it("does not go in a circle where a request has ended", async () => {
    const id = await desk.open({ email: person });
    await desk.json(["plan", id]);
    expect((await desk.cli(["request", "show", id])).out).toMatch(/P-0001 .*; not approved; not run$/mu);
    const refused = await desk.json(["request", "refuse", id, "--reason", "manifestly unfounded"]);
    expect(dig(refused.json, "next")).toEqual([`expunge report ${id}`]);
    const show = await desk.cli(["request", "show", id]);
    expect(show.out).toContain("refused the request (manifestly unfounded)");
    const approve = await desk.json(["approve", id, "--confirm", id]);
    expect([approve.code, dig(approve.json, "error.help")]).toEqual([
      3,
      expect.stringContaining(`expunge report ${id}`),
    ]);
    expect(dig(approve.json, "error.help")).not.toContain("expunge plan");
  });

  it("leads out of a gap: where to look, and what may be done instead", async () => {
    desk.file("data/contacts.csv", `name,mail\nVera,${person} ::: jonas@pike.example\n`);
    const id = await desk.open({ email: person });
    await desk.through(id);
    const verify = await desk.cli(["verify", id]);
    expect([verify.code, verify.out]).toEqual([
      2,
      expect.stringMatching(/must look by hand:\n +share\.contacts +contacts\.csv:2/u),
    ]);
    expect(verify.err).toContain(`Next: expunge verify ${id}\n      expunge request close ${id} --accept-gaps`);
    const close = await desk.json(["request", "close", id, "--reason", "done"]);
    expect(dig(close.json, "error.help")).toBe(
      `The next step is: expunge verify ${id}, or expunge request close ${id} --accept-gaps.`,
    );
    const board = await desk.json(["status"]);
    expect(OUTPUTS["status"]?.safeParse(board.json).error?.issues ?? []).toEqual([]);
    // both ways lead out
    const file = path.join(desk.folder, "data/contacts.csv");
    const before = readFileSync(file);
    const { screen, exit } = await inTerminal(
      desk,
      ["request", "close", id, "--accept-gaps"],
      [["Why is it closed by hand?", "it was looked at"]],
    );
    expect([exit, screen]).toEqual([0, expect.stringContaining("closed")]);
    writeFileSync(file, before);
    const second = await desk.open({ email: person });
    await desk.through(second);
    desk.file("data/contacts.csv", "name,mail\nVera,jonas@pike.example\n");
    expect(dig((await desk.json(["verify", second])).json, "data.state")).toBe("closed");
  });
});

it("a second run says that nothing was done now, and how the request stands today", async () => {
  const id = await desk.open({ email: person });
  expect(dig((await desk.through(id)).verify?.json, "data.state")).toBe("closed");
  const again = await desk.cli(["run", id, "--confirm", id]);
  expect([again.code, again.out]).toEqual([0, expect.stringContaining("Nothing was done now.")]);
  expect(again.out).toContain("The request is closed.");
  expect((await desk.cli(["verify", id])).out).toMatch(
    /^The request has ended, and nothing was looked at now\. Its last look:\nLooked again /u,
  );
  const { events } = await desk.json(["run", id, "--confirm", id]);
  for (const event of events) expect(OUTPUTS["run-event"]?.safeParse(event).error?.issues ?? []).toEqual([]);
});

it("what is not built yet is said once, as what stops the plan", async () => {
  const id = await desk.open({ email: person });
  const text = desk
    .read("datamap.yaml")
    .replace("kind: files", "kind: files\n    recipient: { name: X, notify: mail }");
  desk.file("datamap.yaml", text);
  const plan = await desk.cli(["plan", id]);
  expect([plan.code, plan.err.match(/NOT_BUILT/gu)?.length]).toEqual([65, 2]);
  expect(plan.err).not.toContain("warning");
  expect(plan.err).toContain("the data map asks for what is not built yet");
  expect(list((await desk.json(["map", "lint"])).json, "data.issues").map((issue) => dig(issue, "severity"))).toEqual([
    "warning",
  ]);
});

it("help has no word that the terminal breaks, and no command that is cut", async () => {
  for (const command of [[], ["plan"], ["approve"], ["proof", "verify"]]) {
    const { screen } = await inTerminal(desk, [...command, "--help"]);
    const long = screen.split("\n").filter((line) => line.length > 80 && !line.trim().startsWith("$ "));
    expect([command, long]).toEqual([command, []]);
    if (command[0] === "approve")
      expect(screen).toContain(
        "$ expunge approve R-2026-0001 --accept-not-searched shop.leads --confirm R-2026-0001\n",
      );
  }
});

it("no key shows an identifier that is typed", async () => {
  const { screen } = await inTerminal(
    desk,
    ["request", "new"],
    [
      ["email (empty: not known):", `${person}\u0014`],
      ["another email", ""],
    ],
  );
  expect(screen).toContain("*".repeat(person.length));
  expect(screen).not.toContain(person);
});

it("the board needs no data map", async () => {
  const id = await desk.open({ email: person });
  rmSync(path.join(desk.folder, "datamap.yaml"));
  const board = await desk.json(["status"]);
  expect([board.code, dig(board.json, "data.items.0.id")]).toEqual([0, id]);
});

it("what a killed run noted of records is gone when the request ends, and no plan takes its place before it has gone on", async () => {
  const notes = (): unknown[] => {
    using state = new DatabaseSync(path.join(desk.folder, ".expunge/state.db"), { readOnly: true });
    return state.prepare("select * from note").all();
  };
  desk.file("datamap.yaml", `clock: test\n${desk.read("datamap.yaml")}`);
  const id = await desk.open({ email: person });
  await desk.json(["plan", id]);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
  expect((await desk.json(["run", id, "--confirm", id], { env: { EXPUNGE_TEST_KILL_AT: "effect_half" } })).code).toBe(
    "SIGKILL",
  );
  expect(notes()).not.toEqual([]);
  // nothing tells yet what it did
  const plan = await desk.json(["plan", id]);
  expect([plan.code, dig(plan.json, "error.code")]).toEqual([5, "PARTLY_DONE"]);
  await desk.json(["run", id, "--confirm", id]);
  expect(dig((await desk.json(["verify", id])).json, "data.state")).toBe("closed");
  expect(notes()).toEqual([]);
});
