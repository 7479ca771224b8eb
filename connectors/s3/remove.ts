import { DeleteObjectCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket.ts";
import { ask, codeOf, failureOf, statusOf } from "./failure.ts";
import type { Store } from "./store.ts";
import { liveOf, type Version } from "./versions.ts";

const BATCH = 1000;
/** Where a server takes no batches, or not this one (a key that XML cannot hold), each version is deleted by itself. */
const NO_BATCH = new Set([
  "NotImplemented",
  "MethodNotAllowed",
  "MalformedXML",
  "InvalidRequest",
  "MissingContentMD5",
  "BadDigest",
  "InvalidDigest",
  "XAmzContentSHA256Mismatch",
]);

/** S3's code for the first version that could not be deleted; null where all went. */
export type Refusal = string | null;

/**
 * Deletes these versions and markers of exactly this key for good, the current one last and alone: were it the first, an
 * older one would be shown again. Counts as deleted only what the answer names with key and version.
 */
export async function removeVersions(
  store: Store,
  bucket: Bucket,
  key: string,
  versions: readonly Version[],
  between: () => void = () => undefined,
): Promise<Refusal> {
  if (bucket.versioning === "none") return versions.length === 0 ? null : await removeOne(store, bucket.name, key);
  const older = versions.filter((version) => !version.latest).toReversed();
  for (let at = 0; at < older.length; at += BATCH) {
    store.io.signal.throwIfAborted();
    const refusal = await removeBatch(store, bucket.name, key, older.slice(at, at + BATCH));
    if (refusal !== null) return refusal;
    between();
  }
  for (const { id } of versions.filter((version) => version.latest)) {
    const refusal = await removeOne(store, bucket.name, key, id);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** A plain delete: in a versioned bucket a delete marker, which is no erasure. Only where there is an object: else the marker alone would be made. */
export async function hide(store: Store, bucket: string, key: string, versions: readonly Version[]): Promise<Refusal> {
  return liveOf(versions) === null ? null : await removeOne(store, bucket, key);
}

/** Sets a delete marker, whatever stands there; `marker`: its id, where the server told it. Only for buckets with versions. */
export async function hideVersioned(
  store: Store,
  bucket: string,
  key: string,
): Promise<{ readonly refusal: Refusal; readonly marker?: string }> {
  store.io.signal.throwIfAborted();
  return await ask({ action: "s3:DeleteObject", bucket }, async () => {
    try {
      // once: a second one would set a second marker
      const answer = await store.once.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      const { DeleteMarker, VersionId } = answer;
      return { refusal: null, ...(DeleteMarker === true && VersionId !== undefined ? { marker: VersionId } : {}) };
    } catch (error) {
      if (codeOf(error) === "AccessDenied" || codeOf(error) === "InvalidRequest") return { refusal: codeOf(error) };
      throw error;
    }
  });
}

async function removeBatch(store: Store, bucket: string, key: string, versions: readonly Version[]): Promise<Refusal> {
  // eslint-disable-next-line no-control-regex -- XML cannot carry them, and turns a return into a line feed
  if (versions.length === 1 || /[\u0000-\u001f\ufffe\uffff]/u.test(key))
    return await removeEach(store, bucket, key, versions);
  const objects = versions.map(({ id }) => ({ Key: key, VersionId: id }));
  try {
    const answer = await store.client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: false } }),
    );
    // S3 answers 200 with errors in the body, so a success is read version by version
    const gone = new Set((answer.Deleted ?? []).filter((one) => one.Key === key).map((one) => one.VersionId));
    if (versions.every(({ id }) => gone.has(id))) return null;
    const code = (answer.Errors ?? [])[0]?.Code ?? "";
    return /^\w{2,60}$/u.test(code) ? code : "NotDeleted";
  } catch (error) {
    if (NO_BATCH.has(codeOf(error)) || statusOf(error) === 400) return await removeEach(store, bucket, key, versions);
    if (codeOf(error) === "AccessDenied") return "AccessDenied";
    throw failureOf(error, { action: "s3:DeleteObjectVersion", bucket });
  }
}

async function removeEach(store: Store, bucket: string, key: string, versions: readonly Version[]): Promise<Refusal> {
  for (const { id } of versions) {
    const refusal = await removeOne(store, bucket, key, id);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** Without a version: the object as it is seen. */
export async function removeOne(store: Store, bucket: string, key: string, version?: string): Promise<Refusal> {
  store.io.signal.throwIfAborted();
  const action = version === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  const input = { Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) };
  return await ask({ action, bucket }, async () => {
    try {
      await store.client.send(new DeleteObjectCommand(input));
      return null;
    } catch (error) {
      if (codeOf(error) === "NoSuchVersion" || codeOf(error) === "NoSuchKey") return null;
      if (codeOf(error) === "AccessDenied" || codeOf(error) === "InvalidRequest") return codeOf(error);
      throw error;
    }
  });
}
