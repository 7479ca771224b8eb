import { PutObjectCommand } from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import type { UnitJournal } from "../../src/port/connector.ts";
import { Failure } from "../../src/errors.ts";
import type { Bucket } from "./bucket.ts";
import { ask, codeOf, failureOf, statusOf } from "./failure.ts";
import { readNotes, writeNote } from "./notes.ts";
import { removeVersions } from "./remove.ts";
import type { Store } from "./store.ts";
import { versionsOf } from "./versions.ts";

/**
 * How an object of this bucket can be replaced without losing what another writer put there meanwhile: `If-Match` with
 * the ETag as it was given (`quoted`) or without its quotes; `versions`: by looking, after the PUT, at what came
 * between; `none`: not at all.
 */
export type Condition = "quoted" | "unquoted" | "versions" | "none";

const PROBE = ".expunge-probe-";
const WRONG = `"${"0".repeat(32)}"`;

/** An object of our own, which holds nothing; one may be there while another process tries. */
export function isProbe(key: string): boolean {
  return key.slice(key.lastIndexOf("/") + 1).startsWith(PROBE);
}

/** The value of `If-Match` for this ETag; undefined where the header is not used. */
export function ifMatch(condition: Condition, etag: string): string | undefined {
  switch (condition) {
    case "quoted":
      return etag;
    case "unquoted":
      return etag.replaceAll('"', "");
    case "versions":
    case "none":
      return undefined;
  }
}

/**
 * Tries `If-Match` on an object of our own beside `near`, of which nothing is left afterwards, and believes only what
 * it saw: servers ignore the header, compare without quotes, or let it make a missing object.
 */
export async function probeCondition(
  store: Store,
  bucket: Bucket,
  near: string,
  journal: UnitJournal,
): Promise<Condition> {
  const key = `${near.slice(0, near.lastIndexOf("/") + 1)}${PROBE}${randomUUID()}`;
  store.io.signal.throwIfAborted();
  await writeNote(journal, { kind: "probe", bucket: bucket.name, key });
  try {
    const works = await tryIfMatch(store, bucket.name, key);
    if (works !== null) return works;
  } finally {
    await sweep(store, bucket, key);
  }
  return bucket.versioning === "enabled" ? "versions" : "none";
}

/** Removes the probes that killed attempts left. */
export async function sweepProbes(
  store: Store,
  facts: (name: string) => Promise<Bucket>,
  journal: UnitJournal,
): Promise<void> {
  for (const note of readNotes(journal))
    if (note.kind === "probe") await sweep(store, await facts(note.bucket), note.key);
}

/** Throws NOT_PERMITTED where a probe cannot be deleted: no older version could be either, so nothing may be rewritten. */
async function sweep(store: Store, bucket: Bucket, key: string): Promise<void> {
  const calm = store.unstoppable();
  try {
    const refusal = await removeVersions(calm, bucket, key, await versionsOf(calm, bucket.name, key));
    if (refusal === null) return;
    throw leftBehind(bucket, key, refusal);
  } finally {
    calm.close();
  }
}

function leftBehind(bucket: Bucket, key: string, refusal: string): Failure {
  const action = bucket.versioning === "none" ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  return new Failure(
    "NOT_PERMITTED",
    `${action} is not permitted in the bucket "${bucket.name}" (${refusal}); nothing was rewritten, but s3://${bucket.name}/${key} of our own is left`,
  );
}

async function tryIfMatch(store: Store, bucket: string, key: string): Promise<"quoted" | "unquoted" | null> {
  if (await put(store, bucket, key, WRONG)) return null;
  const first = await ask({ action: "s3:PutObject", bucket }, () =>
    store.once.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "1" })),
  );
  if (await put(store, bucket, key, WRONG)) return null;
  const etag = first.ETag ?? "";
  if (await put(store, bucket, key, etag)) return "quoted";
  return (await put(store, bucket, key, etag.replaceAll('"', ""))) ? "unquoted" : null;
}

/** Whether the conditional PUT was carried out. */
async function put({ once }: Store, bucket: string, key: string, etag: string): Promise<boolean> {
  try {
    await once.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "2", IfMatch: etag }));
    return true;
  } catch (error) {
    if ([404, 409, 412, 501].includes(statusOf(error)) || codeOf(error) === "NotImplemented") return false;
    throw failureOf(error, { action: "s3:PutObject", bucket });
  }
}
