/** `explain` with its pages as a person asks for them: on a shop where something is hidden, was brought back, is held and is due. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { dig, openDesk, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";

const at = { env: { EXPUNGE_NOW: "2026-11-30T10:00:00Z" } };
const PEOPLE = ["ann", "bob", "cyd"];

const MAP = testMap({
  clock: "test",
  map: { owner: "dpo@harbour.example", review_by: "2026-11-01" },
  approval: {
    required: true,
    four_eyes: false,
    standing: [{ records: ["shop.leads"], up_to: 5, approved_by: "dpo@harbour.example", review_by: "2026-12-24" }],
  },
  holds: {
    books: {
      says: "books are kept",
      keep_for: "8 years",
      law: ["HGB § 257"],
      people: { owner: "books@harbour.example" },
    },
  },
  systems: {
    shop: {
      kind: "sqlite",
      connect: { file: "./data/shop.db" },
      owner: "it@harbour.example",
      records: {
        people: {
          called: "your profile",
          match: { email: "email" },
          do: "soft-delete",
          soft_delete: { timestamp: "gone" },
          restore_window: "7 days",
          purge_after: "30 days",
        },
        leads: { match: { email: "email" }, do: "erase", schedule: { after: "90 days", from: "seen" } },
        bills: { match: { email: "email" }, do: "erase", hold: { use: "books", from: "booked" } },
      },
    },
  },
});

test("the review has what is hidden, brought back, to be reviewed, held and due; it writes nothing and names nobody", async () => {
  using desk = openDesk();
  desk.file("data/.keep", "");
  const file = join(desk.folder, "data/shop.db");
  {
    using raw = new DatabaseSync(file);
    raw.exec(
      `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, gone TEXT);
       CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, seen TEXT);
       CREATE TABLE bills (id INTEGER PRIMARY KEY, email TEXT, booked TEXT);
       INSERT INTO people VALUES (1, 'ann@harbour.example', '2026-11-27'), (2, 'bob@harbour.example', '2026-11-12'), (3, 'cyd@harbour.example', NULL);
       INSERT INTO leads VALUES (1, 'ann@harbour.example', '2026-01-01'), (2, 'bob@harbour.example', '2026-02-01'), (3, 'cyd@harbour.example', '2026-11-29')`,
    );
  }
  desk.map(MAP);
  await desk.json(["init"], at);
  const digest = (): string => createHash("sha256").update(readFileSync(file)).digest("hex");
  const was = [digest(), (await desk.json(["request", "list"], at)).out];
  const first = await desk.json(["explain", "--review"], at);
  OUTPUTS["explain"]?.parse(first.json);
  expect(dig(first.json, "data.review")).toMatchObject({
    as_of: "2026-11-30",
    hidden: [
      {
        record: "shop.people",
        called: "your profile",
        count: 2,
        oldest: "2026-11-12",
        restorable_until: "2026-11-19",
        purged_on: "2026-12-12",
      },
    ],
    restores: [],
    reviews: [
      { what: "the data map", state: "overdue", review_by: "2026-11-01" },
      { what: "the standing approval of shop.leads", state: "soon" },
      { what: "the hold books", state: "not_written", owner: "books@harbour.example" },
    ],
    legal_holds: [],
    waiting: [],
    due: [{ record: "shop.leads", count: 2 }],
  });
  expect([digest(), (await desk.json(["request", "list"], at)).out]).toEqual(was);

  const back = ["bin", "restore", "shop.people", "--subject-file", "-", "--confirm", "shop.people"];
  const ann = JSON.stringify({ email: "ann@harbour.example" });
  expect((await desk.json(back, { ...at, stdin: ann })).code).toBe(0);
  const hold = ["hold", "add", "--subject-file", "-", "--case", "Bob's claim", "--by", "legal"];
  const bob = JSON.stringify({ email: "bob@harbour.example" });
  expect((await desk.json(hold, { ...at, stdin: bob })).code).toBe(0);
  expect((await desk.json(["plan", "--due"], at)).code).toBe(0);

  const page = await desk.json(["explain", "--review", "--out", "pages/review.html"], at);
  OUTPUTS["explain"]?.parse(page.json);
  expect(dig(page.json, "data.files.0.path")).toBe("pages/review.html");
  expect(dig(page.json, "data.review")).toMatchObject({
    hidden: [{ count: 1, oldest: "2026-11-12" }],
    restores: [{ on: "2026-11-30", records: ["shop.people"], ended: true }],
    legal_holds: [{ id: "H-2026-0001", since: "2026-11-30", until: null, people: 1 }],
    waiting: [{ id: "D-2026-0001", waiting_for: "approval" }],
    // what the legal hold covers is due for nobody
    due: [{ record: "shop.leads", count: 1 }],
  });
  const all = `${desk.read("pages/review.html")}${page.out}${(await desk.cli(["explain", "--review"], at)).out}`;
  for (const words of [...PEOPLE.map((name) => `${name}@`), "Bob's claim"])
    expect(all.toLowerCase()).not.toContain(words.toLowerCase());
});

test("policy and record of processing need no workspace; a page goes to stdout or into a file, as it is asked for", async () => {
  using desk = openDesk();
  desk.map(MAP);
  for (const which of ["policy", "ropa"]) {
    const said = await desk.json(["explain", `--${which}`], at);
    OUTPUTS["explain"]?.parse(said.json);
    expect([said.code, dig(said.json, `data.${which}.as_of`)]).toEqual([0, "2026-11-30"]);
    const csv = await desk.cli(["explain", `--${which}`, "--format", "csv"], at);
    expect([csv.code, csv.out.startsWith('\uFEFF"record"')]).toEqual([0, true]);
    const html = await desk.cli(["explain", `--${which}`, "--format", "html"], at);
    expect(html.out).toMatch(/^<!doctype html>/u);
    const md = await desk.cli(["explain", `--${which}`, "--out", `${which}.md`], at);
    expect(md.out).toBe(`wrote ${which}.md\n`);
    expect(desk.read(`${which}.md`)).toMatch(/^# .*Harbour/u);
  }
  expect(existsSync(join(desk.folder, ".expunge"))).toBe(false);
  expect((await desk.json(["explain", "--review"], at)).code).toBe(64);
  for (const args of [
    ["--policy", "--ropa"],
    ["--policy", "shop.people"],
    ["--format", "md"],
    ["--policy", "--out", "policy.docx"],
    ["--policy", "--format", "pdf"],
  ])
    expect([args, (await desk.json(["explain", ...args], at)).code]).toEqual([args, 64]);
});
