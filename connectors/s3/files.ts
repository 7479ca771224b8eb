/** Record files in buckets: which objects a target's globs name, and how their versions are read. */
import type { Finding, Lookup, Target } from "../../src/model/search.ts";
import { keyGlob, literalStart } from "../../src/record-files/glob.ts";
import { type LineReports, recordRule, type RecordRule } from "../../src/record-files/record-rule.ts";
import { shown } from "../../src/model/shown.ts";
import { NotReadable } from "./failure.ts";
import { isProbe } from "./condition.ts";
import { addressesOf, type S3 } from "./objects.ts";
import { listVersions, type ObjectVersions } from "./versions.ts";

export interface FoundObject extends ObjectVersions {
  readonly bucket: string;
}

/** Every object that a glob of the target names, each once; also those of which only old versions are left. */
export async function* filesOf({ store }: S3, target: Target): AsyncGenerator<FoundObject> {
  const seen = new Set<string>();
  for (const { bucket, path } of addressesOf(target)) {
    const fits = keyGlob(path);
    for await (const object of listVersions(store, bucket, literalStart(path))) {
      const name = JSON.stringify([bucket, object.key]);
      // a key that ends in a slash is a folder as consoles make them
      if (!fits(object.key) || object.key.endsWith("/") || isProbe(object.key) || seen.has(name)) continue;
      seen.add(name);
      yield { bucket, ...object };
    }
  }
}

/** An object's name, or a pattern, for messages. */
export function nameOf(bucket: string, key: string, lookups: readonly Lookup[] = []): string {
  return `s3://${bucket}/${shown(key, lookups)}`;
}

/** How the files of this target are read. Throws FORMAT_NOT_BUILT, or FILE_REFUSED where the format cannot be told. */
export function ruleFor({ store }: S3, target: Target, key: string, name: string, reports?: LineReports): RecordRule {
  return recordRule(target, { path: key, name }, (parts) => store.io.digest(parts), reports);
}

/** An old version that cannot be read: what it holds is not known, and nothing is done about its object. */
export function unreadableVersion({ record }: Target, where: string, holdsIdentifier: boolean): Finding {
  return {
    code: "GAP",
    severity: "warning",
    record: record.id,
    message: `${where} cannot be read as its records should be; the object is left as it is${holdsIdentifier ? "" : ", and no identifier was seen there"}`,
    gap: { where, holdsIdentifier },
  };
}

/** What `read` gives; null where the version is archived. A version that was replaced meanwhile is an error: look again. */
export async function unlessArchived<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NotReadable && error.reason === "archived") return null;
    throw error;
  }
}
