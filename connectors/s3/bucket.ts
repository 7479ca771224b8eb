/** What must be known of a bucket before anything in it is deleted. */
import {
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  ListMultipartUploadsCommand,
} from "@aws-sdk/client-s3";
import type { Located } from "../../src/model/search.ts";
import { ask, askMaybe } from "./failure.ts";
import type { Store } from "./store.ts";
import type { Version } from "./versions.ts";

export interface Bucket {
  readonly name: string;
  readonly versioning: "none" | "enabled" | "suspended";
  /** Versions can only be deleted with a second factor. */
  readonly mfaDelete: boolean;
  /** Versions may be locked. */
  readonly lockable: boolean;
  /** Every new version is locked at once. */
  readonly locksNew: boolean;
}

export type Blocked = NonNullable<Located["blocked"]>;

const NO_LOCKS = [
  "ObjectLockConfigurationNotFoundError",
  "ObjectLockConfigurationNotFound",
  "NotImplemented",
  404,
  501,
];

/** Each bucket is asked once. Throws TABLE_MISSING where there is none, NOT_PERMITTED where its settings cannot be read. */
export function bucketFacts(store: Store): (name: string) => Promise<Bucket> {
  const known = new Map<string, Promise<Bucket>>();
  return (name) => {
    const asked = known.get(name) ?? readBucket(store, name);
    known.set(name, asked);
    return asked;
  };
}

async function readBucket({ client, io }: Store, name: string): Promise<Bucket> {
  const how = { abortSignal: io.signal };
  const versioning = await ask({ action: "s3:GetBucketVersioning", bucket: name }, () =>
    client.send(new GetBucketVersioningCommand({ Bucket: name }), how),
  );
  const status = versioning.Status === "Enabled" ? "enabled" : versioning.Status === "Suspended" ? "suspended" : "none";
  // locks need versions
  const lock =
    status === "none"
      ? null
      : await askMaybe({ action: "s3:GetBucketObjectLockConfiguration", bucket: name }, NO_LOCKS, () =>
          client.send(new GetObjectLockConfigurationCommand({ Bucket: name }), how),
        );
  const configuration = lock?.ObjectLockConfiguration;
  return {
    name,
    versioning: status,
    mfaDelete: versioning.MFADelete === "Enabled",
    lockable: configuration?.ObjectLockEnabled === "Enabled",
    locksNew: configuration?.Rule?.DefaultRetention !== undefined,
  };
}

/**
 * Why these versions of one object cannot be deleted now, the longest lock first; null where they can. Asks by version,
 * as the answer of a HEAD leaves locks out for those who may not see them.
 */
export async function lockOf(
  store: Store,
  bucket: Bucket,
  key: string,
  versions: readonly Version[],
): Promise<Blocked | null> {
  if (bucket.mfaDelete && versions.length > 0) return { reason: "mfa_delete" };
  if (!bucket.lockable) return null;
  const { client, io } = store;
  const how = { abortSignal: io.signal };
  const none = ["NoSuchObjectLockConfiguration", "NoSuchKey", "NoSuchVersion", 404];
  let until: string | null = null;
  for (const { id, marker } of versions) {
    if (marker) continue;
    const input = { Bucket: bucket.name, Key: key, VersionId: id };
    const hold = await askMaybe({ action: "s3:GetObjectLegalHold", bucket: bucket.name }, none, () =>
      client.send(new GetObjectLegalHoldCommand(input), how),
    );
    if (hold?.LegalHold?.Status === "ON") return { reason: "object_legal_hold" };
    const retention = await askMaybe({ action: "s3:GetObjectRetention", bucket: bucket.name }, none, () =>
      client.send(new GetObjectRetentionCommand(input), how),
    );
    const end = retention?.Retention?.RetainUntilDate;
    if (end !== undefined && end > io.now() && (until === null || end.toISOString() > until)) until = end.toISOString();
  }
  return until === null ? null : { reason: "object_lock", until };
}

/** Keys under the prefix with uploads that were begun and never completed: their parts are stored, and no listing shows them. */
export async function openUploads(
  { client, io }: Store,
  bucket: string,
  prefix: string,
): Promise<readonly { readonly key: string; readonly id: string }[]> {
  const uploads: { key: string; id: string }[] = [];
  let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const input = { Bucket: bucket, Prefix: prefix, ...markers };
    const page = await askMaybe({ action: "s3:ListBucketMultipartUploads", bucket }, ["NotImplemented", 501], () =>
      client.send(new ListMultipartUploadsCommand(input), { abortSignal: io.signal }),
    );
    for (const { Key, UploadId } of page?.Uploads ?? []) uploads.push({ key: Key ?? "", id: UploadId ?? "" });
    if (page?.IsTruncated !== true) return uploads;
    markers = {
      ...(page.NextKeyMarker ? { KeyMarker: page.NextKeyMarker } : {}),
      ...(page.NextUploadIdMarker ? { UploadIdMarker: page.NextUploadIdMarker } : {}),
    };
  }
}
