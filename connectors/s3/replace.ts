/** Replaces an object by what is left of it, with everything that is not its bytes kept. */
import { PutObjectCommand, type PutObjectCommandOutput } from "@aws-sdk/client-s3";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { UnitJournal } from "../connector.ts";
import { type RecordChange, rewriteRecords, type RewriteResult, verifyRewrite } from "../../src/formats/record-file.ts";
import type { Change } from "../../src/model/change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import type { Target } from "../../src/model/search.ts";
import { attributesOf, differences } from "./attributes.ts";
import { bytesOf, NotReadable, type Source } from "./bytes.ts";
import { type Condition, ifMatch } from "./condition.ts";
import { codeOf, failureOf, statusOf } from "./failure.ts";
import { ruleFor } from "./files.ts";
import { writeNote } from "./notes.ts";
import type { S3 } from "./objects.ts";

/**
 * `written`: the version of ours, and the attributes that did not come back as they were. `conflict`: another writer was
 * faster. `doubtful`: the answer never came. `impossible`: why not even tried.
 */
export type Replaced =
  | {
      readonly kind: "written";
      readonly id: string;
      readonly etag: string;
      readonly sha256: string;
      readonly changed: number;
      readonly lost: readonly string[];
    }
  | { readonly kind: "conflict" | "doubtful" }
  | { readonly kind: "impossible"; readonly reason: string };

/** Up to this size the new bytes wait in memory; beyond it they are made again for every reading. */
const IN_MEMORY = 16 * 1024 * 1024;
/** The most that one PUT may carry. */
const LARGEST = 5 * 1024 ** 3;

interface Prepared {
  readonly result: RewriteResult;
  /** Base64. */
  readonly md5: string;
  /** The new bytes, the same at every call. */
  bytes(): AsyncIterable<Uint8Array>;
}

export interface Replacement {
  readonly source: Source;
  /** What is still to be done in this version. */
  readonly changes: ReadonlyMap<string, RecordChange>;
  readonly condition: Condition;
}

/** Writes at most once. Throws NotReadable where the version is gone before anything was written. */
export async function replaceObject(s3: S3, target: Target, { source, changes, condition }: Replacement, journal: UnitJournal): Promise<Replaced> {
  const { store } = s3;
  const { bucket, key, version } = source;
  const before = await attributesOf(store, source);
  if (before.unkeepable !== null) return { kind: "impossible", reason: `cannot_keep_${before.unkeepable}` };
  const prepared = await prepare(s3, target, source, settled(changes));
  const { result, md5 } = prepared;
  if (result.changed.length === 0) return { kind: "conflict" };
  if (result.bytesOut > LARGEST) return { kind: "impossible", reason: "too_large" };
  const match = ifMatch(condition, version.etag);
  const body = result.bytesOut <= IN_MEMORY ? Buffer.concat(await Array.fromAsync(prepared.bytes())) : Readable.from(prepared.bytes(), { objectMode: false });
  const input = {
    ...before.kept,
    Bucket: bucket.name,
    Key: key,
    Body: body,
    ContentLength: result.bytesOut,
    ContentMD5: md5,
    ...(match === undefined ? {} : { IfMatch: match }),
  };
  store.io.signal.throwIfAborted();
  writeNote(journal, {
    kind: "put",
    object: store.io.digest([bucket.name, key]),
    base: version.id,
    etag: version.etag,
    modified: version.modified,
    sha256: result.sha256,
  });
  const answer = await put(s3, bucket.name, input);
  if (answer === "conflict" || answer === "doubtful") return { kind: answer };
  const ours = { ...version, id: answer.VersionId ?? "null", etag: answer.ETag ?? "" };
  const after = await attributesOf(store, { ...source, version: ours });
  // another writer may be there already: then there is nothing to compare
  const lost = after.etag === ours.etag ? differences(before, after) : [];
  return { kind: "written", id: ours.id, etag: ours.etag, sha256: result.sha256, changed: result.changed.length, lost };
}

async function put(
  { store }: S3,
  bucket: string,
  input: ConstructorParameters<typeof PutObjectCommand>[0],
): Promise<PutObjectCommandOutput | "conflict" | "doubtful"> {
  try {
    return await store.once.send(new PutObjectCommand(input));
  } catch (error) {
    if (error instanceof NotReadable) return "conflict"; // the version went while it was copied: the PUT was never whole
    const status = statusOf(error);
    if (status === 412 || status === 409 || (status === 404 && codeOf(error) === "NoSuchKey")) return "conflict";
    const failure = failureOf(error, { action: "s3:PutObject", bucket });
    // Ceph sometimes answers a lost race with a 500
    if (failure.code === "SYSTEM_UNREACHABLE") return "doubtful";
    throw failure;
  }
}

/** Reads, rewrites, and reads the outcome again before anything is replaced. */
async function prepare(s3: S3, target: Target, source: Source, changes: ReadonlyMap<string, RecordChange>): Promise<Prepared> {
  const { store } = s3;
  const rule = ruleFor(s3, target, source.key, source.name);
  const again = () => rewriteRecords(bytesOf(store, source), rule, changes, store.io.pseudonym);
  const rewrite = again();
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
  const whole = kept;
  const bytes = () => (whole === null ? again().output : inMemory(whole));
  if (result.changed.length > 0) await verifyRewrite(bytes(), rule, changes, result);
  return { result, md5: md5.digest("base64"), bytes };
}

async function* inMemory(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** The same changes with their random parts chosen, so that every pass writes the same bytes. */
function settled(changes: ReadonlyMap<string, RecordChange>): ReadonlyMap<string, RecordChange> {
  return new Map([...changes].map(([id, { change, lookups }]) => [id, { change: settledChange(change), lookups }]));
}

function settledChange(change: Change): Change {
  switch (change.kind) {
    case "delete":
    case "minimise":
      return change;
    case "fields":
      return { ...change, fields: settledRules(change.fields), paths: settledRules(change.paths) };
  }
}

function settledRules(rules: FieldRules): FieldRules {
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      rule.kind === "template" ? { ...rule, template: rule.template.replaceAll(":random", () => randomBytes(9).toString("hex")) } : rule,
    ]),
  );
}
