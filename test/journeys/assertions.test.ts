/** Figures that must stay: a person erases, and the books are the same before and after, or nothing of the transaction is done. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, filesBelow, list, openDesk, steps, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";
import { readFileSync } from "node:fs";

const SHOP = `CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT, seen TEXT);
  CREATE TABLE ledger (id INTEGER PRIMARY KEY, person INTEGER, cents INTEGER);
  CREATE TABLE tickets (id INTEGER PRIMARY KEY, email TEXT, text TEXT);
  INSERT INTO people VALUES (1, 'ann@shop.example', 'Ann', '2026-11-01'), (2, 'bob@shop.example', 'Bob', '2026-11-01');
  INSERT INTO tickets VALUES (1, 'ann@shop.example', 'a'), (2, 'bob@shop.example', 'b');
  INSERT INTO ledger VALUES (1, 1, 876543), (2, 2, 111111)`;
/** 987654 */
const SUM = { system: "shop", query: "SELECT sum(cents) FROM ledger", says: "the sum of the ledger" };

const mapOf = (assert: object, people: object = {}, more: object = {}) =>
  testMap({
    map: { owner: "dpo@harbour.example", review_by: "2099-01-01", ignore: ["shop.ledger"] },
    assert,
    systems: {
      shop: {
        kind: "sqlite",
        connect: { file: "data/shop.db" },
        records: {
          people: { match: { email: "email" }, do: "erase", ...people },
          tickets: { match: { email: "email" }, do: "erase" },
        },
      },
    },
    ...more,
  });

test("figures that hold stand in events, ledger and report without their value; others' changes since are a warning of verify", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(SHOP);
  desk.map(mapOf({ books: SUM }));
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  await desk.json(["plan", id]);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
  const run = await desk.json(["run", id, "--confirm", id]);
  expect(run.code).toBe(0);
  for (const event of run.events) OUTPUTS["run-event"]?.parse(event);
  expect(steps(run)["shop.people"]).toMatchObject({ status: "deleted", assertions: [{ name: "books", held: true }] });
  shop.exec("INSERT INTO ledger VALUES (3, 2, 1)");
  const verified = await desk.json(["verify", id]);
  OUTPUTS["verify"]?.parse(verified.json);
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([0, "closed"]);
  expect(list(verified.json, "data.assertions")).toEqual([
    { system: "shop", name: "books", says: "the sum of the ledger", result: "changed" },
  ]);
  expect(dig(verified.json, "warnings.0")).toMatch(/^shop\.books \(the sum of the ledger\) is another figure/u);
  await desk.json(["report", id]);
  const page = await desk.json(["report", id, "--format", "html", "--out", "page"]);
  expect(page.code).toBe(0);
  const html = [...filesBelow(join(desk.folder, "page"))].map((file) => readFileSync(file, "utf8")).join("");
  expect(html).toContain("Figures that were to stay as they are");
  expect((await desk.json(["proof", "verify", `report/${id}.report.json`, "--key", ".expunge/public.vkey"])).code).toBe(
    0,
  );
  const ledger = await desk.json(["proof", "export", "--out", "ledger.json"]);
  expect(ledger.code).toBe(0);
  const told = desk.read("ledger.json");
  expect(told).toMatch(/\\?"held\\?":true/u);
  const everything = [...filesBelow(join(desk.folder, ".expunge")), ...filesBelow(join(desk.folder, "report"))]
    .map((file) => readFileSync(file).toString("latin1"))
    .join("");
  expect(everything + told + html + desk.said.map(({ out, err }) => out + err).join("")).not.toMatch(/98765[45]/u);
});

test("a trigger that moves a figure: 5, said with its words, nothing of that transaction done; the rest goes on; mended it ends", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(
    `${SHOP}; CREATE TRIGGER books AFTER DELETE ON people BEGIN UPDATE ledger SET cents = 0 WHERE person = old.id; END`,
  );
  desk.map(mapOf({ books: SUM, lines: { ...SUM, query: "SELECT count(*) FROM ledger", says: "lines of the ledger" } }));
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  await desk.json(["plan", id]);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
  const run = await desk.json(["run", id, "--confirm", id]);
  expect(run.code).toBe(5);
  for (const event of run.events) OUTPUTS["run-event"]?.parse(event);
  expect(steps(run)["shop.people"]).toMatchObject({
    status: "failed",
    failed: 1,
    deleted: 0,
    reason: "ASSERTION_CHANGED",
    says: "books: the sum of the ledger",
    assertions: [
      { name: "books", held: false },
      { name: "lines", held: true },
    ],
  });
  expect(steps(run)["shop.tickets"]).toMatchObject({ status: "deleted" });
  expect(shop.prepare("SELECT count(*) AS n FROM people").get()).toEqual({ n: 2 });
  expect(shop.prepare("SELECT sum(cents) AS n FROM ledger").get()).toEqual({ n: 987_654 });
  const screen = await desk.cli(["run", id, "--confirm", id, "--no-input"]);
  expect(screen.out).toContain("a figure that must stay would be another: books: the sum of the ledger");
  expect((await desk.json(["verify", id])).code).toBe(5);
  shop.exec("DROP TRIGGER books");
  expect((await desk.json(["run", id, "--confirm", id])).code).toBe(0);
  expect(dig((await desk.json(["verify", id])).json, "data.state")).toBe("closed");
  const report = await desk.json(["report", id]);
  expect(report.code).toBe(0);
  const payload = JSON.parse(
    Buffer.from(String(dig(JSON.parse(desk.read(`report/${id}.report.json`)), "payload")), "base64").toString(),
  );
  expect(list(payload, "summary.assertions")).toMatchObject([
    { system: "shop", name: "books", held: true, taken_back: 2 },
    { system: "shop", name: "lines", held: true, taken_back: 0 },
  ]);
});

test("due work under a standing approval is compared too; a query that cannot be compared is refused at plan with its line", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(
    `${SHOP}; CREATE TRIGGER books AFTER DELETE ON people BEGIN UPDATE ledger SET cents = 0 WHERE person = old.id; END`,
  );
  const due = { schedule: { after: "1 day", from: "seen" } };
  const standing = {
    approval: { required: true, four_eyes: false, standing: [{ records: ["shop.people"], up_to: 10 }] },
  };
  desk.map(mapOf({ books: { ...SUM, query: "SELECT cents FROM ledger" } }, due, standing));
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  for (const args of [
    ["plan", id],
    ["plan", "--due"],
  ]) {
    const refused = await desk.json(args);
    expect(refused.code).toBe(65);
    expect(dig(refused.json, "error")).toMatchObject({
      code: "ASSERTION_REFUSED",
      message: "shop: books: the query gives more than one row",
      at: expect.stringMatching(/^datamap\.yaml:\d+:\d+$/u),
    });
    const line = Number(String(dig(refused.json, "error.at")).split(":")[1]);
    expect(desk.read("datamap.yaml").split("\n")[line - 1]).toContain("books:");
  }
  desk.map(mapOf({ books: SUM }, due, standing));
  const run = await desk.json(["run", "--due"]);
  expect(run.code).toBe(5);
  expect(shop.prepare("SELECT count(*) AS n FROM people").get()).toEqual({ n: 2 });
  shop.exec("DROP TRIGGER books");
  expect((await desk.json(["run", "--due"])).code).toBe(0);
  expect(shop.prepare("SELECT count(*) AS n FROM people").get()).toEqual({ n: 0 });
});
