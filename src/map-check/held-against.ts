/** The data map held against what its systems are made of, and against the structure that was accepted. Opens nothing. */
import type { DataMap } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";
import type { Sampled } from "../model/structure.ts";
import { placed } from "../planner/placed.ts";
import { toldFinding } from "../planner/told.ts";
import { changedFindings, codesOf } from "./changed.ts";
import { adviceOf, CODES, type CoverageCode, isCoverageCode } from "./codes.ts";
import { type CheckFinding, checkFinding } from "./finding.ts";
import { hidingFindings, hidingIn, scheduleFindings } from "./hiding.ts";
import type { Lock } from "./lock.ts";
import { type Reach, reachOf, type Surveyed } from "./reach.ts";
import { isReadBy, ruleFindings } from "./rules.ts";
import { unmappedFindings, unusedIgnores } from "./unmapped.ts";

export interface Coverage {
  readonly mapped: number;
  readonly ignored: number;
  readonly unmapped: number;
  /** (mapped + ignored) of all, rounded down; 100 where there is nothing. */
  readonly percent: number;
}

/** A system, with what its own check said of the record types there. */
export interface Looked extends Surveyed {
  readonly said: readonly Finding[];
  /** By store: values for guessing, which leave no finding. */
  readonly samples: ReadonlyMap<string, readonly Sampled[]>;
}

export interface Held {
  /** Errors first, then in the map's order; each once. */
  readonly findings: readonly CheckFinding[];
  readonly coverage: Coverage;
}

export interface HeldHow {
  /** Undefined: nobody accepted a structure yet. */
  readonly lock: Lock | undefined;
  /** In percent. */
  readonly minCoverage: number | undefined;
  /** What is to be said of the data map itself. */
  readonly warned?: readonly CheckFinding[];
}

export function heldAgainst(
  map: DataMap,
  looked: readonly Looked[],
  { lock, minCoverage, warned = [] }: HeldHow,
): Held {
  const all = looked.map((one) => ({ one, reaches: reachOf(map, one) }));
  const coverage = coverageOf(all.flatMap(({ reaches }) => reaches));
  const findings = all.flatMap(({ one, reaches }) => [
    ...saidBy(map, one),
    ...(lock === undefined ? [] : changedFindings(map, one, reaches, lock)),
    ...unmappedFindings(map, one, reaches),
    ...hidingFindings(map, reaches, one.samples),
    ...scheduleFindings(map, reaches),
    ...ruleFindings(map, one, reaches, one.samples),
    ...rightFindings(map, reaches),
    ...unusedIgnores(map, one),
  ]);
  const whole = [
    ...(lock === undefined
      ? [checkFinding(map, "NO_BASELINE", { record: "", message: "no structure was accepted yet" })]
      : []),
    ...(minCoverage !== undefined && coverage.percent < minCoverage
      ? [
          checkFinding(map, "COVERAGE_LOW", {
            record: "",
            message: `${coverage.percent} % of ${coverage.mapped + coverage.ignored + coverage.unmapped} columns are mapped or ignored, and ${minCoverage} % were asked for`,
          }),
        ]
      : []),
  ];
  return { findings: inOrder(onceEach(withoutSaid([...warned, ...whole, ...findings]))), coverage };
}

/** Stores of which some values are to be looked at: where a marker or a condition is read. */
export function toSample(map: DataMap, surveyed: Surveyed): readonly string[] {
  const reaches = reachOf(map, surveyed);
  const marked = hidingIn(reaches).map(({ store }) => store.name);
  const read = reaches.filter((reach) => map.conditions.some((condition) => isReadBy(condition, reach, surveyed)));
  return [...new Set([...marked, ...read.map(({ store }) => store.name)])];
}

function coverageOf(reaches: readonly Reach[]): Coverage {
  const counts = { mapped: 0, ignored: 0, unmapped: 0 };
  for (const { store, counted, stateOf } of reaches)
    if (counted) for (const { name } of store.columns) counts[stateOf(name)] += 1;
  const all = counts.mapped + counts.ignored + counts.unmapped;
  return { ...counts, percent: all === 0 ? 100 : Math.floor(((counts.mapped + counts.ignored) * 100) / all) };
}

