import { GetObjectCommand } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
import { Failure } from "../../src/errors.ts";
import { backOff } from "../../src/port/retry.ts";
import type { Bucket } from "./bucket.ts";
import { codeOf, failureOf, NotReadable, statusOf } from "./failure.ts";
import type { Store } from "./store.ts";
import type { Version } from "./versions.ts";

/** A version of an object, and what it is called in messages. */
export interface Source {
  readonly bucket: Bucket;
  readonly key: string;
  readonly version: Version;
  readonly name: string;
  /** Told the object's own metadata, when it comes with the bytes. */
  metadata?(values: readonly string[]): void;
}

const RESUMES = 3;
const BROKEN = { first: 100, most: 1000 };

/**
 * The bytes of exactly this version, as stored. A connection that breaks half-way is taken up again where it broke.
 * Throws NotReadable, FILE_REFUSED (encrypted with a key of the customer's own) and the failures of every request.
 */
export async function* bytesOf(
  { client, io }: Store,
  { bucket, key, version, name, metadata }: Source,
): AsyncGenerator<Uint8Array> {
  const asked = { action: "s3:GetObject", bucket: bucket.name };
  const which = bucket.versioning === "none" ? {} : { VersionId: version.id };
  let offset = 0;
  const wait = backOff(BROKEN, io);
  for (let attempt = 0; ; attempt += 1) {
    try {
      const range = offset === 0 ? {} : { Range: `bytes=${offset}-` };
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key, ...which, ...range }), {
        abortSignal: io.signal,
      });
      if (!(answer.Body instanceof Readable)) throw new Failure("UNEXPECTED_ANSWER", `${name}: the answer has no body`);
      if (answer.ETag !== version.etag) {
        answer.Body.destroy();
        throw new NotReadable("changed");
      }
      if (offset === 0) metadata?.(Object.values(answer.Metadata ?? {}));
      for await (const chunk of answer.Body) {
        if (!(chunk instanceof Uint8Array)) throw new Failure("UNEXPECTED_ANSWER", `${name}: the body is not bytes`);
        offset += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (error instanceof NotReadable || error instanceof Failure) throw error;
      const code = codeOf(error);
      if (code === "InvalidObjectState") throw new NotReadable("archived");
      if (code === "NoSuchKey" || code === "NoSuchVersion") throw new NotReadable("changed");
      if (statusOf(error) === 400)
        throw new Failure("FILE_REFUSED", `${name} cannot be read (${code})`, {
          help: "Objects that are encrypted with a key of the customer's own (SSE-C) are not rewritten.",
        });
      const failure = failureOf(error, asked);
      if (failure.code !== "SYSTEM_UNREACHABLE" || offset === 0 || attempt >= RESUMES || io.signal.aborted)
        throw failure;
      await wait();
    }
  }
}
