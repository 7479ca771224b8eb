/** A night that takes what was kept only for the sake of a held record: lines of an invoice, once the invoice's years are over. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, list, openDesk, testMap } from "../support/desk.ts";

test("after the hold's last day a night plans the invoice together with its lines, and both go", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT);
    CREATE TABLE bills (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people, day TEXT);
    CREATE TABLE lines (bill INTEGER NOT NULL REFERENCES bills, line INTEGER NOT NULL, text TEXT, PRIMARY KEY (bill, line));
    INSERT INTO people VALUES (1, 'ann@shop.example'), (2, 'bob@shop.example');
    INSERT INTO bills VALUES (1, 1, '2020-01-01'), (2, 2, '2020-01-01');
    INSERT INTO lines VALUES (1, 1, 'tea'), (2, 1, 'tea')`);
  desk.map(
    testMap({
      clock: "test",
      settle: "0 days",
      identities: {
        email: { type: "email", fold: ["trim", "lowercase"] },
        id: { type: "integer", found_in: "shop.people.id", by: { email: "email" } },
      },
      holds: {
        books: {
          says: "books are kept",
          keep_for: "8 years",
          law: ["HGB § 257"],
          people: { owner: "books@shop.example" },
        },
      },
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "data/shop.db" },
          records: {
            people: { match: { id: "id" }, do: "erase", fields: { email: "clear" } },
            bills: { match: { person: "shop.people.id" }, do: "erase", hold: { use: "books", from: "day" } },
            lines: { match: { bill: "shop.bills.id" }, do: "erase" },
          },
        },
      },
    }),
  );
  const at = (day: string) => ({ env: { EXPUNGE_NOW: `${day}T10:00:00Z` } });
  const ends = async (args: string, day: string, code: number) => {
    const said = await desk.json(args.split(" "), at(day));
    expect(said.code, `${args}: ${said.out} ${said.err}`).toBe(code);
    return said.json;
  };
  const left = () => ["people", "bills", "lines"].map((table) => shop.prepare(`SELECT * FROM ${table}`).all().length);
  await ends("init", "2026-05-02", 0);
  const made = await desk.json(["request", "new", "--subject-file", "-"], {
    ...at("2026-05-02"),
    stdin: JSON.stringify({ email: "ann@shop.example" }),
  });
  const id = String(dig(made.json, "data.requests.0.id"));
  for (const args of [
    `request identity ${id} --method letter --result ok`,
    `plan ${id}`,
    `approve ${id} --as olga --confirm ${id}`,
    `run ${id} --confirm ${id}`,
    `verify ${id}`,
  ])
    await ends(args, "2026-05-02", 0);
  expect(left()).toEqual([2, 2, 2]);
  await ends("run --due", "2028-01-01", 0);
  const night = await ends("run --due", "2028-01-02", 3);
  const due = String(dig(list(night, "plans")[0], "request"));
  for (const args of [`approve ${due} --as olga --confirm ${due}`, `run ${due} --confirm ${due}`, `verify ${due}`])
    await ends(args, "2028-01-02", 0);
  expect(left()).toEqual([1, 1, 1]);
});
