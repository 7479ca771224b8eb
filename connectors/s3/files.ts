/** Record files in buckets: which objects a target's globs name, and how their versions are read. */
import { Failure } from "../../src/errors.ts";
import type { RecordRule } from "../../src/record-files/record-file.ts";
import type { RecordType } from "../../src/model/datamap.ts";
import type { Finding, Lookup, Target } from "../../src/model/search.ts";
import { NotReadable } from "./bytes.ts";
import { isProbe } from "./condition.ts";
import { addressesOf, type S3 } from "./objects.ts";
import { globTest, literalPrefix } from "./place.ts";
import { listVersions, type ObjectVersions } from "./versions.ts";

export interface FoundObject extends ObjectVersions {
  readonly bucket: string;
}

/** Every object that a glob of the target names, each once; also those of which only old versions are left. */
export async function* filesOf({ store }: S3, target: Target): AsyncGenerator<FoundObject> {
  const seen = new Set<string>();
  for (const { bucket, path } of addressesOf(target)) {
    const fits = globTest(path);
    for await (const object of listVersions(store, bucket, literalPrefix("files", path))) {
      const name = JSON.stringify([bucket, object.key]);
      // a key that ends in a slash is a folder as consoles make them
      if (!fits(object.key) || object.key.endsWith("/") || isProbe(object.key) || seen.has(name)) continue;
      seen.add(name);
      yield { bucket, ...object };
    }
  }
}

/** An object's name for messages. What is searched for, and what looks like an e-mail address, may be part of a key; there it is blanked. */
export function nameOf(bucket: string, key: string, lookups: readonly Lookup[]): string {
  const values = lookups.flatMap((lookup) => Object.values(lookup.values).flat()).filter((value) => value.length > 2);
  let shown = key.replace(/\p{Cc}/gu, "?").replace(/[^\s/@]+(?:@|%40)[^\s/@]+/giu, "…");
  for (const value of values.toSorted((a, b) => b.length - a.length)) {
    shown = shown.replaceAll(new RegExp(value.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`), "giu"), "…");
  }
  return `s3://${bucket}/${shown}`;
}

/** How the files of this target are read. Throws FORMAT_NOT_BUILT, or FILE_REFUSED where the format cannot be told. */
export function ruleFor({ store }: S3, target: Target, key: string, name: string, unreadable: RecordRule["unreadable"] = () => undefined): RecordRule {
  const { record, columns, where, exports, changes } = target;
  return {
    name,
    format: formatOf(record, key, name),
    dialect: record.dialect,
    encoding: record.encoding,
    columns,
    mode: record.match.mode,
    ...(where === undefined ? {} : { where }),
    exports,
    ...(changes.rule === undefined ? {} : { change: changes.rule }),
    digest: store.io.digest,
    unreadable,
  };
}

/** Says that a line could not be read; `gap`: and that it holds what was searched for. */
export function unreadableLine(record: string, name: string, line: number, gap: boolean): Finding {
  return {
    code: "GAP",
    severity: "warning",
    record,
    message: gap
      ? `${name}:${line} is no JSON object and is kept, but holds an identifier that was searched for`
      : `${name}:${line} is no JSON object and is kept as it is`,
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

function formatOf({ format, id }: Pick<RecordType, "format" | "id">, key: string, name: string): "csv" | "jsonl" {
  const known = format ?? /\.(?<format>csv|jsonl|ndjson|json|parquet)(?:\.gz)?$/iu.exec(key)?.groups?.["format"]?.toLowerCase();
  switch (known) {
    case "csv":
    case "jsonl":
      return known;
    case "ndjson":
      return "jsonl";
    case "json":
    case "parquet":
      throw new Failure("FORMAT_NOT_BUILT", `${id}: ${known} files (${name}) are not built yet`);
    case undefined:
    default:
      throw new Failure("FILE_REFUSED", `${id}: the format of ${name} cannot be told from its name`, { help: "Set `format` in the data map." });
  }
}
