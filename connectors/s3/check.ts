/** What must be known before a search in buckets can be believed. */
import {
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { Failure } from "../../src/errors.ts";
import type { ReadAlike } from "../../src/record-files/read-alike.ts";
import { checkRecords } from "../../src/record-files/record-file.ts";
import { changedMarker } from "../../src/model/rule-change.ts";
import { keepsWhole } from "../../src/model/pre-image.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { type Bucket, openUploads } from "./bucket.ts";
import { bytesOf } from "./bytes.ts";
import { ask, askMaybe, NotReadable } from "./failure.ts";
import { filesOf, nameOf, ruleFor } from "./files.ts";
import { addressesOf, allVersions, isObjectColumn, noSuchColumn, type S3 } from "./objects.ts";
import { keyGlob, literalStart } from "../../src/record-files/glob.ts";
import { BOOK_FOLDERS, tableOf } from "../../src/record-files/table-format.ts";
import { type Address, parseTemplate, templateStart, templateTest } from "./place.ts";
import type { Store } from "./store.ts";
import { listVersions, liveOf } from "./versions.ts";

type Say = (code: Finding["code"], severity: Finding["severity"], message: string, column?: string) => Finding;

/** Findings that concern one record type are yielded; a server that cannot be reached or refuses the credentials is thrown. */
export async function* checkTarget(s3: S3, target: Target, alike: ReadAlike): AsyncGenerator<Finding> {
  const say: Say = (code, severity, message, column) => ({
    code,
    severity,
    record: target.record.id,
    message,
    ...(column === undefined ? {} : { column }),
  });
  try {
    const buckets = new Set<string>();
    for (const address of addressesOf(target)) {
      const bucket = await s3.bucket(address.bucket);
      yield* checkPattern(s3, target, address, say);
      if (
        target.record.place.kind === "keys" &&
        target.changes.rule?.kind === "mark" &&
        bucket.versioning !== "enabled"
      )
        yield say(
          "ACTION_REFUSED",
          "error",
          `the bucket "${bucket.name}" keeps no versions (${bucket.versioning === "suspended" ? "it is suspended" : "it never did"}): there a delete marker would destroy the object`,
        );
      const lost = notGivenBack(target, bucket);
      if (lost !== undefined)
        yield say(
          "ACTION_REFUSED",
          "error",
          `\`restore_window\` could not be kept in the bucket "${bucket.name}": ${lost}`,
        );
      if (!buckets.has(bucket.name)) yield* checkBucket(s3.store, target, bucket, say);
      buckets.add(bucket.name);
    }
    if (target.record.place.kind === "files") yield* checkFiles(s3, target, alike, say);
    else
      for (const column of new Set([...target.exports, ...Object.keys(target.where ?? {})]))
        if (!isObjectColumn(column)) yield say("COLUMN_MISSING", "error", noSuchColumn(column), column);
  } catch (error) {
    if (!(error instanceof Failure) || !["TABLE_MISSING", "NOT_PERMITTED"].includes(error.code)) throw error;
    yield say(error.code, "error", error.message);
  }
}

/** Why what a run takes could not be given back. */
function notGivenBack(target: Target, bucket: Bucket): string | undefined {
  if (!keepsWhole(target) || bucket.versioning === "none" || !allVersions(target)) return undefined;
  if (target.record.place.kind === "files")
    return "older versions of a record file go with its lines, and are not kept; write `versions: latest`, or take it out";
  return bucket.versioning === "suspended"
    ? "its versions are suspended, so that they cannot be written again one after the other"
    : undefined;
}

/** Which keys this address names, for anybody. */
export function patternOf(target: Target, { path }: Address): { readonly prefix: string; fits(key: string): boolean } {
  if (target.record.place.kind !== "keys") return { prefix: literalStart(path), fits: keyGlob(path) };
  const template = parseTemplate(
    path,
    target.columns.map(({ column }) => column),
  );
  return { prefix: templateStart(template), fits: templateTest(template) };
}

/** Says that something is there that cannot be acted on; whether it holds anybody is not known here. */
function gapOf({ record }: Target): (where: string, message: string) => Finding {
  return (where, message) => ({
    code: "GAP",
    severity: "warning",
    record: record.id,
    message,
    gap: { where, holdsIdentifier: false },
  });
}

async function* checkPattern({ store }: S3, target: Target, address: Address, say: Say): AsyncGenerator<Finding> {
  const { prefix, fits } = patternOf(target, address);
  const gap = gapOf(target);
  const tables = await tableAbove(store, address.bucket, prefix);
  if (tables !== null) yield say("TABLE_FORMAT", "error", tables);
  let some = false;
  const folders: string[] = [];
  for await (const { key, versions } of listVersions(store, address.bucket, prefix)) {
    const table = tableOf(key);
    if (table !== null && folders.at(-1) !== table.folder) folders.push(table.folder);
    if (fits(key) && (allVersions(target) || liveOf(versions) !== null)) {
      some = true;
      // a template needs no more than one; below a glob a table may still come
      if (target.record.place.kind === "keys") break;
    }
  }
  const pattern = nameOf(address.bucket, address.path);
  if (folders.length > 0)
    yield say("TABLE_FORMAT", "error", `below ${nameOf(address.bucket, prefix)} lie the files of a table format`);
  if (!some) yield say("PATTERN_EMPTY", "empty", `no object fits ${pattern}`);
  const uploads = (await openUploads(store, address.bucket, prefix)).filter(({ key }) => fits(key)).length;
  if (uploads > 0)
    yield gap(pattern, `${uploads} uploads to ${pattern} were begun and never completed; their parts are not searched`);
}

async function* checkBucket({ client, io }: Store, target: Target, bucket: Bucket, say: Say): AsyncGenerator<Finding> {
  const { name } = bucket;
  const where = `s3://${name}/`;
  const gap = gapOf(target);
  const how = { abortSignal: io.signal };
  const none = ["ReplicationConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed", 404, 501];
  if (bucket.mfaDelete && allVersions(target))
    yield say(
      "BLOCKED",
      "warning",
      `versions in the bucket "${name}" can only be deleted with a second factor (MFA delete)`,
    );
  if (!allVersions(target) && bucket.versioning !== "none")
    yield gap(
      where,
      changedMarker(target.changes.rule) !== undefined && target.record.versions !== "latest"
        ? `the bucket "${name}" keeps older versions, in which what is marked stands as it was until it goes for good`
        : `the bucket "${name}" keeps older versions, and \`versions: latest\` leaves them`,
    );
  try {
    const replication = await askMaybe({ action: "s3:GetReplicationConfiguration", bucket: name }, none, () =>
      client.send(new GetBucketReplicationCommand({ Bucket: name }), how),
    );
    for (const rule of replication?.ReplicationConfiguration?.Rules ?? []) {
      if (rule.Status === "Enabled")
        yield gap(
          where,
          `the bucket "${name}" is replicated to ${rule.Destination?.Bucket ?? "another"}, where deleted versions stay: add that one to the data map`,
        );
    }
    const events = await askMaybe({ action: "s3:GetBucketNotification", bucket: name }, none, () =>
      client.send(new GetBucketNotificationConfigurationCommand({ Bucket: name }), how),
    );
    const listeners = [
      ...(events?.TopicConfigurations ?? []),
      ...(events?.QueueConfigurations ?? []),
      ...(events?.LambdaFunctionConfigurations ?? []),
    ].length;
    if (listeners > 0)
      yield say(
        "TRIGGER_PRESENT",
        "warning",
        `${listeners} listeners are told of changes in the bucket "${name}" and may copy or restore what is erased`,
      );
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "NOT_PERMITTED") throw error;
    yield gap(where, `whether the bucket "${name}" is replicated or watched could not be read: ${error.message}`);
  }
}

