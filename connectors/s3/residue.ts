import { GetBucketLoggingCommand, GetBucketReplicationCommand } from "@aws-sdk/client-s3";
import type { Residue } from "../../src/model/change.ts";
import type { Target } from "../../src/model/search.ts";
import { openUploads } from "./bucket.ts";
import { patternOf } from "./check.ts";
import { askMaybe } from "./failure.ts";
import { addressesOf, allVersions, type S3 } from "./objects.ts";

/** What the server tells of copies that an erasure here does not reach. None of them has an end that S3 states. */
export async function* residueOf({ store, bucket: facts }: S3, target: Target): AsyncGenerator<Residue> {
  const { client, io } = store;
  const mechanisms = new Set<string>();
  for (const address of addressesOf(target)) {
    const { name, versioning } = await facts(address.bucket);
    const how = { abortSignal: io.signal };
    const none = ["AccessDenied", "NotImplemented", 403, 404, 405, 501];
    if (!allVersions(target) && versioning !== "none") mechanisms.add("versions");
    const replication = await askMaybe({ action: "s3:GetReplicationConfiguration", bucket: name }, none, () =>
      client.send(new GetBucketReplicationCommand({ Bucket: name }), how),
    );
    if ((replication?.ReplicationConfiguration?.Rules ?? []).some(({ Status }) => Status === "Enabled"))
      mechanisms.add("replication");
    const logging = await askMaybe({ action: "s3:GetBucketLogging", bucket: name }, none, () =>
      client.send(new GetBucketLoggingCommand({ Bucket: name }), how),
    );
    if (logging?.LoggingEnabled?.TargetBucket !== undefined) mechanisms.add("access_logs");
    const { prefix, fits } = patternOf(target, address);
    if ((await openUploads(store, name, prefix)).some(({ key }) => fits(key))) mechanisms.add("multipart_uploads");
  }
  for (const mechanism of mechanisms)
    yield { system: store.system, record: target.record.name, mechanism, goneBy: null };
}
