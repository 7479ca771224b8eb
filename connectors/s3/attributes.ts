/** Everything an object is beside its bytes. */
import {
  GetObjectAclCommand,
  GetObjectTaggingCommand,
  type Grant,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { type Source } from "./bytes.ts";
import { type Asked, askMaybe, codeOf, NotReadable } from "./failure.ts";
import type { Store } from "./store.ts";

/** What a PUT must carry to leave an object as it was. */
export type Kept = Omit<PutObjectCommandInput, "Bucket" | "Key" | "Body">;

export interface Attributes {
  readonly etag: string;
  readonly kept: Kept;
  /** Compared after a PUT: name of the attribute -> its value as text. */
  readonly seen: Readonly<Record<string, string>>;
  /** What S3 itself cannot give back, so that no PUT could keep it. */
  readonly unkeepable: string | null;
}

/** Reads headers, user metadata, tags and grants of a version. Throws NotReadable where it has gone meanwhile. */
export async function attributesOf(store: Store, source: Source): Promise<Attributes> {
  const { client, io } = store;
  const there = <T>(answer: T | null): T => {
    if (answer === null) throw new NotReadable("changed");
    return answer;
  };
  const { bucket, key, version } = source;
  const input = { Bucket: bucket.name, Key: key, ...(bucket.versioning === "none" ? {} : { VersionId: version.id }) };
  const how = { abortSignal: io.signal };
  const head = there(
    await askMaybe({ action: "s3:GetObject", bucket: bucket.name }, GONE, () =>
      client.send(new HeadObjectCommand(input), how),
    ),
  );
  const tagging = await unlessGone(
    { action: "s3:GetObjectTagging", bucket: bucket.name },
    ["NotImplemented", "NoSuchTagSet", 501],
    () => client.send(new GetObjectTaggingCommand(input), how),
  );
  const acl = await unlessGone(
    { action: "s3:GetObjectAcl", bucket: bucket.name },
    ["NotImplemented", "AccessControlListNotSupported", 501],
    () => client.send(new GetObjectAclCommand(input), how),
  );
  const tags = (tagging?.TagSet ?? [])
    .map(({ Key = "", Value = "" }) => `${encodeURIComponent(Key)}=${encodeURIComponent(Value)}`)
    .toSorted();
  const grants = (acl?.Grants ?? []).map(grantOf).toSorted();
  const owner = acl?.Owner?.ID ?? "";
  const kept: Kept = {
    ...headersOf(head),
    ...(tags.length === 0 ? {} : { Tagging: tags.join("&") }),
    ...grantHeaders(acl?.Grants ?? [], owner),
  };
  const { Expires: _, Tagging: __, ...texts } = kept;
  return {
    etag: head.ETag ?? "",
    kept,
    seen: Object.fromEntries(
      Object.entries({ ...texts, Expires: head.ExpiresString, tags, grants, owner }).map(([name, value]) => [
        name,
        JSON.stringify(value) ?? "",
      ]),
    ),
    unkeepable: unkeepable(head, acl?.Grants ?? []),
  };
}

/** What S3 answers of a version that another has deleted or replaced: a 404 between two calls is no fault of anybody's. */
const GONE = ["NoSuchKey", "NoSuchVersion", "NotFound"];

/** null where the store knows no such thing. */
async function unlessGone<T>(
  asked: Asked,
  absent: readonly (string | number)[],
  send: () => Promise<T>,
): Promise<T | null> {
  return await askMaybe(asked, absent, async () => {
    try {
      return await send();
    } catch (error) {
      if (GONE.includes(codeOf(error))) throw new NotReadable("changed");
      throw error;
    }
  });
}

/** The names of the attributes that differ. */
export function differences(before: Attributes, after: Attributes): readonly string[] {
  const names = new Set([...Object.keys(before.seen), ...Object.keys(after.seen)]);
  return [...names].filter((name) => before.seen[name] !== after.seen[name]).toSorted();
}

function headersOf(head: HeadObjectCommandOutput): Kept {
  const {
    CacheControl,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentType,
    WebsiteRedirectLocation,
    StorageClass,
  } = head;
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, ExpiresString, Metadata } = head;
  const expires = ExpiresString === undefined ? undefined : new Date(ExpiresString);
  return {
    ...given({
      CacheControl,
      ContentDisposition,
      ContentEncoding,
      ContentLanguage,
      ContentType,
      WebsiteRedirectLocation,
      StorageClass,
    }),
    ...given({ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }),
    ...(expires === undefined || Number.isNaN(expires.getTime()) ? {} : { Expires: expires }),
    Metadata: Metadata ?? {},
  };
}

function unkeepable(head: HeadObjectCommandOutput, grants: readonly Grant[]): string | null {
  if (head.SSECustomerAlgorithm !== undefined) return "customer_key";
  if ((head.MissingMeta ?? 0) > 0) return "metadata";
  if (head.ExpiresString !== undefined && Number.isNaN(Date.parse(head.ExpiresString))) return "expires";
  if (grants.some(({ Grantee, Permission }) => Permission === "WRITE" || Grantee?.Type === "AmazonCustomerByEmail"))
    return "acl";
  return null;
}

function grantOf({ Grantee, Permission }: Grant): string {
  return JSON.stringify([Permission, Grantee?.ID ?? Grantee?.URI ?? ""]);
}

/** Nothing where only the owner has rights, as buckets that enforce their owner refuse every grant in a PUT. */
function grantHeaders(grants: readonly Grant[], owner: string): Kept {
  if (grants.every(({ Grantee, Permission }) => Grantee?.ID === owner && Permission === "FULL_CONTROL")) return {};
  const to = (permission: string): string | undefined => {
    const grantees = grants.filter(({ Permission }) => Permission === permission);
    return grantees.length === 0
      ? undefined
      : grantees
          .map(({ Grantee }) => (Grantee?.URI === undefined ? `id="${Grantee?.ID ?? ""}"` : `uri="${Grantee.URI}"`))
          .join(", ");
  };
  return given({
    GrantFullControl: to("FULL_CONTROL"),
    GrantRead: to("READ"),
    GrantReadACP: to("READ_ACP"),
    GrantWriteACP: to("WRITE_ACP"),
  });
}

/** Without what is not there. */
function given<T extends Readonly<Record<string, unknown>>>(
  fields: T,
): { readonly [K in keyof T]?: Exclude<T[K], undefined> };
function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
