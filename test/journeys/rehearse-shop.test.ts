/** The example shop on a real PostgreSQL, as somebody who is made up goes through it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Desk, dig, list, openDesk, type Said } from "../support/desk.ts";
import { withLifeCycle } from "../support/shop/life-cycle.ts";
import { openShop, type Shop } from "../support/shop/shop.ts";

let folder: string;
let shop: Shop;
let desk: Desk;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "expunge-rehearse-shop-"));
  shop = await openShop({ folder, count: 40, year: 2026, systems: ["shop", "marketing"] });
  desk = openDesk(
    Object.fromEntries(
      Object.entries(shop.secrets).map(([name, value]) => [name.replace("EXPUNGE_SECRET_", "").toLowerCase(), value]),
    ),
  );
  await withLifeCycle(shop, desk.folder, []);
  const map = join(desk.folder, "datamap.yaml");
  writeFileSync(
    map,
    readFileSync(map, "utf8").replace(
      "  shop:\n    kind: postgres\n",
      "  shop:\n    kind: postgres\n    environment: test\n",
    ),
  );
  const made = await desk.json(["init"]);
  if (made.code !== 0) throw new Error(made.err);
}, 600_000);

afterAll(async () => {
  desk[Symbol.dispose]();
  await shop.close();
  rmSync(folder, { recursive: true });
});

async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: shop.postgres?.adminUrl ?? "" });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

async function dumped(): Promise<string> {
  return JSON.stringify([...((await shop.dump()).get("shop") ?? [])]);
}

function failures(said: Said): string[] {
  return list(said.json, "data.records").flatMap((one) =>
    list(one, "checks")
      .filter((check) => dig(check, "ok") !== true)
      .map((check) => `${String(dig(one, "record"))} ${String(dig(check, "name"))}: ${String(dig(check, "detail"))}`),
  );
}

test(
  "every table of the shop is rehearsed and left as it was, but for its sequences; the other systems are told",
  { timeout: 300_000 },
  async () => {
    const before = await dumped();
    const said = await desk.json(["map", "rehearse"]);
    expect(failures(said), said.err).toEqual([]);
    expect(said.code, said.out).toBe(0);
    expect(list(said.json, "data.records").map((one) => dig(one, "record"))).toEqual([
      "shop.customers",
      "shop.addresses",
      "shop.orders",
      "shop.invoices",
      "shop.invoice_lines",
      "shop.tickets",
      "shop.leads",
      "shop.customers_audit",
    ]);
    expect(list(said.json, "data.not_rehearsed").map((one) => dig(one, "record"))).toContain("search.customers");
    expect(await dumped()).toBe(before);
  },
);

test("so is the shop whose people go at once", { timeout: 300_000 }, async () => {
  const before = await dumped();
  const yaml = readFileSync(shop.map, "utf8");
  writeFileSync(
    join(desk.folder, "at-once.yaml"),
    yaml.replace("  shop:\n    kind: postgres\n", "  shop:\n    kind: postgres\n    environment: test\n"),
  );
  const said = await desk.json(["map", "rehearse", "--map", "at-once.yaml"]);
  expect(failures(said), said.err).toEqual([]);
  expect([said.code, list(said.json, "data.records").length]).toEqual([0, 8]);
  expect(await dumped()).toBe(before);
});

test(
  "a trigger that swallows some deletes fails erased, and what was planted is taken away past it",
  { timeout: 300_000 },
  async () => {
    await sql(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.email LIKE '%rehearsal%' THEN RETURN NULL; END IF; RETURN old; END $$;
    CREATE TRIGGER swallows BEFORE DELETE ON leads FOR EACH ROW EXECUTE FUNCTION swallow()`);
    const before = await dumped();
    const said = await desk.json(["map", "rehearse", "--records", "shop.leads"]);
    expect(
      failures(said).map((text) => text.split(":")[0]),
      said.out,
    ).toEqual(expect.arrayContaining(["shop.leads erased", "shop.leads gone"]));
    expect(said.code).toBe(2);
    await sql("DROP TRIGGER swallows ON leads");
    expect((await desk.json(["status"])).code).toBe(0);
    expect(await dumped()).toBe(before);
  },
);
