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

/** What each statement is for, by words that only it has. */
const PURPOSES: readonly (readonly [string, RegExp])[] = [
  ["transaction: begin, commit, end", /BEGIN TRANSACTION|COMMIT|: ROLLBACK/u],
  ["structure: read", /current_setting\('server_version_num'\), pg_catalog.current_setting\('server_encoding'\)/u],
  ["structure: still as it was", /WITH RECURSIVE named AS/u],
  ["where the database is", /pg_control_system/u],
  ["residue", /pg_stats s/u],
  ["judging: cells that hold more than a value", /DISTINCT t\.tableoid, t\.ctid/u],
  ["effect: what it set off", /SET CONSTRAINTS ALL IMMEDIATE/u],
  ["effect: rows our statements added to a trail", /FROM ONLY /u],
  ["effect: lock and read", /FOR UPDATE OF t/u],
  ["effect: change, delete", /: (?:WITH d0|UPDATE|DELETE)/u],
  ["references", /: (?:WITH locked|SELECT '\d+', k\.n)/u],
  ["search, by people's values", /SELECT q\.c0/u],
  ["rows by key", /AS k \(k0/u],
  ["check", /SAVEPOINT|pg_constraint|pg_trigger|pg_proc|relname|log_statement|::text\)::text/u],
];

const folder = mkdtempSync(join(tmpdir(), "expunge-bench-"));
const run = await openRun();
try {
  const shop = await openShop({ folder, count: 1000, systems: ["shop"] });
  const how = { cwd: folder, env: shop.secrets };
  const id = await openRequest({ email: MARA.email }, how);
  await logEverything(shop.postgres?.adminUrl ?? "");
  const seen = new Map<string, readonly string[]>();
  for (const args of [
    `plan ${id}`,
    `approve ${id} --as bench --confirm ${id}`,
    `run ${id} --confirm ${id}`,
    `verify ${id}`,
  ]) {
    const before = statements(run.folder).length;
    await command(args, how);
    const added = statements(run.folder).slice(before);
    seen.set(args.split(" ")[0] ?? "", added);
    if (process.argv.includes("--show")) process.stdout.write(`== ${args}\n${added.join("\n")}\n`);
  }
  printTable(seen);
  print({
    what: `statements of one request on PostgreSQL (${[...seen].map(([name, { length }]) => `${name} ${length}`).join(", ")})`,
    value: [...seen.values()].flat().length,
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

function printTable(seen: ReadonlyMap<string, readonly string[]>): void {
  const phases = [...seen.keys()];
  const purposes = [...PURPOSES.map(([name]) => name), "other"];
  const counts = new Map(
    phases.map((phase) => [phase, Map.groupBy(seen.get(phase) ?? [], (line) => purposeOf(line))] as const),
  );
  const row = (name: string, cells: readonly (string | number)[]) =>
    process.stdout.write(`${name.padEnd(46)}${cells.map((cell) => String(cell).padStart(9)).join("")}\n`);
  row("statements for", phases);
  for (const purpose of purposes) {
    const cells = phases.map((phase) => counts.get(phase)?.get(purpose)?.length ?? 0);
    if (cells.some((count) => count > 0)) row(purpose, cells);
  }
}

function purposeOf(line: string): string {
  return PURPOSES.find(([, words]) => words.test(line))?.[0] ?? "other";
}

/** What the server's log says it was sent: a statement, or several in one message, of any number of lines. */
function statements(folder: string): string[] {
  const log = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /postgres[^/]*\/log$/u.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
  return log
    .split(/^(?=\d{4}-\d{2}-\d{2} )/mu)
    .filter((entry) => /LOG: {2}(?:statement|execute [^:]+):/u.test(entry))
    .map((entry) => entry.replaceAll(/\s+/gu, " "));
}
