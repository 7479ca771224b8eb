/** A person looks at the records of a plan, leaves one out for a reason, and the proof says so without naming it. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, list, openDesk, steps, testMap } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";

test("plan --show-records and --except: the record stays with its line, everything else goes, and report and state say why", async () => {
  using desk = openDesk();
  using shop = new DatabaseSync(join(desk.folder, "data/shop.db"));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id), placed TEXT, note TEXT);
    CREATE TABLE lines (id INTEGER PRIMARY KEY, ordered INTEGER REFERENCES orders (id), text TEXT);
    INSERT INTO people VALUES (1, 'ann@shop.example', 'Ann Archer'), (2, 'bob@shop.example', 'Bob Baker');
    INSERT INTO orders VALUES (11, 1, '2026-03-01', 'a'), (12, 1, '2026-09-30', 'b'), (13, 2, '2026-03-01', 'c');
    INSERT INTO lines VALUES (21, 11, 'tea'), (22, 12, 'cup'), (23, 13, 'tea')`);
  desk.map(
    testMap({
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "data/shop.db" },
          records: {
            people: {
              match: { email: "email" },
              do: "erase",
              fields: { name: "clear", email: { template: "gone+:random@invalid" } },
            },
            orders: { match: { person: "shop.people.id" }, do: "erase", created: "placed" },
            lines: { match: { ordered: "shop.orders.id" }, do: "erase" },
          },
        },
      },
    }),
  );
  const rows = (table: string) =>
    shop
      .prepare(`SELECT * FROM ${table} ORDER BY id`)
      .all()
      .map((row) => ({ ...row }));
  const before = { people: rows("people"), orders: rows("orders"), lines: rows("lines") };
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  expect(await desk.json(["plan", id, "--except", "S2.1", "--reason", "a claim"])).toMatchObject({ code: 6 });
  const shown = await desk.json(["plan", id, "--show-records"]);
  OUTPUTS["plan"]?.parse(shown.json);
  const orders = list(shown.json, "data.records").filter(({ record }) => record === "orders");
  expect(orders.map(({ dates, outcome }) => [dates, outcome])).toEqual([
    [{ placed: "2026-03-01" }, "act"],
    [{ placed: "2026-09-30" }, "act"],
  ]);
  expect(shown.out).not.toMatch(/ann@|Archer/u);
  const handle = String(orders.find(({ dates }) => dig(dates, "placed") === "2026-09-30")?.["handle"]);
  const screen = await desk.cli(["plan", id, "--show-records", "--no-input"]);
  expect(screen.out).toMatch(new RegExp(String.raw`${handle}\s+shop\.orders\s+goes\s+placed 30 Sep 2026`, "u"));
  expect(screen.out).not.toMatch(/ann@|Archer/u);

  for (const [more, code] of [
    [["--except", handle], 64],
    [["--reason", "a claim"], 64],
    [["--except", handle, "--reason", "for bob@shop.example"], 64],
    [["--except", handle, "--reason", "for Ann@Shop.example"], 64],
    [["--except", "S2.9", "--reason", "a claim"], 6],
  ] as const)
    expect([more, (await desk.json(["plan", id, ...more])).code]).toEqual([more, code]);
  expect((await desk.json(["plan", "--due", "--except", "S1.1", "--reason", "a claim"])).code).toBe(64);

  const plan = await desk.json(["plan", id, "--except", handle, "--reason", "an open claim over the parcel"]);
  OUTPUTS["plan"]?.parse(plan.json);
  expect(plan.code).toBe(0);
  expect(plan.out).not.toContain("parcel");
  expect(steps(plan)).toMatchObject({
    "shop.orders": { act: 1, kept: 1, excluded: 1, reason: "excluded" },
    "shop.lines": { act: 1, kept: 1, reason: "held_with" },
    "shop.people": { act: 1, changed: 1 },
  });
  await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
  expect((await desk.json(["run", id, "--confirm", id])).code).toBe(0);
  expect(rows("orders")).toEqual(before.orders.filter((row) => row["id"] !== 11));
  expect(rows("lines")).toEqual(before.lines.filter((row) => row["id"] !== 21));
  expect(rows("people")).toEqual([{ id: 1, email: expect.stringMatching(/^gone\+/u), name: null }, before.people[1]]);
  const verified = await desk.json(["verify", id]);
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([0, "closed"]);

  const told = await desk.json(["request", "show", id]);
  OUTPUTS["request-show"]?.parse(told.json);
  expect(dig(told.json, "data.requests.0.excluded")).toEqual({ records: 1, reason: "an open claim over the parcel" });
  expect((await desk.cli(["request", "show", id])).out).toContain("an open claim over the parcel");
  await desk.json(["report", id]);
  const envelope: unknown = JSON.parse(desk.read(`report/${id}.report.json`));
  const payload = Buffer.from(String(dig(envelope, "payload")), "base64").toString();
  expect(payload).not.toContain("parcel");
  expect(dig(JSON.parse(payload), "summary.decision")).toBe("partial");
  expect(payload).toMatch(/"excluded":\{"records":1,"words":"[0-9a-f]{64}"\}/u);
  expect((await desk.json(["proof", "verify", `report/${id}.report.json`, "--key", ".expunge/public.vkey"])).code).toBe(
    0,
  );
});
