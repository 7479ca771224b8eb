import { FAILURES, isFailureCode } from "../errors.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";

/** A finding with the place in the data map where its rule stands. */
export interface PlacedFinding {
  readonly system: string;
  /** `system.record`; both are empty where the map itself is meant. */
  readonly record: string;
  readonly column?: string;
  readonly code: string;
  readonly severity: Finding["severity"];
  readonly message: string;
  readonly help: string;
  readonly file: string;
  /** Of the record type, or of its line that names the column; 1 where neither is in the file. */
  readonly line: number;
}

/** `text`: the map's file, where it is at hand; then columns and ignored tables have lines of their own. */
export function placed(
  map: DataMap,
  { code, severity, record, column, message, help }: Finding,
  text = "",
): PlacedFinding {
  const [system = ""] = record.split(".");
  const type = map.systems.flatMap((one) => one.records).find((one) => one.id === record);
  const begin = type?.at.line ?? map.systems.find((one) => one.name === system)?.at.line ?? 1;
  const line =
    type === undefined
      ? lineOf(text, record, 1, Number.POSITIVE_INFINITY)
      : column === undefined
        ? undefined
        : lineOf(text, column, begin, endOf(map, begin));
  return {
    system,
    record,
    ...(column === undefined ? {} : { column }),
    code,
    severity,
    // some name the record type themselves
    message: message.startsWith(`${record}: `) ? message.slice(record.length + 2) : message,
    help: help ?? (isFailureCode(code) ? FAILURES[code].help : ""),
    file: map.file,
    line: line ?? begin,
  };
}

const WEIGHT = { error: 0, empty: 1, warning: 2 } as const;

/** Each once; errors first, then in the map's order. */
export function sorted(findings: readonly PlacedFinding[]): readonly PlacedFinding[] {
  const known = new Map(
    findings.map((finding) => [
      JSON.stringify([finding.code, finding.record, finding.message, finding.record === "" ? finding.line : 0]),
      finding,
    ]),
  );
  return [...known.values()].toSorted((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || a.line - b.line);
}

/** The line before the next record type or system begins. */
function endOf(map: DataMap, begin: number): number {
  const lines = map.systems.flatMap((system) => [system.at.line, ...system.records.map((record) => record.at.line)]);
  return Math.min(...lines.filter((line) => line > begin).map((line) => line - 1), Number.POSITIVE_INFINITY);
}

/** The first of these lines that has the name as a word of its own; both ends count. */
function lineOf(text: string, name: string, from: number, to: number): number | undefined {
  const word = new RegExp(`(?<![\\w.-])${name.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`)}(?![\\w-])`, "u");
  const at = text
    .split(/\r?\n/u)
    .findIndex((line, index) => index + 1 >= from && index + 1 <= to && word.test(line.replace(/(?:^|\s)#.*$/u, "")));
  return at === -1 ? undefined : at + 1;
}
