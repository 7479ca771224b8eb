import { FAILURES, isFailureCode } from "../errors.ts";
import type { DataMap, Position } from "../model/datamap.ts";
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

/** Columns and ignored tables have lines of their own, where the map's text is at hand. */
export function placed(map: DataMap, finding: Finding): PlacedFinding {
  const { code, severity, record, column, message, help } = finding;
  const [system = ""] = record.split(".");
  return {
    system,
    record,
    ...(column === undefined ? {} : { column }),
    code,
    severity,
    // some name the record type themselves
    message: message.startsWith(`${record}: `) ? message.slice(record.length + 2) : message,
    help: help ?? elsewhere(map, finding, system) ?? (isFailureCode(code) ? FAILURES[code].help : ""),
    file: map.file,
    line: positionOf(map, finding).line,
  };
}

/** Where the map names what a finding is about: the column, the ignored table, else the record type or the system. */
export function positionOf(map: DataMap, { record, column }: Finding): Position {
  const { text = "", systems } = map;
  const [system = ""] = record.split(".");
  const type = systems.flatMap((one) => one.records).find((one) => one.id === record);
  const begin = type?.at ?? systems.find((one) => one.name === system)?.at ?? { line: 1, column: 1 };
  if (type === undefined) return wordIn(text, record, 1, Number.POSITIVE_INFINITY) ?? begin;
  return (column === undefined ? undefined : wordIn(text, column, begin.line, endOf(map, begin.line))) ?? begin;
}

/** Where the table that stands in the way is a record type of another system: to add it here once more would lead in a circle. */
function elsewhere({ systems }: DataMap, { table }: Finding, own: string): string | undefined {
  if (table === undefined) return undefined;
  const record = systems
    .filter(({ name }) => name !== own)
    .flatMap(({ records }) => records)
    .find(
      ({ place }) => place.kind === "table" && [place.table, `${place.schema ?? ""}.${place.table}`].includes(table),
    );
  return record === undefined
    ? undefined
    : `If \`${record.id}\` is this table, write its record type under \`${own}\` instead: references are followed within one system only.`;
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
function wordIn(text: string, name: string, from: number, to: number): Position | undefined {
  const word = new RegExp(`(?<![\\w.-])${name.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`)}(?![\\w-])`, "u");
  for (const [index, line] of text.split(/\r?\n/u).entries()) {
    if (index + 1 < from || index + 1 > to) continue;
    const at = word.exec(line.replace(/(?:^|\s)#.*$/u, ""))?.index;
    if (at !== undefined) return { line: index + 1, column: at + 1 };
  }
  return undefined;
}