async function* checkFiles(s3: S3, target: Target, alike: ReadAlike, say: Say): AsyncGenerator<Finding> {
  for await (const { bucket, key, versions } of filesOf(s3, target)) {
    const name = nameOf(bucket, key);
    yield* alike.see(target, `${bucket}/${key}`, name);
    const version = liveOf(versions);
    if (version === null) continue;
    try {
      await checkRecords(
        bytesOf(s3.store, { bucket: await s3.bucket(bucket), key, version, name }),
        ruleFor(s3, target, key, name),
      );
    } catch (error) {
      if (error instanceof NotReadable) {
        if (error.reason === "archived")
          yield say("BLOCKED", "warning", `${name} is archived and must be restored before it can be read`);
        continue;
      }
      if (
        !(error instanceof Failure) ||
        ["SYSTEM_UNREACHABLE", "CREDENTIALS_REFUSED", "INTERRUPTED"].includes(error.code)
      )
        throw error;
      yield say(error.code, "error", error.message);
    }
  }
}

/** Whether a folder on the way down to the prefix is a table of Delta, Hudi or Iceberg. */
async function tableAbove({ client, io }: Store, bucket: string, prefix: string): Promise<string | null> {
  const folders = ["", ...[...prefix.matchAll(/\//gu)].map(({ index }) => prefix.slice(0, index + 1))];
  for (const folder of folders) {
    for (const book of BOOK_FOLDERS) {
      const input = { Bucket: bucket, Prefix: `${folder}${book}/`, MaxKeys: 1000 };
      const page = await ask({ action: "s3:ListBucket", bucket }, () =>
        client.send(new ListObjectsV2Command(input), { abortSignal: io.signal }),
      );
      const table = (page.Contents ?? [])
        .map(({ Key = "" }) => tableOf(Key.slice(folder.length)))
        .find((found) => found?.folder === "");
      if (table != null) return `${nameOf(bucket, folder)} is a table of ${table.format}`;
    }
  }
  return null;
}
