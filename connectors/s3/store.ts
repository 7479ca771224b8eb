import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { z } from "zod";
import type { IO } from "../../src/port/connector.ts";
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
  readonly site: Site;
  close(): void;
}

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
  const settings = settingsOf(block, io);
  const client = new S3Client({ ...settings, maxAttempts: 3 });
  const once = new S3Client({ ...settings, maxAttempts: 1 });
  return {
    client,
    once,
    io,
    system: block.name,
    site: siteOf(settings.endpoint),
    close() {
      client.destroy();
      once.destroy();
    },
  };
}

/** At AWS a bucket's name is its own, whatever the endpoint. */
function siteOf(endpoint: S3ClientConfig["endpoint"]): Site {
  const { hostname, port, protocol } = new URL(typeof endpoint === "string" ? endpoint : "https://s3.amazonaws.com");
  if (AWS.test(hostname)) return { space: "s3 aws", root: "" };
  const at = /^(?:localhost|\[::1\])$/u.test(hostname) ? "127.0.0.1" : hostname;
  return { space: `s3 ${at}:${port === "" ? ({ "http:": "80" }[protocol] ?? "443") : port}`, root: "" };
}

/** For cleaning up after an interruption: the same store, which no signal stops. */
export function unstoppable(store: Store): Store {
  return { ...store, io: { ...store.io, signal: new AbortController().signal } };
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
