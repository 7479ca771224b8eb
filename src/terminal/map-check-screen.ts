/** What `map check` found, as a person reads it: errors each by itself, warnings by families, so that no number of them buries an error. */
import { count, indent, safe, tint } from "./show.ts";

export interface ScreenFinding {
  readonly system: string;
  readonly record: string;
  readonly column?: string;
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly help: string;
  readonly file: string;
  readonly line: number;
}

interface Line {
  readonly where: string;
  readonly what: string;
}

/** Lines of one code of warnings. */
const MOST_WARNED = 8;
/** Tables of one family, from which on they are one line. */
const FAMILY = 3;

export interface CheckScreen {
  /** What all findings of a code are; "": the code says it. */
  what(code: string): string;
  readonly plain: boolean;
}

export function mapCheckScreen(findings: readonly ScreenFinding[], how: CheckScreen): string {
  const byCode = Map.groupBy(findings, ({ severity, code }) => `${severity} ${code}`);
  return [...byCode.values()].map((some) => groupText(some, how)).join("\n");
}

/** `2 errors (COLUMN_NEW, TABLE_NEW), 611 warnings`: the last line is what a person sees first. */
export function mapCheckCounts(findings: readonly ScreenFinding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error");
  const codes = [...new Set(errors.map(({ code }) => code))].join(", ");
  const warnings = count(findings.length - errors.length, "warning");
  return `${count(errors.length, "error")}${codes === "" ? "" : ` (${codes})`}, ${warnings}`;
}

function groupText(findings: readonly ScreenFinding[], { what, plain }: CheckScreen): string {
  const [first] = findings;
  if (first === undefined) return "";
  const isError = first.severity === "error";
  const word = isError ? tint("error", "bad", plain) : tint("warn ", "warn", plain);
  const lines = isError ? findings.map(lineOf) : families(findings);
  const shown = isError ? lines : lines.slice(0, MOST_WARNED);
  const helps = new Set(findings.map(({ help }) => help));
  const [help = ""] = helps;
  const rows = shown.flatMap(({ where, what }, at) => [
    `${safe(where)}: ${sentence(what)}`,
    // where all have the same to do it is said once, below
    ...(helps.size > 1 && isError ? adviceLine(findings[at]?.help ?? "", plain) : []),
  ]);
  const more = lines.length - shown.length;
  const rest = more === 0 ? [] : [tint(`and ${more} more like these: --format json lists each`, "dim", plain)];
  const advice = helps.size === 1 || !isError ? adviceLine(helps.size === 1 ? help : shared(helps), plain) : [];
  const said = what(first.code);
  const head = `${word} ${tint(first.code, "bold", plain)} (${findings.length})${said === "" ? "" : `  ${said}`}`;
  return [head, indent([...rows, ...rest, ...advice].join("\n"))].join("\n");
}

function adviceLine(help: string, plain: boolean): string[] {
  return help === "" ? [] : [tint(`→ ${safe(help)}`, "dim", plain)];
}

/** What the advice of several findings ends with, where it is the same: what it costs to leave it. */
function shared(helps: ReadonlySet<string>): string {
  const ends = new Set([...helps].map((help) => /Left so: .*$/su.exec(help)?.[0] ?? ""));
  return ends.size === 1 ? ([...ends][0] ?? "") : "";
}

function lineOf({ record, message, file, line }: ScreenFinding): Line {
  const place = `${file}:${line}`;
  return { where: record === "" ? place : `${record} (${place})`, what: message };
}

function sentence(message: string): string {
  return /[.?!;]$/u.test(message) ? safe(message) : `${safe(message)}.`;
}

/** One line a record type, and one for all tables whose names begin alike: those behind the record types, the largest first. */
function families(findings: readonly ScreenFinding[]): readonly Line[] {
  const byRecord = [...Map.groupBy(findings, ({ record, line }) => (record === "" ? `line ${line}` : record)).values()];
  const byFamily = Map.groupBy(byRecord, ([first]) => familyOf(first));
  const groups = [...byFamily].flatMap(([family, kin]) =>
    family === "" || kin.length < FAMILY ? kin.map((some) => [some]) : [kin],
  );
  const isRule = ([some]: readonly (readonly ScreenFinding[])[]): boolean => some?.[0]?.column !== undefined;
  return groups
    .toSorted((a, b) => Number(isRule(b)) - Number(isRule(a)) || b.length - a.length)
    .flatMap((kin) => (kin.length === 1 ? recordLines(kin[0] ?? []) : familyLine(kin)));
}

function familyLine(kin: readonly (readonly ScreenFinding[])[]): Line[] {
  const [first] = kin[0] ?? [];
  if (first === undefined) return [];
  const columns = kin.flat().filter(({ column }) => column !== undefined).length;
  const counted = columns === 0 ? "" : ` with ${count(columns, "column")}`;
  const what = `${kin.length} of them${counted}, the first is ${first.record}: ${first.message}`;
  return [{ where: `${familyOf(first)}* (${first.file}:${first.line})`, what }];
}

/** Up to the first underscore, dash or slash behind the system; empty: it is of no family. */
function familyOf(finding: ScreenFinding | undefined): string {
  if (finding === undefined || finding.record === "") return "";
  const name = finding.record.slice(finding.system.length + 1);
  const begin = /^.*?[A-Za-z0-9]+[_\-/]/u.exec(name)?.[0];
  return begin === undefined ? "" : `${finding.system}.${begin}`;
}

function recordLines(findings: readonly ScreenFinding[]): Line[] {
  const [first] = findings;
  if (first === undefined) return [];
  if (findings.length === 1) return [lineOf(first)];
  const columns = findings.flatMap(({ column }) => column ?? []);
  if (columns.length < findings.length) return findings.map(lineOf);
  const some = columns.slice(0, 6).join(", ");
  const more = columns.length > 6 ? ` and ${columns.length - 6} more` : "";
  return [{ where: lineOf(first).where, what: `${columns.length} columns: ${some}${more}` }];
}
