/** How the records of one file are read, matched and changed: what a target says, and what the file's name says. */
import { Failure } from "../errors.ts";
import type { Change } from "../model/rule-change.ts";
import type { Dialect, Encoding, Marker, Where } from "../model/datamap.ts";
import { markerColumns } from "../model/marker.ts";
import { keepsWhole } from "../model/pre-image.ts";
import { changedMarker } from "../model/rule-change.ts";
import type { MatchColumn, Target } from "../model/search.ts";
import { dialectOf, formatOf } from "./file-format.ts";

export interface RecordRule {
  /** Path or URL of the file, as messages may show it. */
  readonly name: string;
  readonly format: "csv" | "jsonl";
  readonly dialect: Dialect;
  readonly encoding: Encoding;
  /** CSV: header names (numbers from 1 as text where `dialect.header` is false). JSONL: paths, `who.email`, `members[].email`. */
  readonly columns: readonly MatchColumn[];
  readonly mode: "any" | "all";
  readonly where?: Where;
  /** CSV: column -> what separates the values in its cells. */
  readonly split?: Readonly<Record<string, string>>;
  /** Columns or paths whose values go into `FoundRecord.values`. */
  readonly exports: readonly string[];
  /** Those of them that holds count from: where one of several dates is missing, the record has one that nobody knows. */
  readonly dates?: readonly string[];
  /** The record type's own change: decides `done`, and which further columns must be there. Absent: none is decided. */
  readonly change?: Change;
  /** How a record says that it is marked as deleted. Absent: it cannot. */
  readonly marker?: Marker;
  /** What its records were is kept when they are removed or changed. */
  readonly keeps: boolean;
  /** Columns or paths that a record's name says nothing of: those that its mark changes, so that a marked record keeps its name. */
  readonly unnamed: readonly string[];
  /** `io.digest` */
  readonly digest: (parts: readonly (string | null)[]) => string;
  /** A line of a JSONL file that is no object: it is kept. `gap`: it holds an identifier's bytes. Called by `scanRecords` only. */
  readonly unreadable: (line: number, text: string, gap: boolean) => void;
  /** A record holds an identifier where the match does not find it: among other words in a cell, in a list or object where a value should be. Called by `scanRecords` only. */
  readonly inside: (line: number, text: string) => void;
  /** A line that is no record holds an identifier: a heading, or what stands before it. Called by `scanRecords` only. */
  readonly outside: (line: number, text: string) => void;
}

/** What a scan says of lines that nothing can be done about. */
export type LineReports = Pick<RecordRule, "unreadable" | "inside" | "outside">;

const SILENT: LineReports = { unreadable: () => undefined, inside: () => undefined, outside: () => undefined };

/** `path` decides the format, `name` is what is shown. Throws FORMAT_NOT_BUILT, or FILE_REFUSED where the format cannot be told. */
export function recordRule(
  target: Target,
  { path, name }: { readonly path: string; readonly name: string },
  digest: RecordRule["digest"],
  reports: LineReports = SILENT,
): RecordRule {
  const { record, columns, where, exports, changes } = target;
  const format = formatOf(record, path);
  const marker = target.namedWithout ?? changedMarker(changes.rule);
  if (format === "not_built")
    throw new Failure("FORMAT_NOT_BUILT", `${name}: of file formats, csv and jsonl are built`);
  if (format === null)
    throw new Failure("FILE_REFUSED", `${name}: its format cannot be told from its name`, {
      help: "Set `format` in the data map.",
    });
  return {
    name,
    format,
    dialect: dialectOf(record, path),
    encoding: record.encoding,
    columns,
    mode: record.match.mode,
    ...(where === undefined ? {} : { where }),
    ...(record.split === undefined ? {} : { split: record.split }),
    exports,
    dates: record.holds.map(({ from }) => from),
    ...(changes.rule === undefined ? {} : { change: changes.rule }),
    ...(record.marker === undefined ? {} : { marker: record.marker }),
    keeps: keepsWhole(target),
    unnamed: marker === undefined ? [] : markerColumns(marker),
    digest,
    ...reports,
  };
}
