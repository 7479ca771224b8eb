/** Peak memory of `plan --due` over a million rows that are due: those over the cap are counted, and stand nowhere. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { print, time } from "./measure.ts";
import { command } from "./walk.ts";

const ROWS = 1_000_000;

const MAP = `version: 1
controller:
  name: Bench
  contact: bench@bench.example
  calendar: { timezone: Europe/Berlin, regime: eu }
map: { owner: bench@bench.example, review_by: 2099-01-01 }
approval: { required: true, four_eyes: false }
identities:
  email: { type: email, fold: [trim, lowercase] }
systems:
  shop:
    kind: sqlite
    connect: { file: shop.db }
    owner: bench@bench.example
    records:
      leads: { match: { email: email }, do: erase, schedule: { after: 90 days, from: seen } }
`;

const folder = mkdtempSync(join(tmpdir(), "expunge-bench-"));
try {
  using shop = new DatabaseSync(join(folder, "shop.db"));
  shop.exec(`CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, seen TEXT);
    WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${ROWS})
    INSERT INTO leads SELECT id, 'person.' || id || '@mail.example', '2020-01-01T08:00:00Z' FROM n`);
  writeFileSync(join(folder, "datamap.yaml"), MAP);
  const peakFile = join(folder, "peak");
  const how = { cwd: folder, env: { EXPUNGE_BENCH_PEAK: peakFile } };
  await command("init", how);
  const peaked = { ...how, nodeOptions: ["--import", join(import.meta.dirname, "peak.ts")] };
  const [took = 0] = await time(1, async () => await command("plan --due", peaked));
  const peak = Number(readFileSync(peakFile, "utf8")) / 1024;
  print({
    what: `peak memory of plan --due, ${ROWS.toLocaleString("en")} due rows of a SQLite table`,
    value: peak,
    limit: 250,
    unit: "MB",
    peer: `it took ${(took / 1000).toFixed(1)} s; 100,000 of them are planned, the cap of one run`,
  });
} finally {
  rmSync(folder, { recursive: true });
}
