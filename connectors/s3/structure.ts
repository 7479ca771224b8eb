/** What lies in buckets, as families of objects. Lists, and reads headings; writes nothing. */
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import { shown } from "../../src/model/shown.ts";
import type { Survey } from "../../src/port/connector.ts";
import { families, type Family } from "../../src/record-files/families.ts";
import {
  fileStore,
  type FileSurvey,
  HEADINGS,
  isRecordFile,
  sampleFamily,
  type SurveyedFile,
} from "../../src/record-files/file-stores.ts";
import { keyGlob } from "../../src/record-files/glob.ts";
import { bucketFacts } from "./bucket.ts";
import { bytesOf } from "./bytes.ts";
import { isProbe } from "./condition.ts";
import { ask, NotReadable } from "./failure.ts";
import { parseAddress } from "./place.ts";
import type { Store } from "./store.ts";
import { listVersions, liveOf, type Version } from "./versions.ts";

/** A current object; its path is its key. */
interface SurveyedObject extends SurveyedFile {
  readonly bucket: string;
  readonly version: Version;
}

export function objectSurvey(store: Store, block: SystemBlock): Survey {
  const facts = bucketFacts(store);
  const known = new Map<string, Family<SurveyedObject>>();
  const survey: FileSurvey<SurveyedObject> = {
    block,
    others: "objects",
    place: ({ bucket, path }) => `${bucket}/${path}`,
    names: ({ place }, path) =>
      place.kind === "files" && place.globs.some((glob) => keyGlob(glob.replace(/^s3:\/\//u, ""))(path)),
    bytes: (member) => objectBytes(store, facts, member),
    report: (finding) => store.io.report(finding),
  };
  return {
    async *stores(within) {
      const named = within.length > 0 ? within : bucketsOf(block);
      for (const place of named ?? (await bucketNames(store))) {
        const { bucket, path: prefix } = parseAddress(`s3://${place}`) ?? { bucket: place, path: "" };
        const found = families<SurveyedObject>(HEADINGS);
        try {
          for await (const { key, versions } of listVersions(store, bucket, prefix)) {
            const version = liveOf(versions);
            if (version === null || key.endsWith("/") || isProbe(key)) continue;
            const member = {
              path: key,
              bucket,
              version,
              modified: version.modified,
              shown: `s3://${bucket}/${shown(key)}`,
            };
            found.add(
              member,
              isRecordFile(key) || block.records.some((record) => survey.names(record, `${bucket}/${key}`)),
            );
          }
        } catch (error) {
          // of buckets that nobody named some may be closed to these credentials: what is in them is not known
          if (named !== undefined || !(error instanceof Failure) || error.code !== "NOT_PERMITTED") throw error;
          store.io.report({
            code: error.code,
            severity: "warning",
            record: `${block.name}.${bucket}`,
            message: error.message,
            help: error.help,
          });
          continue;
        }
        // a bucket's name is its own: the data map names it
        for (const { name, ...rest } of found.all()) {
          const family = { name: `${bucket}/${name}`, ...rest };
          known.set(family.name, family);
          // what these credentials may do stands in policies that they need not be shown
          yield await fileStore(survey, family, undefined);
        }
      }
    },
    async sample({ name }, most) {
      const family = known.get(name);
      return family === undefined ? [] : await sampleFamily(survey, family, most);
    },
    [Symbol.asyncDispose]: async () => store.close(),
  };
}

/** Those that the data map names; undefined: none, so that all are meant. */
function bucketsOf({ records }: SystemBlock): readonly string[] | undefined {
  const texts = records.flatMap(({ place }) =>
    place.kind === "keys" ? place.templates : place.kind === "files" ? place.globs : [],
  );
  const names = new Set(texts.flatMap((text) => parseAddress(text)?.bucket ?? []));
  return names.size === 0 ? undefined : [...names].toSorted();
}

async function bucketNames({ client, io }: Store): Promise<readonly string[]> {
  const names: string[] = [];
  let more: string | undefined;
  do {
    const page = await ask({ action: "s3:ListAllMyBuckets", bucket: "*" }, () =>
      client.send(new ListBucketsCommand(more === undefined ? {} : { ContinuationToken: more }), {
        abortSignal: io.signal,
      }),
    );
    for (const { Name } of page.Buckets ?? []) if (Name !== undefined) names.push(Name);
    more = page.ContinuationToken;
  } while (more !== undefined);
  return names.toSorted();
}

async function* objectBytes(
  store: Store,
  facts: ReturnType<typeof bucketFacts>,
  { bucket, path: key, version, shown: name }: SurveyedObject,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytesOf(store, { bucket: await facts(bucket), key, version, name });
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    throw new Failure("FILE_UNREADABLE", `${name}: the object is ${error.reason}`);
  }
}
