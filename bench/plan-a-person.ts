/** How long planning one person takes in a shop of 100,000, on all four systems, the program's start included. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { openRun } from "../test/support/servers/run.ts";
import { MARA } from "../test/support/shop/people.ts";
import { openShop } from "../test/support/shop/shop.ts";
import { median, print, time } from "./measure.ts";
import { command, openRequest } from "./walk.ts";

const PEOPLE = 100_000;
const ROUNDS = 5;

const folder = mkdtempSync(join(tmpdir(), "expunge-bench-"));
const run = await openRun();
try {
  const shop = await openShop({
    folder,
    count: PEOPLE,
    progress: (line) => process.stderr.write(`  ${line}\n`),
  });
  const how = { cwd: folder, env: shop.secrets };
  const id = await openRequest({ email: MARA.email }, how);
  const plan = median(await time(ROUNDS, async () => await command(`plan ${id}`, how)));
  const raw = median(await time(ROUNDS, async () => await byHand(shop.postgres?.url ?? "")));
  print({
    what: `plan a person of ${PEOPLE.toLocaleString("en")} in four systems, median of ${ROUNDS}`,
    value: plan / 1000,
    limit: 2,
    unit: "s",
    peer: `her rows in PostgreSQL by hand-written SQL: ${(raw / 1000).toFixed(3)} s`,
  });
  await shop.close();
} finally {
  await run.close();
  rmSync(folder, { recursive: true });
}

/** What someone who knows the schema would type. */
async function byHand(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ id: string }>("SELECT id FROM customers WHERE lower(btrim(email)) = $1", [
    MARA.email,
  ]);
  const id = rows[0]?.id;
  for (const table of ["addresses", "orders", "invoices", "tickets", "customers_audit"])
    await client.query(`SELECT * FROM ${table} WHERE customer_id = $1`, [id]);
  await client.query(
    "SELECT * FROM invoice_lines WHERE invoice_id IN (SELECT id FROM invoices WHERE customer_id = $1)",
    [id],
  );
  await client.query("SELECT * FROM leads WHERE lower(btrim(email)) = $1", [MARA.email]);
  await client.end();
}
