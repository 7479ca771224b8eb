/** The bytes that replace an object: what is left of it after a rewriting, checked before the last of them is sent. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import type { FieldRules } from "../../src/model/field-rule.ts";
import type { ChangePart, RecordChange } from "../../src/record-files/record-format.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { rewriteFile } from "../../src/record-files/rewrite-file.ts";
import { verifyRewrite } from "../../src/record-files/rewrite-records.ts";
import type { RewriteResult } from "../../src/record-files/rewrite-result.ts";

/** Up to this size the new bytes wait in memory; beyond it they are made again while they are sent. */
const IN_MEMORY = 16 * 1024 * 1024;

export interface Copy {
  readonly result: RewriteResult;
  /** Of the new bytes, base64. */
  readonly md5: string;
  /** For one sending. A stream breaks before its last bytes where they are not what they should be. */
  body(): Buffer | Readable;
}

/** Reads `source` once, and once more while a large copy is sent. Throws what record files throw. */
export async function copyWithout(
  source: () => AsyncIterable<Uint8Array>,
  rule: RecordRule,
  wanted: ReadonlyMap<string, RecordChange>,
  pseudonym: (value: string) => string,
): Promise<Copy> {
  const changes = settled(wanted);
  const rewrite = rewriteFile(source, rule, changes, pseudonym);
  const md5 = createHash("md5");
  let kept: Uint8Array[] | null = [];
  let size = 0;
  for await (const chunk of rewrite.output) {
    md5.update(chunk);
    size += chunk.length;
    if (size > IN_MEMORY) kept = null;
    kept?.push(chunk);
  }
  const result = rewrite.result();
  const check = async (copy: AsyncIterable<Uint8Array>) => await verifyRewrite(copy, rule, changes, result);
  const given = { result, md5: md5.digest("base64") };
  if (kept === null) {
    const again = () => rewriteFile(source, rule, changes, pseudonym).output;
    return { ...given, body: () => Readable.from(checkedWhileSent(again(), check), { objectMode: false }) };
  }
  const whole = Buffer.concat(kept);
  if (result.changed.length > 0) await check(Readable.from([whole]));
  return { ...given, body: () => whole };
}

/** Passes the bytes on and shows them to `check` at the same time; the last ones wait for its word. */
async function* checkedWhileSent(
  bytes: AsyncIterable<Uint8Array>,
  check: (copy: AsyncIterable<Uint8Array>) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const copy = new PassThrough();
  const checked = check(copy);
  // a check that fails stops reading: then its word comes below, and nobody waits for it to read on
  const ended = checked.then(quiet, quiet);
  let last: Uint8Array | null = null;
  try {
    for await (const chunk of bytes) {
      if (!copy.write(chunk)) await Promise.race([once(copy, "drain"), ended]);
      if (last !== null) yield last;
      last = chunk;
    }
    copy.end();
    await checked;
    if (last !== null) yield last;
  } finally {
    copy.destroy();
  }
}

/** The same changes with their random parts chosen, so that every pass writes the same bytes. */
function settled(changes: ReadonlyMap<string, RecordChange>): ReadonlyMap<string, RecordChange> {
  return new Map(
    [...changes].map(([id, change]) => [
      id,
      { ...change, parts: change.parts.map((part) => ({ ...part, change: settledChange(part.change) })) },
    ]),
  );
}

function settledChange(change: ChangePart["change"]): ChangePart["change"] {
  if (change.kind === "mark") return change;
  return {
    ...change,
    fields: settledRules(change.fields),
    documents: change.documents.map((document) => ({ ...document, paths: settledRules(document.paths) })),
  };
}

function settledRules(rules: FieldRules): FieldRules {
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      rule.kind === "template"
        ? { ...rule, template: rule.template.replaceAll(":random", () => randomBytes(9).toString("hex")) }
        : rule,
    ]),
  );
}

function quiet(): void {}
