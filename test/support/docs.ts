/** Writes the pages that repeat what the code says; with `--check` only says which are out of date, and fails. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commandsPage } from "./docs/commands-page.ts";
import { connectorTable, kindKeysTable, wholeSchema } from "./docs/connector-table.ts";
import { exitCodesPage } from "./docs/exit-codes-page.ts";
import { retentionPage } from "./docs/retention-page.ts";
import { structurePicture } from "./docs/structure.ts";
import { schemaFiles } from "./docs/schema-files.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const pages = new Map<string, string>([
  ["docs/commands.md", await commandsPage(ROOT)],
  ["docs/exit-codes.md", exitCodesPage()],
  ["docs/retention.md", retentionPage(ROOT)],
  ["manifests/datamap.schema.json", await wholeSchema()],
  ["manifests/shop/datamap.schema.json", await wholeSchema()], // beside the map that names it
  ["docs/architecture.md", between(read("docs/architecture.md"), "structure", structurePicture(ROOT))],
  ["docs/datamap.md", between(read("docs/datamap.md"), "kinds", await kindKeysTable())],
  ["README.md", between(read("README.md"), "connectors", await connectorTable())],
  ...schemaFiles(),
]);

const stale = [...pages].filter(([file, text]) => read(file) !== text).map(([file]) => file);
if (process.argv.includes("--check")) {
  for (const file of stale) process.stderr.write(`${file} is out of date: npm run docs\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const file of stale) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), pages.get(file) ?? "");
    process.stdout.write(`wrote ${file}\n`);
  }
}

function read(file: string): string {
  return existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), "utf8") : "";
}

/** The page with the part between its two marks replaced. */
function between(page: string, mark: string, part: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`the page has no place marked ${begin}`);
  return `${page.slice(0, from + begin.length)}\n${part}\n${page.slice(to)}`;
}
