import { readFileSync } from "node:fs";
import type { ActionKind, DataMap, Issue } from "../../src/model/datamap.ts";
import { ADVICE } from "../../src/datamap/advice-codes.ts";
import type { How } from "../../src/datamap/read.ts";
import { readDataMap } from "../../src/datamap/read.ts";
import { parseRules } from "../../src/retention/rules.ts";

const SQL: readonly ActionKind[] = ["erase", "anonymise", "redact", "unlink", "keep"];
const FILES: readonly ActionKind[] = ["remove-rows", "anonymise", "redact", "keep"];

/** Kinds as their connectors give them, but for their lints; a test that wants one gives its own. */
export const HOW: How = {
  kinds: new Map([
    [
      "postgres",
      { actions: [...SQL, "soft-delete"], places: ["table"], rank: "source", figures: true, lint: () => [] },
    ],
    ["elasticsearch", { actions: SQL, places: ["index"], rank: "index", lint: () => [] }],
    ["s3", { actions: ["erase", ...FILES], places: ["files", "keys"], rank: "file", lint: () => [] }],
    ["files", { actions: FILES, places: ["files"], rank: "file", lint: () => [] }],
  ]),
  notBuiltKinds: ["mysql", "http", "manual"],
  rules: new Map(
    ["de", "fr"].flatMap((name) => [...parseRules(readFileSync(`manifests/retention/${name}.yaml`, "utf8"))]),
  ),
  readFile: (path) => (path === "holidays.txt" ? "# ours\n2026-12-24\n- 2026-12-31 # and this\n\n" : undefined),
  holidays: (region, years) => Promise.resolve(region === "DE-HH" ? years.map((year) => `${year}-10-31`) : []),
  personKey: (vkey) => (vkey.startsWith("vkey ") ? vkey.slice(5) : undefined),
  today: "2026-11-21",
};

/** A data map with what every one has, and these blocks. Lines are counted from `parts`: its first line is line 1. */
export function whole(parts: string): string {
  const top = [
    "version: 1",
    "controller: { name: A Shop, contact: privacy@shop.example, calendar: { timezone: Europe/Berlin } }",
    ...(/^map:/mu.test(parts) ? [] : ["map: { owner: dpo@shop.example }"]),
    ...(/^identities:/mu.test(parts) ? [] : ["identities: { email: { type: email, fold: [trim, lowercase] } }"]),
    ...(/^systems:/mu.test(parts)
      ? []
      : ["systems: { shop: { kind: postgres, records: { leads: { match: { email: email }, do: erase } } } }"]),
  ];
  return `${parts}\n${top.join("\n")}\n`;
}

/** A data map with these records of a PostgreSQL system `shop`; the first line of `records` is line 4. */
export function shop(records: string, more = ""): string {
  return whole(`systems:\n  shop:\n    kind: postgres\n    records:\n${records.replace(/^/gmu, "      ")}\n${more}`);
}

/** Every issue but advice, which small maps of tests have no use for. */
export async function lint(text: string, how: Partial<How> = {}): Promise<readonly Issue[]> {
  return (await whatever(text, how)).filter(
    ({ code, severity }) => severity === "error" || !Object.hasOwn(ADVICE, code),
  );
}

/** Advice alone. */
export async function advice(text: string, how: Partial<How> = {}): Promise<readonly Issue[]> {
  return (await whatever(text, how)).filter(
    ({ code, severity }) => severity !== "error" && Object.hasOwn(ADVICE, code),
  );
}

async function whatever(text: string, how: Partial<How>): Promise<readonly Issue[]> {
  return (await readDataMap({ file: "datamap.yaml", text }, { ...HOW, ...how })).issues;
}

/** The map; throws with every issue where it has errors. */
export async function good(text: string, how: Partial<How> = {}): Promise<DataMap> {
  const { map, issues } = await readDataMap({ file: "datamap.yaml", text }, { ...HOW, ...how });
  if (map === undefined)
    throw new Error(issues.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`).join("\n"));
  return map;
}

/** `line:column CODE`, in order. */
export async function codes(text: string, how: Partial<How> = {}): Promise<string[]> {
  return (await lint(text, how)).map(({ line, column, code }) => `${line}:${column} ${code}`);
}
