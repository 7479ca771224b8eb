/** What `undo` needs of a whole object that was erased: the bytes and attributes of every version that went, oldest first. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { Failure } from "../../src/errors.ts";
import { type Attributes, attributesOf, type Kept } from "./attributes.ts";
import type { Bucket } from "./bucket.ts";
import { bytesOf } from "./bytes.ts";
import { NotReadable } from "./failure.ts";
import { nameOf } from "./files.ts";
import type { Store } from "./store.ts";
import type { Version } from "./versions.ts";

const VERSION = z.strictObject({
  /** A delete marker. */
  marker: z.boolean(),
  size: z.number(),
  sha256: z.string(),
  /** Headers, metadata, tags and grants, as a PUT takes them. */
  kept: z.record(z.string(), z.unknown()),
  seen: z.record(z.string(), z.string()),
});
const HEAD = z.array(VERSION);

export interface KeptVersion extends Omit<z.infer<typeof VERSION>, "kept"> {
  readonly kept: Kept;
  readonly body: Buffer;
}

/** Why an object cannot be kept: a code. */
export interface Unkept {
  readonly reason: string;
}

/** Oldest first: markers have no place in the list, only a time, but for the one that is seen. */
export function oldestFirst(versions: readonly Version[]): readonly Version[] {
  return versions
    .toReversed()
    .toSorted(
      (one, other) =>
        Number(one.latest) - Number(other.latest) ||
        (one.modified < other.modified ? -1 : one.modified > other.modified ? 1 : 0),
    );
}

/** Reads every byte of these versions. */
export async function imageOf(
  store: Store,
  bucket: Bucket,
  key: string,
  versions: readonly Version[],
): Promise<Uint8Array | Unkept> {
  const head: z.infer<typeof HEAD> = [];
  const bodies: Buffer[] = [];
  const name = nameOf(bucket.name, key);
  try {
    for (const version of oldestFirst(versions)) {
      if (version.marker) {
        head.push({ marker: true, size: 0, sha256: "", kept: {}, seen: {} });
        continue;
      }
      const source = { bucket, key, version, name };
      const { kept, seen, unkeepable } = await attributesOf(store, source);
      if (unkeepable !== null) return { reason: `cannot_keep_${unkeepable}` };
      const parts: Uint8Array[] = [];
      for await (const chunk of bytesOf(store, source)) parts.push(chunk);
      const body = Buffer.concat(parts);
      head.push({ marker: false, size: body.length, sha256: hashOf(body), kept: { ...kept }, seen });
      bodies.push(body);
    }
  } catch (error) {
    if (error instanceof NotReadable) return { reason: error.reason };
    throw error;
  }
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, ...bodies]);
}

export function readObjectImage(bytes: Uint8Array | undefined): readonly KeptVersion[] {
  if (bytes === undefined) throw new Failure("UNEXPECTED", "an object is to be given back that was never kept");
  const all = Buffer.from(bytes);
  const end = 4 + all.readUInt32BE(0);
  let at = end;
  return HEAD.parse(JSON.parse(all.subarray(4, end).toString())).map((one) => {
    const body = all.subarray(at, at + one.size);
    at += one.size;
    const { Expires: expires, ...kept } = one.kept;
    return { ...one, body, kept: { ...kept, ...(typeof expires === "string" ? { Expires: new Date(expires) } : {}) } };
  });
}

/**
 * Whether these versions are all of the image, or (`some`) how it begins. Reads them. Markers are counted: between versions
 * of one second nobody knows their place.
 */
export async function isAs(
  store: Store,
  bucket: Bucket,
  key: string,
  versions: readonly Version[],
  image: readonly KeptVersion[],
  some = false,
): Promise<boolean> {
  if (some ? versions.length > image.length : versions.length !== image.length) return false;
  const wanted = image.slice(0, versions.length);
  const bodies = wanted.filter(({ marker }) => !marker);
  const there = oldestFirst(versions.filter(({ marker }) => !marker));
  const isHidden = versions.some(({ marker, latest }) => marker && latest);
  if (there.length !== bodies.length || isHidden !== (wanted.at(-1)?.marker ?? false)) return false;
  for (const [nth, version] of there.entries()) {
    const body = bodies[nth];
    if (body === undefined || body.size !== version.size) return false;
    const hash = createHash("sha256");
    try {
      for await (const chunk of bytesOf(store, { bucket, key, version, name: nameOf(bucket.name, key) }))
        hash.update(chunk);
    } catch (error) {
      if (error instanceof NotReadable) return false;
      throw error;
    }
    if (hash.digest("hex") !== body.sha256) return false;
  }
  return true;
}

/** The names of the attributes that did not come back. */
export function lostOf({ seen }: Pick<KeptVersion, "seen">, after: Pick<Attributes, "seen">): readonly string[] {
  return Object.keys(seen).filter((name) => seen[name] !== after.seen[name]);
}

function hashOf(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}
