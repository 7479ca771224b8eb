/** Objects with all their versions, as the server lists them. */
import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import { Failure } from "../../src/errors.ts";
import { ask } from "./failure.ts";
import type { Store } from "./store.ts";

/** One version of an object, or a delete marker. */
export interface Version {
  /** `null` (the word) in buckets without versioning and for what was written while it was suspended. */
  readonly id: string;
  /** Opaque, with its quotes; "" for a delete marker. */
  readonly etag: string;
  readonly size: number;
  readonly latest: boolean;
  readonly marker: boolean;
  /** ISO 8601, UTC. */
  readonly modified: string;
}

/** A key with everything that is left of it, the newest version first; markers after versions. */
export interface ObjectVersions {
  readonly key: string;
  readonly versions: readonly Version[];
}

/** What a GET without a version would find: null after a delete marker, or where nothing is left. */
export function liveOf(versions: readonly Version[]): Version | null {
  return versions.find((version) => version.latest && !version.marker) ?? null;
}

/** Every key that begins with `prefix`, in the server's order. */
export async function* listVersions(store: Store, bucket: string, prefix: string): AsyncGenerator<ObjectVersions> {
  // a page may end in the middle of a key's versions
  let open: { key: string; versions: Version[] } | null = null;
  for await (const page of pages(store, bucket, prefix)) {
    const groups = grouped(page.found);
    if (open !== null) {
      const more = groups.get(open.key);
      groups.delete(open.key);
      open.versions.push(...(more ?? []));
      if (groups.size > 0 || page.next === null) {
        yield open;
        open = null;
      }
    }
    for (const [key, versions] of groups) {
      if (key === page.next) open = { key, versions };
      else yield { key, versions };
    }
  }
  if (open !== null) yield open;
}

/** Everything that is left of exactly this key; lookalikes that begin with it are not asked for twice. */
export async function versionsOf(store: Store, bucket: string, key: string): Promise<readonly Version[]> {
  const versions: Version[] = [];
  for await (const page of pages(store, bucket, key)) {
    versions.push(...(grouped(page.found).get(key) ?? []));
    // of all that begin with the key the key itself comes first
    if (page.next !== key) break;
  }
  return versions;
}

interface Page {
  readonly found: readonly (readonly [key: string, version: Version])[];
  /** The last key of the page where another page follows. */
  readonly next: string | null;
}

async function* pages(store: Store, bucket: string, prefix: string): AsyncGenerator<Page> {
  const { client, io } = store;
  let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const input = { Bucket: bucket, Prefix: prefix, EncodingType: "url", ...markers } as const;
    const page = await ask({ action: "s3:ListBucketVersions", bucket }, () =>
      client.send(new ListObjectVersionsCommand(input), { abortSignal: io.signal }),
    );
    // an answer that is none of S3's would look like an empty bucket
    if (page.IsTruncated === undefined && page.Name === undefined && page.Versions === undefined)
      throw new Failure("UNEXPECTED_ANSWER", `S3 answered nothing to s3:ListBucketVersions in the bucket "${bucket}"`);
    const found = read(page);
    const last = page.IsTruncated === true ? lastKey(page, found) : null;
    yield { found, next: last };
    if (last === null) return;
    markers = { KeyMarker: last, ...(page.NextVersionIdMarker ? { VersionIdMarker: page.NextVersionIdMarker } : {}) };
  }
}

function read(page: ListObjectVersionsCommandOutput): (readonly [string, Version])[] {
  const key = (text: string | undefined) => (page.EncodingType === "url" ? decoded(text ?? "") : (text ?? ""));
  const when = (date: Date | undefined) => (date ?? new Date(0)).toISOString();
  const versions = (page.Versions ?? []).map(
    ({ Key, VersionId, ETag, Size, IsLatest, LastModified }): readonly [string, Version] => [
      key(Key),
      {
        id: VersionId ?? "null",
        etag: ETag ?? "",
        size: Size ?? 0,
        latest: IsLatest ?? false,
        marker: false,
        modified: when(LastModified),
      },
    ],
  );
  const markers = (page.DeleteMarkers ?? []).map(
    ({ Key, VersionId, IsLatest, LastModified }): readonly [string, Version] => [
      key(Key),
      {
        id: VersionId ?? "null",
        etag: "",
        size: 0,
        latest: IsLatest ?? false,
        marker: true,
        modified: when(LastModified),
      },
    ],
  );
  return [...versions, ...markers];
}

/** AWS writes the marker in URL form as it does the keys, Ceph does not: it is the one that names a key of this page. */
function lastKey(page: ListObjectVersionsCommandOutput, found: Page["found"]): string {
  const marker = page.NextKeyMarker ?? "";
  const keys = found.map(([key]) => Buffer.from(key));
  const greatest = keys.reduce((last, key) => (Buffer.compare(last, key) < 0 ? key : last), Buffer.alloc(0)).toString();
  return marker === greatest || decoded(marker) === greatest ? greatest : marker;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    return text; // not in URL form after all
  }
}

function grouped(found: Page["found"]): Map<string, Version[]> {
  const groups = new Map<string, Version[]>();
  for (const [key, version] of found) {
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [version]);
    else known.push(version);
  }
  return groups;
}
