/** Replaces an object by what is left of it, with everything that is not its bytes kept. */
import { PutObjectCommand, type PutObjectCommandOutput } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
import type { Left } from "../../src/model/change.ts";
import type { Target } from "../../src/model/search.ts";
import type { UnitJournal } from "../../src/port/connector.ts";
import type { RecordChange } from "../../src/record-files/record-format.ts";
import type { RewriteResult } from "../../src/record-files/rewrite-result.ts";
import { attributesOf, differences } from "./attributes.ts";
import { bytesOf, type Source } from "./bytes.ts";
import { type Condition, ifMatch } from "./condition.ts";
import { copyWithout } from "./copy.ts";
import { codeOf, failureOf, NotReadable, statusOf } from "./failure.ts";
import { ruleFor } from "./files.ts";
import { writeNote } from "./notes.ts";
import type { S3 } from "./objects.ts";

/**
 * `written`: the version of ours, and the attributes that did not come back as they were. `conflict`: another writer was
 * faster. `doubtful`: the answer never came. `impossible`: why not even tried. `held`: what is to be left alone after all;
 * nothing was written.
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
  | { readonly kind: "impossible"; readonly reason: string }
  | { readonly kind: "held"; readonly left: readonly Left[] };

/** The most that one PUT may carry. */
const LARGEST = 5 * 1024 ** 3;

export interface Replacement {
  readonly source: Source;
  /** What is still to be done in this version. */
  readonly changes: ReadonlyMap<string, RecordChange>;
  readonly condition: Condition;
  /** Asked when everything has been read and before anything is written: which of these records are to be left alone. */
  judge(ids: readonly string[]): Promise<readonly Left[]>;
  /** Seals what the records that are marked were; null: nothing can be given back. */
  readonly keep: ((images: RewriteResult["images"]) => Promise<void>) | null;
}

/** Writes at most once. Throws NotReadable where the version is gone before anything was written. */
export async function replaceObject(
  s3: S3,
  target: Target,
  { source, changes, condition, judge, keep }: Replacement,
  journal: UnitJournal,
): Promise<Replaced> {
  const { store } = s3;
  const { bucket, key, version } = source;
  const before = await attributesOf(store, source);
  if (before.unkeepable !== null) return { kind: "impossible", reason: `cannot_keep_${before.unkeepable}` };
  const copy = await copyWithout(
    () => bytesOf(store, source),
    ruleFor(s3, target, key, source.name),
    changes,
    store.io.pseudonym,
  );
  const { result, md5 } = copy;
  if (result.changed.length === 0) return { kind: "conflict" };
  if (result.bytesOut > LARGEST) return { kind: "impossible", reason: "too_large" };
  const left = await judge(result.changed);
  if (left.length > 0) return { kind: "held", left };
  const match = ifMatch(condition, version.etag);
  const input = {
    ...before.kept,
    Bucket: bucket.name,
    Key: key,
    Body: copy.body(),
    ContentLength: result.bytesOut,
    ContentMD5: md5,
    ...(match === undefined ? {} : { IfMatch: match }),
  };
  store.io.signal.throwIfAborted();
  if (keep !== null && result.images.size > 0) await keep(result.images);
  await writeNote(journal, {
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
  const stop = new AbortController();
  const body = input.Body instanceof Readable ? input.Body : null;
  let broken: unknown = null;
  // the client would wait for the rest of a body that breaks
  body?.once("error", (error) => {
    broken = error;
    stop.abort();
  });
  try {
    return await store.once.send(new PutObjectCommand(input), { abortSignal: stop.signal });
  } catch (error) {
    // a body that broke was never whole, so nothing was written; here the version went while it was copied
    if (broken instanceof NotReadable) return "conflict";
    if (broken !== null) throw failureOf(broken, { action: "s3:GetObject", bucket });
    const status = statusOf(error);
    if (status === 412 || status === 409 || (status === 404 && codeOf(error) === "NoSuchKey")) return "conflict";
    const failure = failureOf(error, { action: "s3:PutObject", bucket });
    // Ceph sometimes answers a lost race with a 500
    if (failure.code === "SYSTEM_UNREACHABLE") return "doubtful";
    throw failure;
  } finally {
    body?.destroy();
  }
}
