import type { Dialect, RecordType } from "../model/datamap.ts";

/** What is built, and what a map may ask for that is not. */
export type FileFormat = "csv" | "jsonl" | "not_built";

/** A file's format follows from `format`, else from its name (`.gz` aside). null: the name does not tell. */
export function formatOf({ format }: Pick<RecordType, "format">, fileName: string): FileFormat | null {
  if (format !== undefined) return format === "csv" || format === "jsonl" ? format : "not_built";
  const plain = fileName.replace(/\.gz$/iu, "");
  if (/\.(?:csv|tsv)$/iu.test(plain)) return "csv";
  if (/\.(?:jsonl|ndjson)$/iu.test(plain)) return "jsonl";
  return /\.(?:json|parquet|avro|orc|xlsx?|zip|zst|xz|bz2|7z|db|sqlite)$/iu.test(plain) ? "not_built" : null;
}

/** Whether the names that a glob matches decide for themselves: it ends in a wildcard. */
export function endsOpen(glob: string): boolean {
  return /[*?\]}]$/u.test(glob);
}

/** The dialect of a file of this name: `.tsv` has tabs where the map names no delimiter. */
export function dialectOf({ dialect }: Pick<RecordType, "dialect">, fileName: string): Dialect {
  return /\.tsv(?:\.gz)?$/iu.test(fileName) ? { delimiter: "\t", ...dialect } : dialect;
}
