/** What a draft finds of the personal columns of anybody's schema: `node bench/drafting.ts --schema FILE --labels FILE`. PostgreSQL's dialect. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { labelsIn, scored, storesOf, surveyedAs } from "../test/drafting/labelled.ts";
import { erp } from "../test/drafting/schemas/erp.ts";
import { draft } from "../src/drafting/draft.ts";
import { mapText } from "../src/drafting/map-text.ts";
import { openRun } from "../test/support/servers/run.ts";

const { values } = parseArgs({ options: { schema: { type: "string" }, labels: { type: "string" } } });
const print = (line: string) => void process.stdout.write(`${line}\n`);
const run = await openRun();
try {
  const ours = values.schema === undefined;
  const sql = values.schema === undefined ? erp().sql : readFileSync(values.schema, "utf8");
  const labels =
    values.labels === undefined ? (ours ? erp().labels : []) : labelsIn(readFileSync(values.labels, "utf8"));
  const name = values.schema === undefined ? "erp" : basename(values.schema).replace(/\..*$/u, "");
  const began = performance.now();
  const stores = await storesOf(`bench_${name.replaceAll(/\W/gu, "_").toLowerCase()}`, sql);
  const surveyed = performance.now();
  const text = mapText(draft([surveyedAs(stores)]), { today: "2026-11-30", timezone: "UTC" });
  const drafted = performance.now();
  const { recall, precision, missed, wrong, proposal } = scored(stores, labels);
  print(
    `${name}: ${stores.length} stores; made and surveyed in ${Math.round(surveyed - began)} ms, drafted in ${Math.round(drafted - surveyed)} ms, ${text.split("\n").length} lines`,
  );
  print(
    `records ${proposal.records.length}, to decide ${proposal.records.filter(({ asks }) => asks.length > 0).length}, unplaced ${proposal.unplaced.length}, ignored ${proposal.ignored.length} entries`,
  );
  if (labels.length > 0)
    print(
      `recall ${recall.toFixed(3)} of ${labels.length}, precision ${precision.toFixed(3)}\nmissed: ${missed.join(", ")}\nwrong:  ${wrong.join(", ")}`,
    );
} finally {
  await run.close();
}