/** Kinds of systems say what they see in words of a plan: here the same has the words of this command. */
function saidBy(map: DataMap, { block, stores, said }: Looked): readonly CheckFinding[] {
  const ofColumns = codesOf({ kind: stores[0]?.kind ?? "table" });
  const code = (finding: Finding): CoverageCode | undefined => {
    switch (finding.code) {
      case "NOT_PERMITTED":
        return "RIGHT_MISSING";
      case "COLUMN_MISSING":
        return ofColumns.gone;
      case "TABLE_MISSING":
        return "TABLE_GONE";
      case "FOREIGN_KEY_UNDECLARED":
        return "REFERENCE_UNMAPPED";
      case "CONSTRAINT":
        return finding.severity === "error" && finding.column !== undefined ? "TOMBSTONE_BREAKS" : undefined;
      default:
        return undefined;
    }
  };
  return said
    .filter(({ code: one }) => one !== "IGNORE_UNUSED")
    .filter(
      (finding) =>
        // it is said of the table that references, below
        finding.code !== "FOREIGN_KEY_UNDECLARED" || !stores.some(({ name }) => name === finding.table),
    )
    .map((finding) => {
      const { severity, help, ...rest } = placed(map, toldFinding(finding));
      const own = code(finding);
      return {
        ...rest,
        system: block.name,
        code: own ?? finding.code,
        severity: own === undefined ? (severity === "error" ? "error" : "warning") : CODES[own].severity,
        help: own === undefined ? help : adviceOf(own, finding.help),
      };
    });
}

/** As the catalog tells; whatever else a kind of system knows of its rights it says itself. */
function rightFindings(map: DataMap, reaches: readonly Reach[]): readonly CheckFinding[] {
  return reaches.flatMap(({ store, records }) =>
    records.flatMap((record): CheckFinding[] => {
      const { may } = store;
      if (may === undefined || record.do === "ask") return [];
      const erases = record.do === "erase" || record.do === "remove-rows" || record.purge?.how === "erase";
      const missing = [...(may.read ? [] : ["read"]), ...(erases && !may.erase ? ["erase in"] : [])];
      if (missing.length === 0) return [];
      const message = `the credentials may not ${missing.join(" or ")} ${store.name}`;
      return [checkFinding(map, "RIGHT_MISSING", { record: record.id, message })];
    }),
  );
}

/** What is new is unmapped too, and is said once. */
function withoutSaid(findings: readonly CheckFinding[]): readonly CheckFinding[] {
  const known = new Set(
    findings.filter(({ code }) => code.endsWith("_NEW")).map(({ record, column = "" }) => `${record}\n${column}`),
  );
  return findings.filter(
    ({ code, record, column = "" }) => code !== "COLUMN_UNMAPPED" || !known.has(`${record}\n${column}`),
  );
}

/** What a kind of system says itself is more exact than what is reckoned here, and comes first. */
function onceEach(findings: readonly CheckFinding[]): readonly CheckFinding[] {
  const known = new Map<string, CheckFinding>();
  for (const finding of findings) {
    const { code, record, column = "", message, line } = finding;
    const what =
      isCoverageCode(code) && !SEVERAL.has(code)
        ? [code, record, column]
        : [code, record, message, record === "" ? line : 0];
    const name = JSON.stringify(what);
    if (!known.has(name)) known.set(name, finding);
  }
  return [...known.values()];
}

/** More than one of them may be about one column. */
const SEVERAL: ReadonlySet<CoverageCode> = new Set([
  "UNIQUE_IGNORES_MARKER",
  "VIEW_IGNORES_MARKER",
  "REFERENCE_UNMAPPED",
  "CONDITION_NEVER",
  "CHILD_VISIBLE",
]);

function inOrder(findings: readonly CheckFinding[]): readonly CheckFinding[] {
  const weight = { error: 0, warning: 1 };
  const order = Object.keys(CODES);
  const at = (code: string) => (order.includes(code) ? order.indexOf(code) : order.length);
  return findings.toSorted(
    (a, b) =>
      weight[a.severity] - weight[b.severity] ||
      at(a.code) - at(b.code) ||
      (a.code === b.code ? 0 : a.code < b.code ? -1 : 1) ||
      a.line - b.line ||
      (a.record === b.record ? 0 : a.record < b.record ? -1 : 1),
  );
}
