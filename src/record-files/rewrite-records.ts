/** Writes a record file anew, without the removed and with the changed records, and reads it again before it replaces anything. */
import { createHash } from "node:crypto";
import { Failure } from "../errors.ts";
import { fromUtf8, toUtf8 } from "./charset.ts";
import { openContent, pack } from "./container.ts";
import { counted, openBlocks, openFormat, type Totals } from "./open-format.ts";
import type { RecordChange } from "./record-format.ts";
import { placeRecorder } from "./place-recorder.ts";
import { isPlaced, type RecordImage } from "./record-image.ts";
import { contentOf, marksDigest, recordFinder } from "./record-name.ts";
import type { RecordRule } from "./record-rule.ts";
import type { Rewrite, RewriteResult } from "./rewrite-result.ts";
import { isGivingBack, markedFinder } from "./restorable.ts";

/** The file without the removed and with the changed records, in the same compression and encoding. Acts on ids alone, never on a match. */
export function rewriteRecords(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  pseudonym: (value: string) => string,
): Rewrite {
  const format = openFormat(rule, { changes: changes.values() });
  const isBack = isGivingBack(changes);
  let result: RewriteResult | null = null;
  const output = async function* (): AsyncGenerator<Uint8Array> {
    const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
    const [kept, written] = [createHash("sha256"), createHash("sha256")];
    const lists = {
      matched: new Array<string>(),
      changed: new Array<string>(),
      alreadyAsWanted: new Array<string>(),
      moved: new Array<string>(),
      changedAt: new Array<number>(),
    };
    const images = new Map<string, RecordImage>();
    const places = rule.keeps && !isBack ? placeRecorder(rule) : null;
    let [removed, bytesOut] = [0, 0];
    const find = recordFinder(rule, changes.keys());
    const findMarked = markedFinder(rule, changes);
    const content = await openContent(counted(source, totals), rule.name);
    const edited = async function* (): AsyncGenerator<Buffer> {
      for await (const { bytes, pieces } of format.blocks(toUtf8(content.bytes, rule.encoding, rule.name))) {
        const parts: Buffer[] = [];
        let from = 0;
        const keepUntil = (end: number) => {
          if (end === from) return;
          const run = bytes.subarray(from, end);
          kept.update(run);
          parts.push(run);
        };
        for (const { start, end, line, row } of pieces) {
          if (row === null) {
            places?.between(bytes.subarray(start, end));
            continue;
          }
          totals.records += 1;
          const text = contentOf(bytes, start, end);
          const id = isBack ? findMarked(text) : find(format.named(row, text));
          const change = id === null ? undefined : changes.get(id);
          if (id === null || change === undefined) {
            places?.stays(bytes.subarray(start, end));
            continue;
          }
          lists.matched.push(id);
          if (
            !change.remove &&
            change.back === undefined &&
            change.parts.every((part) => format.isAsWanted(row, part))
          ) {
            places?.stays(bytes.subarray(start, end));
            lists.alreadyAsWanted.push(id);
            continue;
          }
          if (change.marks !== undefined && change.marks !== marksDigest(rule, format.marksIn(row))) {
            places?.stays(bytes.subarray(start, end));
            lists.moved.push(id);
            continue;
          }
          lists.changed.push(id);
          keepUntil(start);
          from = end;
          if (change.remove) {
            removed += 1;
            places?.removes(id, bytes.subarray(start, end));
          } else {
            lists.changedAt.push(totals.records - 1 - removed);
            const was = text.toString();
            const now = change.back?.before ?? format.change(row, was, line, change.parts, pseudonym);
            if (change.parts.some((part) => part.change.kind === "mark")) images.set(id, { before: was, after: now });
            const whole = Buffer.concat([Buffer.from(now), bytes.subarray(start + text.length, end)]);
            places?.changes(id, bytes.subarray(start, end), whole);
            parts.push(whole);
          }
        }
        keepUntil(bytes.length);
        if (parts.length > 0) yield parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      }
    };
    for await (const chunk of pack(fromUtf8(edited(), rule.encoding, rule.name), content.compression)) {
      written.update(chunk);
      bytesOut += chunk.length;
      yield chunk;
    }
    places?.end();
    const hashes = { sha256: written.digest("hex"), keptSha256: kept.digest("hex") };
    result = {
      ...lists,
      images: places?.placed ?? images,
      records: totals.records,
      removed,
      bytesIn: totals.bytes,
      bytesOut,
      ...hashes,
    };
  };
  return {
    output: output(),
    result: () => {
      if (result === null) throw new Failure("UNEXPECTED", "the output of a rewriting was not read to its end");
      return result;
    },
  };
}

/**
 * Reads a written output again and throws FILE_UNREADABLE unless its bytes, its number of records, what was kept and
 * what was changed are as `result` says. Call it before the output replaces anything.
 */
export async function verifyRewrite(
  source: AsyncIterable<Uint8Array>,
  rule: RecordRule,
  changes: ReadonlyMap<string, RecordChange>,
  result: RewriteResult,
): Promise<void> {
  const wrong = (what: string) =>
    new Failure("FILE_UNREADABLE", `${rule.name}: what was written is not what was meant: ${what}`);
  const format = openFormat(rule, { changes: changes.values() });
  const totals: Totals = { records: 0, unreadable: 0, bytes: 0 };
  const [kept, written] = [createHash("sha256"), createHash("sha256")];
  const changed = new Map(result.changedAt.map((at, nth) => [at, nth]));
  const changedIds = result.changed.filter((id) => changes.get(id)?.remove === false);
  const read = async function* () {
    for await (const chunk of source) {
      written.update(chunk);
      yield chunk;
    }
  };
  for await (const { bytes, pieces } of openBlocks(read(), rule, format, totals)) {
    let from = 0;
    for (const { start, end, row } of pieces) {
      if (row === null) continue;
      const nth = changed.get(totals.records);
      totals.records += 1;
      if (nth === undefined) continue;
      kept.update(bytes.subarray(from, start));
      from = end;
      const planned = changes.get(changedIds[nth] ?? "");
      const isRight =
        planned?.back === undefined
          ? planned?.parts.every((part) => format.isAsWanted(row, part))
          : (isPlaced(planned.back) ? bytes.subarray(start, end) : contentOf(bytes, start, end)).toString() ===
            planned.back.before;
      if (isRight !== true) throw wrong("a changed record");
    }
    kept.update(bytes.subarray(from));
  }
  if (totals.bytes !== result.bytesOut || written.digest("hex") !== result.sha256) throw wrong("its bytes");
  if (totals.records !== result.records - result.removed) throw wrong("the number of records");
  if (kept.digest("hex") !== result.keptSha256) throw wrong("what was to be kept");
}
