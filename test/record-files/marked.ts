/** Marks found records of a file, and gives them back. */
import type { Marker } from "../../src/model/datamap.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { FoundRecord } from "../../src/record-files/record-file.ts";
import { type RecordChange, recordChange } from "../../src/record-files/record-format.ts";
import { writeImage } from "../../src/record-files/record-image.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { rewriteRecords, verifyRewrite } from "../../src/record-files/rewrite-records.ts";
import type { RewriteResult } from "../../src/record-files/rewrite-result.ts";
import { recordType, targetOf } from "../support/record-type.ts";
import { inChunks } from "./support.ts";

export const AT = "2026-11-21T10:00:00.123Z";

const TARGET = targetOf(recordType({ system: "s", name: "r", place: { kind: "files", globs: [] }, do: "ask" }), [], []);

export async function rewritten(
  bytes: Buffer,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
): Promise<{ readonly bytes: Buffer; readonly result: RewriteResult }> {
  const { output, result } = rewriteRecords(inChunks(bytes), rule, changes, String);
  const written = Buffer.concat(await Array.fromAsync(output));
  await verifyRewrite(inChunks(written), rule, changes, result());
  return { bytes: written, result: result() };
}

export async function changed(
  bytes: Buffer,
  rule: RecordRule,
  marker: Marker,
  found: readonly Pick<FoundRecord, "id">[],
): Promise<{ readonly bytes: Buffer; readonly result: RewriteResult }> {
  const mark = changeOf({ kind: "mark", marker, stamp: { at: AT, by: "expunge R-2026-0001" } });
  return await rewritten(bytes, rule, new Map(found.map(({ id }) => [id, mark])));
}

/** What gives these records back. */
export function backOf(marker: Marker, { images }: Pick<RewriteResult, "images">): ReadonlyMap<string, RecordChange> {
  return new Map(
    [...images].map(([id, image]) => [
      id,
      changeOf({ kind: "restore", marker, images: new Map([[id, writeImage(image, 1)]]) }, id),
    ]),
  );
}

export async function imagesBack(
  bytes: Buffer,
  rule: RecordRule,
  marker: Marker,
  result: RewriteResult,
): Promise<Buffer> {
  return (await rewritten(bytes, rule, backOf(marker, result))).bytes;
}

function changeOf(change: Change, key = ""): RecordChange {
  return recordChange("a.csv", change, TARGET, null, [], { key, subjects: [0], fingerprint: "" });
}
