/** How many statements PostgreSQL is sent for the request of one person, by its own log: a round trip each. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { openRun } from "../test/support/servers/run.ts";
import { MARA } from "../test/support/shop/people.ts";
import { openShop } from "../test/support/shop/shop.ts";
import { print } from "./measure.ts";
import { command, openRequest } from "./walk.ts";

const folder = mkdtempSync(join(tmpdir(), "expunge-bench-"));
const run = await openRun();
try {
  const shop = await openShop({ folder, count: 1000, systems: ["shop"] });
  const how = { cwd: folder, env: shop.secrets };
  const id = await openRequest({ email: MARA.email }, how);
  await logEverything(shop.postgres?.adminUrl ?? "");
  const seen: Record<string, number> = {};
  for (const args of [
    `plan ${id}`,
    `approve ${id} --as bench --confirm ${id}`,
    `run ${id} --confirm ${id}`,
    `verify ${id}`,
  ]) {
    const before = statements(run.folder).length;
    await command(args, how);
    const added = statements(run.folder).slice(before);
    seen[args.split(" ")[0] ?? ""] = added.length;
    if (process.argv.includes("--show")) process.stdout.write(`== ${args}\n${added.join("\n")}\n`);
  }
  const all = Object.values(seen).reduce((sum, count) => sum + count, 0);
  print({
    what: `statements of one request on PostgreSQL (${Object.entries(seen)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")})`,
    value: all,
    limit: 40,
    unit: "",
    peer: "8 record types in 8 tables",
  });
  await shop.close();
} finally {
  await run.close();
  rmSync(folder, { recursive: true });
}

async function logEverything(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("ALTER ROLE app SET log_statement = 'all'");
  await client.end();
}

/** What the server's log says it was sent. */
function statements(folder: string): string[] {
  const log = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /postgres[^/]*\/log$/u.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
  return log.split("\n").filter((line) => /LOG: {2}(?:statement|execute [^:]+):/u.test(line));
}
