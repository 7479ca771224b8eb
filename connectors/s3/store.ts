import { ListBucketsCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { z } from "zod";
import type { IO } from "../../src/port/connector.ts";
import { LONGEST_REST_MS, NEVER } from "../../src/port/pace.ts";
import { backOff } from "../../src/port/retry.ts";
import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Site } from "../../src/model/search.ts";

/** An S3 server and the two ways of asking it. */
export interface Store {
  /** For reads and for writes that may be repeated: three attempts. */
  readonly client: S3Client;
  /** For conditional writes: one attempt, as a repeated one cannot tell its own first success from a conflict. */
  readonly once: S3Client;
  readonly io: IO;
  readonly system: string;
  /** For cleaning up: the same store, which no signal stops. To be closed too. */
  unstoppable(): Store;
  /** Asks nobody. */
  site(): Promise<Site>;
  close(): void;
}

/** Where the server is overloaded, or the connection broke. */
const OVERLOADED = { first: 100, most: 1000 };

// further keys are left alone: what other tools keep beside these
const SECRET = z.object({
  endpoint: z.url().optional(),
  region: z.string().min(1).optional(),
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
  forcePathStyle: z.boolean().optional(),
});

const AWS = /(?:^|\.)amazonaws\.com(?:\.cn)?$/u;

/** Without it the SDK warns on the console, past everything that keeps values out of what is said. */
const SILENT = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Opens no connection. Throws SECRET_MISSING, or CREDENTIALS_REFUSED where the secret is not the JSON it should be. */
export function openStore(block: SystemBlock, io: IO): Store {
  return storeWith(settingsOf(block, io), block.name, io);
}

function storeWith(settings: S3ClientConfig, system: string, io: IO): Store {
  const client = new S3Client({ ...settings, ...tries(3, io) });
  const once = new S3Client({ ...settings, ...tries(1, io) });
  return {
    client,
    once,
    io,
    system,
    site: async () => siteOf(await endpointOf(client)),
    // what cleans up after an interruption waits and asks again as everybody does
    unstoppable: () => storeWith(settings, system, { ...io, signal: NEVER }),
    close() {
      client.destroy();
      once.destroy();
    },
  };
}

/** How the SDK asks again: at the system's pace, and no longer than until Ctrl-C. */
function tries(count: number, { pace, signal }: IO): Pick<S3ClientConfig, "maxAttempts" | "retryStrategy"> {
  const waits = new WeakMap<object, (atLeast: number) => Promise<void>>();
  const token = (retries: number) => ({ getRetryCount: () => retries, getRetryDelay: () => 0 });
  return {
    maxAttempts: count,
    retryStrategy: {
      async acquireInitialRetryToken() {
        await pace.turn(signal);
        return token(0);
      },
      async refreshRetryTokenForRetry(used, { errorType, retryAfterHint }) {
        const asked = retryAfterHint === undefined ? 0 : Math.max(0, retryAfterHint.getTime() - Date.now());
        pace.rest(asked);
        const worthIt = errorType === "THROTTLING" || errorType === "TRANSIENT";
        // the SDK throws what the server said instead
        if (!worthIt || used.getRetryCount() + 1 >= count)
          throw new Failure("SYSTEM_UNREACHABLE", "asked often enough");
        const wait = waits.get(used) ?? backOff(OVERLOADED, { pace, signal });
        await wait(Math.min(asked, LONGEST_REST_MS));
        await pace.turn(signal);
        const next = token(used.getRetryCount() + 1);
        waits.set(next, wait);
        return next;
      },
      recordSuccess() {},
    },
  };
}

/**
 * Where a request would go, which the SDK alone knows: without a secret the endpoint comes from the environment or from a
 * profile. Undefined where it does not know either.
 */
async function endpointOf(client: S3Client): Promise<URL | undefined> {
  const command = new ListBucketsCommand({});
  let found: URL | undefined;
  // ends the request before it is signed
  command.middlewareStack.add(
    () =>
      async ({ request }) => {
        found = urlOf(request);
        return { response: undefined, output: { $metadata: {} } };
      },
    { step: "build", priority: "low" },
  );
  try {
    await client.send(command);
  } catch {
    // no region: whoever asks this store for anything is told so
  }
  return found;
}

const REQUEST = z.object({ protocol: z.string(), hostname: z.string(), port: z.number().optional() });

function urlOf(request: unknown): URL | undefined {
  const { data } = REQUEST.safeParse(request);
  if (data === undefined) return undefined;
  return new URL(`${data.protocol}//${data.hostname}${data.port === undefined ? "" : `:${data.port}`}`);
}

/** At AWS a bucket's name is its own, whatever the endpoint. */
function siteOf(endpoint: URL | undefined): Site {
  if (endpoint === undefined || AWS.test(endpoint.hostname)) return { space: "s3 aws", root: "" };
  const { hostname, port, protocol } = endpoint;
  const at = /^(?:localhost|\[::1\])$/u.test(hostname) ? "127.0.0.1" : hostname;
  return { space: `s3 ${at}:${port === "" ? ({ "http:": "80" }[protocol] ?? "443") : port}`, root: "" };
}

function settingsOf(block: SystemBlock, io: IO): S3ClientConfig {
  // a silent peer must not hold a run for ever
  const patience = { requestHandler: { connectionTimeout: 10_000, socketTimeout: 120_000 }, logger: SILENT };
  if (block.connect.secret === undefined) return { ...patience, followRegionRedirects: true };
  const { endpoint, region, forcePathStyle, accessKeyId, secretAccessKey, sessionToken } = secretOf(
    block.connect.secret,
    io,
  );
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  const base = {
    ...patience,
    credentials,
    region: region ?? "us-east-1",
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
  };
  if (endpoint === undefined) return { ...base, followRegionRedirects: true };
  // other servers know nothing of the checksums that the SDK adds for AWS
  const plain = AWS.test(new URL(endpoint).hostname)
    ? {}
    : ({ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" } as const);
  return { ...base, endpoint, ...plain };
}

function secretOf(name: string, io: IO): z.infer<typeof SECRET> {
  const text = io.secret(name);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrong(name); // the parser's message quotes the secret
  }
  const parsed = SECRET.safeParse(json);
  if (!parsed.success) throw wrong(name);
  return parsed.data;
}

function wrong(name: string): Failure {
  return new Failure("CREDENTIALS_REFUSED", `the secret "${name}" is not what S3 needs`, {
    help: 'Give JSON: {"endpoint":…,"region":…,"accessKeyId":…,"secretAccessKey":…,"forcePathStyle":true}.',
  });
}

function quiet(): void {}
