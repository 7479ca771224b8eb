import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { dig, list, openDesk } from "../support/desk.ts";

const ROOT = join(import.meta.dirname, "../..");
const EMAIL = "mara.winter@example.com";

test("the demo erases one person from its shop, keeps what the law wants, and leaves everybody else as they were", async () => {
  using desk = openDesk();
  const folder = join(desk.folder, "shop");
  // the shop as it is before, made by the raw client
  using before = new DatabaseSync(":memory:");
  before.exec(readFileSync(join(ROOT, "manifests/demo/shop.sql"), "utf8"));
  expect(before.prepare("SELECT count(*) AS n FROM customers WHERE email = ?").get(EMAIL)).toEqual({ n: 1 });
  expect(readFileSync(join(ROOT, "manifests/demo/lists/newsletter.csv"), "utf8").toLowerCase()).toContain(EMAIL);

  const said = await desk.cli(["demo", "--dir", folder]);
  expect(said.code, said.err).toBe(0);
  for (const words of ["$ expunge plan R-", "$ expunge run R-", "The proof holds.", "The proof does not hold."])
    expect(said.err).toContain(words);
  expect(`${said.out}${said.err}`.toLowerCase()).not.toContain(EMAIL);
  expect(said.out).toContain(folder);

  using after = new DatabaseSync(join(folder, "shop.db"), { readOnly: true });
  const rows = (db: DatabaseSync, text: string) => db.prepare(text).all();
  for (const [table, hers] of [
    ["customers", "id = 412"],
    ["addresses", "customer_id = 412"],
    ["orders", "id IN (9001, 9002)"],
    ["order_items", "0"],
    ["invoices", "customer_id = 412"],
    ["tickets", "id = 1"],
    ["customers_audit", "customer_id = 412"],
  ])
    expect(rows(after, `SELECT * FROM ${table} WHERE NOT (${hers})`), table).toEqual(
      rows(before, `SELECT * FROM ${table} WHERE NOT (${hers})`),
    );
  expect(rows(after, "SELECT name, email, phone, birth_date FROM customers WHERE id = 412")).toEqual([
    {
      name: "former customer",
      email: expect.stringMatching(/^erased\+[0-9a-f]+@invalid$/u),
      phone: null,
      birth_date: null,
    },
  ]);
  expect(rows(after, "SELECT number, name, email FROM invoices WHERE customer_id = 412")).toEqual([
    { number: "RE-90002", name: "Mara Winter", email: null },
  ]);
  expect(rows(after, "SELECT customer_id, ship_name FROM orders WHERE id IN (9001, 9002)")).toEqual([
    { customer_id: null, ship_name: null },
    { customer_id: null, ship_name: null },
  ]);
  expect(rows(after, "SELECT count(*) AS n FROM tickets WHERE id = 1")).toEqual([{ n: 0 }]);
  for (const { before: old } of rows(after, "SELECT before FROM customers_audit"))
    expect(old).toBe('{"email":null,"name":null}');
  after.close();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(?:db|db-wal|csv|jsonl|json|html|yaml)$/u.test(file),
  ))
    expect(readFileSync(join(folder, name), "latin1").toLowerCase().includes(EMAIL), name).toBe(false);
  // what the purge has let go of is not signed as left
  const signed = await desk.json([
    "proof",
    "verify",
    join(folder, "report", `${/R-\d{4}-\d+/u.exec(said.out)?.[0]}.report.json`),
    "--key",
    join(folder, "public.vkey"),
    "--show",
  ]);
  expect(list(signed.json, "data.signed.summary.residue").map(({ mechanism }) => mechanism)).toEqual([
    "backups:backups",
    "media",
  ]);
  expect(readFileSync(join(folder, "lists/newsletter.csv"), "utf8")).toContain(
    "mara.winter@mail.example;Mara Winter;2024-07-30\n",
  );
});

test("without --keep only report, public key and data map stay; a folder with something in it is not touched", async () => {
  using desk = openDesk();
  const said = await desk.json(["demo"]);
  const folder = String(dig(said.json, "data.folder"));
  expect(readdirSync(folder).toSorted()).toEqual(["datamap.schema.json", "datamap.yaml", "public.vkey", "report"]);
  desk.file("full/a.txt", "mine");
  const refused = await desk.json(["demo", "--dir", join(desk.folder, "full")]);
  expect([refused.code, dig(refused.json, "error.code")]).toEqual([64, "USAGE"]);
  expect(readdirSync(join(desk.folder, "full"))).toEqual(["a.txt"]);
  expect(existsSync(join(desk.folder, ".expunge"))).toBe(false);
});
