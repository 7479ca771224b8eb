import { createHmac } from "node:crypto";
import type { Change } from "../../src/model/rule-change.ts";
import type { Lookup } from "../../src/model/search.ts";
import { type FoundRecord, scanRecords } from "../../src/record-files/record-file.ts";
import type { RecordChange } from "../../src/record-files/record-format.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { rewriteRecords, verifyRewrite } from "../../src/record-files/rewrite-records.ts";
import type { RewriteResult } from "../../src/record-files/rewrite-result.ts";

export interface TestRule extends RecordRule {
  readonly change: Change;
  /** Lines told to `unreadable`. */
  readonly gaps: { readonly line: number; readonly gap: boolean }[];
  /** Lines told to `inside`. */
  readonly unfound: number[];
  /** Lines told to `outside`. */
  readonly beside: number[];
}

/** A rule that matches `email` exactly and removes rows. Named ones win. */
export function ruleOf(given: Partial<RecordRule> = {}): TestRule {
  const gaps: { line: number; gap: boolean }[] = [];
  const [unfound, beside]: [number[], number[]] = [[], []];
  return {
    name: "people.csv",
    format: "csv",
    dialect: {},
    encoding: "utf-8",
    columns: [{ column: "email", type: "email", fold: [] }],
    mode: "any",
    exports: [],
    change: { kind: "delete" },
    keeps: false,
    unnamed: [],
    digest: (parts) => createHmac("sha256", "the key of the tests").update(JSON.stringify(parts)).digest("hex"),
    unreadable: (line, _text, gap) => void gaps.push({ line, gap }),
    gaps,
    inside: (line) => void unfound.push(line),
    unfound,
    outside: (line) => void beside.push(line),
    beside,
    ...given,
  };
}

/** One lookup a value, subjects from 0. */
export function lookupsOf(column: string, ...values: readonly string[]): Lookup[] {
  return values.map((value, subject) => ({ subject, values: { [column]: [value] } }));
}

export async function* inChunks(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function scan(
  bytes: Uint8Array,
  rule: RecordRule,
  lookups: readonly Lookup[],
  size?: number,
): Promise<FoundRecord[]> {
  return await Array.fromAsync(scanRecords(inChunks(bytes, size), rule, lookups).found);
}

/** Finds, rewrites what was found, verifies; the new file and what the rewriting says. */
export async function eraseFrom(
  bytes: Uint8Array,
  rule: TestRule,
  lookups: readonly Lookup[],
  size?: number,
): Promise<{
  readonly text: string;
  readonly bytes: Buffer;
  readonly result: RewriteResult;
  readonly found: FoundRecord[];
}> {
  const found = await scan(bytes, rule, lookups, size);
  const changes = changesFor(found, rule.change, lookups, rule);
  const rewrite = rewriteRecords(
    inChunks(bytes, size),
    rule,
    changes,
    (value) => `ps_${rule.digest([value]).slice(0, 32)}`,
  );
  const written = Buffer.concat(await Array.fromAsync(rewrite.output));
  await verifyRewrite(inChunks(written, size), rule, changes, rewrite.result());
  return { text: written.toString(), bytes: written, result: rewrite.result(), found };
}

/** What is done to each found record, for those of these people whom it belongs to. */
export function changesFor(
  found: readonly FoundRecord[],
  change: Change,
  lookups: readonly Lookup[],
  { columns, mode, where = {} }: Pick<RecordRule, "columns" | "mode" | "where"> = ruleOf(),
): Map<string, RecordChange> {
  return new Map(
    found.map(({ id, subjects }): [string, RecordChange] => {
      const mine = lookups.filter(({ subject }) => subjects.includes(subject));
      return [
        id,
        change.kind === "fields"
          ? { remove: false, parts: [{ change, columns, mode, where, lookups: mine }] }
          : { remove: true, parts: [] },
      ];
    }),
  );
}

/** Numbers from 0 to below 1 from a seed (mulberry32): a failing case can be played again. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
