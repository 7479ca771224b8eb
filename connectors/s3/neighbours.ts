/**
 * Other record types over the same object. An erasure takes older versions with it, and what one of these means to keep
 * may be in an older version only.
 */
import type { RecordType } from "../../src/model/datamap.ts";
import type { Lookup, MatchColumn, Target } from "../../src/model/search.ts";
import { keyGlob } from "../../src/record-files/glob.ts";
import { namesOf } from "../../src/record-files/record-file.ts";
import { recordRule } from "../../src/record-files/record-rule.ts";
import { bytesOf, type Source } from "./bytes.ts";
import type { S3 } from "./objects.ts";
import { parseAddress } from "./place.ts";

/** Record types other than the target's that find records in this object and may let one stay. */
export function neighboursOf({ records }: S3, target: Target, bucket: string, key: string): readonly RecordType[] {
  // `versions: latest` knows nothing of older versions
  return records.filter(
    (record) =>
      record.id !== target.record.id && record.versions !== "latest" && mayStay(record) && isOver(record, bucket, key),
  );
}

/** Held, waiting, kept, or reached through another record and so held with it. */
function mayStay({ do: action, holds, unless, created, match }: RecordType): boolean {
  return (
    action === "keep" ||
    action === "ask" ||
    holds.length > 0 ||
    unless !== undefined ||
    created !== undefined ||
    match.terms.some(({ source }) => source.kind !== "identity")
  );
}

function isOver({ place }: RecordType, bucket: string, key: string): boolean {
  if (place.kind !== "files") return false;
  return place.globs.some((glob) => {
    const address = parseAddress(glob);
    return address?.bucket === bucket && keyGlob(address.path)(key);
  });
}

/**
 * The names of the records that a neighbour may keep in this version: those that match by the values that are known here,
 * and all of its records where it is matched by others.
 */
export async function neighbourNames(
  s3: S3,
  target: Target,
  lookups: readonly Lookup[],
  source: Source,
  neighbours: readonly RecordType[],
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const record of neighbours) {
    const columns = record.match.terms.map(
      ({ column }): MatchColumn =>
        target.columns.find((one) => one.column === column) ?? { column, type: "edge", fold: [] },
    );
    const isKnown =
      lookups.length > 0 && columns.every(({ column }) => target.columns.some((one) => one.column === column));
    const read: Target = {
      record,
      columns,
      ...(record.where === undefined ? {} : { where: record.where }),
      exports: [],
      changes: {},
    };
    const rule = recordRule(read, { path: source.key, name: source.name }, (parts) => s3.store.io.digest(parts));
    for await (const name of namesOf(bytesOf(s3.store, source), rule, isKnown ? lookups : null)) names.add(name);
  }
  return names;
}
