/** A family of files as a store: its columns are those of the newest of its files, together. */
import type { Finding } from "../model/search.ts";
import { printable } from "../model/shown.ts";
import type { RecordType, SystemBlock } from "../model/datamap.ts";
import type { Reading, Sampled, Store, StoreColumn } from "../model/structure.ts";
import { Failure } from "../errors.ts";
import type { Dated, Family } from "./families.ts";
import { dialectOf, formatOf } from "./file-format.ts";
import { columnsOf, type HowRead, samplesOf } from "./headings.ts";

/** Files of a family whose headings are read. */
export const HEADINGS = 50;

/** A file that can be opened. */
export interface SurveyedFile extends Dated {
  /** For messages. */
  readonly shown: string;
}

export interface FileSurvey<Member extends SurveyedFile> {
  readonly block: SystemBlock;
  /** What files are that hold no records. */
  readonly others: "objects" | "files";
  /** As globs name it. */
  place(member: Member): string;
  /** Whether a record type's glob names this file. */
  names(record: RecordType, path: string): boolean;
  bytes(member: Member): AsyncIterable<Uint8Array>;
  report(finding: Finding): void;
}

/** Whether files of this name hold records that can be read. */
export function isRecordFile(path: string): boolean {
  const format = formatOf({}, path);
  return format === "csv" || format === "jsonl";
}

/** The store of a family; files that cannot be read are reported, and nothing is known of their columns. */
export async function fileStore<Member extends SurveyedFile>(
  survey: FileSurvey<Member>,
  family: Family<Member>,
  may: Store["may"],
): Promise<Store> {
  const columns = new Map<string, StoreColumn>();
  const readings = new Map<string, Reading>();
  let format: "csv" | "jsonl" | undefined;
  for (const member of family.newest) {
    const how = howRead(survey, member);
    if (how === undefined) continue;
    ({ format } = how);
    try {
      const { columns: found, reading } = await columnsOf(() => survey.bytes(member), how);
      if (found.length > 0) readings.set(JSON.stringify([reading.delimiter, reading.encoding]), reading);
      for (const column of found) {
        const known = columns.get(column.name);
        if (known === undefined || known.shape === column.shape) columns.set(column.name, column);
        else columns.set(column.name, { ...known, shape: "other" });
      }
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "INTERRUPTED") throw error;
      survey.report({
        code: error.code,
        severity: "warning",
        record: `${survey.block.name}.${family.name}`,
        message: error.message,
        help: error.help,
      });
    }
  }
  return {
    ...emptyStore(format === undefined ? survey.others : "files", family.name),
    columns: [...columns.values()],
    records: family.count,
    ...(format === undefined ? {} : { format }),
    ...([...readings.values()].every((reading) => Object.keys(reading).length === 0)
      ? {}
      : { readings: [...readings.values()] }),
    ...(may === undefined ? {} : { may }),
  };
}

export async function sampleFamily<Member extends SurveyedFile>(
  survey: FileSurvey<Member>,
  family: Family<Member>,
  most: number,
): Promise<readonly Sampled[]> {
  const all = new Map<string, string[]>();
  for (const member of family.newest) {
    const how = howRead(survey, member);
    if (how === undefined) continue;
    for (const { column, values } of await samplesOf(() => survey.bytes(member), how, most))
      all.set(column, [...(all.get(column) ?? []), ...values].slice(0, most));
    if ([...all.values()].every((values) => values.length >= most)) break;
  }
  return [...all].map(([column, values]) => ({ column, values }));
}

/** As the record type says whose glob names it, else as its name says. */
function howRead<Member extends SurveyedFile>(survey: FileSurvey<Member>, member: Member): HowRead | undefined {
  const record = survey.block.records.find(
    (one) => one.place.kind === "files" && survey.names(one, survey.place(member)),
  );
  const name = printable(member.shown);
  const format = formatOf(record ?? {}, member.path);
  if (format !== "csv" && format !== "jsonl") return undefined;
  if (record === undefined) return { name, format, dialect: dialectOf({ dialect: {} }, member.path) };
  return { name, format, dialect: dialectOf(record, member.path), encoding: record.encoding };
}

export function emptyStore(kind: Store["kind"], name: string): Store {
  return {
    kind,
    name,
    columns: [],
    key: [],
    uniques: [],
    references: [],
    indexed: [],
    checks: [],
    triggers: [],
    readers: [],
  };
}
