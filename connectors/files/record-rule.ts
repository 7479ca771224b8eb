import type { RecordRule } from "../../src/record-files/record-file.ts";
import type { Target } from "../../src/model/search.ts";
import { Failure } from "../../src/errors.ts";
import type { IO } from "../../src/port/connector.ts";
import { formatOf } from "./config.ts";

/** How this target's records are read in this file; `name` as it may be shown. Throws FORMAT_NOT_BUILT. */
export function ruleFor(target: Target, path: string, name: string, io: IO, unreadable: RecordRule["unreadable"] = () => undefined): RecordRule {
  const { record } = target;
  const format = formatOf(record, path);
  if (format !== "csv" && format !== "jsonl") throw new Failure("FORMAT_NOT_BUILT", `${name}: of file formats, csv and jsonl are built`);
  return {
    name,
    format,
    dialect: /\.tsv(?:\.gz)?$/iu.test(path) ? { delimiter: "\t", ...record.dialect } : record.dialect,
    encoding: record.encoding,
    columns: target.columns,
    mode: record.match.mode,
    ...(target.where === undefined ? {} : { where: target.where }),
    exports: target.exports,
    ...(target.changes.rule === undefined ? {} : { change: target.changes.rule }),
    digest: (parts) => io.digest(parts),
    unreadable,
  };
}

/** A key: canonical JSON of the file's path below the root and the record's name in it. */
export function keyOf(path: string, id: string): string {
  return JSON.stringify([path, id]);
}

/** Throws PLAN_ALTERED for what is no key of ours. */
export function parseKey(key: string): { readonly path: string; readonly id: string } {
  const parsed: unknown = JSON.parse(key);
  if (Array.isArray(parsed) && typeof parsed[0] === "string" && typeof parsed[1] === "string" && parsed.length === 2) return { path: parsed[0], id: parsed[1] };
  throw new Failure("PLAN_ALTERED", "a planned key is none of a files system");
}
