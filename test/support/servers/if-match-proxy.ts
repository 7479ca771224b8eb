/**
 * A loopback proxy before Ceph's S3 server that answers If-Match and If-None-Match on writes as AWS does. Ceph 16
 * compares ETags without quotes and, in a versioned bucket, neither header as it should. A header that is taken away is
 * taken out of the request's signature too; everything else goes through unchanged.
 */
import { createHash, createHmac } from "node:crypto";
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";

export interface Behind {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/** `path` is decoded, as `/bucket/key`. */
export type PathTest = (path: string) => boolean;

export interface IfMatchProxy extends AsyncDisposable {
  /** What the client under test is given instead of the server's own. */
  readonly endpoint: string;
  /** `aws`: conditions hold. `ignores`: they are not looked at, as by some gateways. */
  mode: "aws" | "ignores";
  /** Writes (PUT, DELETE, POST) that came so far: `PUT /bucket/key`, with ` if-match` or ` if-none-match` where the header was there. */
  readonly writes: readonly string[];
  /** Runs before the next PUT to such a path is looked at: another writer that comes between. It may use the proxy itself. */
  beforeNextPut(path: PathTest, work: () => Promise<unknown>): void;
  /** Runs before the next request (`GET /bucket/key?versionId=…`, as it was sent) of this kind goes on: a status, or 503 with this `Retry-After`, answers it in the server's place. */
  beforeNext(request: RegExp, work: () => Promise<number | { readonly retryAfter: string } | void>): void;
  /** The next PUT to such a path is carried out, but its answer never arrives: the connection breaks. */
  loseNextAnswer(path: PathTest): void;
  close(): Promise<void>;
}

interface Request {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const CONDITIONS = ["if-match", "if-none-match"];

export async function startIfMatchProxy(behind: Behind, mode: "aws" | "ignores" = "aws"): Promise<IfMatchProxy> {
  const client = new S3Client({
    endpoint: behind.endpoint,
    region: behind.region,
    forcePathStyle: true,
    credentials: behind,
  });
  const writes: string[] = [];
  const before: { path: PathTest; work: () => Promise<unknown> }[] = [];
  const lost: PathTest[] = [];
  const hooks: { request: RegExp; work: () => Promise<number | { readonly retryAfter: string } | void> }[] = [];
  const turns = new Map<string, Promise<unknown>>();

  /** One write per path at a time, so that "compare, then write" is atomic. */
  const alone = async (path: string, work: () => Promise<Answer>): Promise<Answer> => {
    const mine = (turns.get(path) ?? Promise.resolve()).then(work);
    turns.set(
      path,
      mine.catch(() => {}),
    );
    return await mine;
  };

  const write = async (one: Request): Promise<Answer> => {
    const conditions = CONDITIONS.filter((name) => one.headers[name] !== undefined);
    if (conditions.length > 0 && proxy.mode === "aws") {
      const now = await etagOf(client, one.path);
      const wanted = one.headers["if-match"];
      if (wanted !== undefined && now === null) return refusal(404, "NoSuchKey");
      if (wanted !== undefined && wanted !== "*" && !sameEtag(wanted, now)) return refusal(412, "PreconditionFailed");
      const unwanted = one.headers["if-none-match"];
      if (unwanted !== undefined && now !== null && (unwanted === "*" || sameEtag(unwanted, now)))
        return refusal(412, "PreconditionFailed");
    }
    for (const name of conditions) delete one.headers[name];
    if (conditions.length > 0) signAgain(one, behind);
    return await forward(behind.endpoint, one);
  };

  const handle = async (incoming: IncomingMessage): Promise<Answer | null> => {
    const one = await received(incoming);
    const hook = hooks.findIndex(({ request: kind }) => kind.test(`${one.method} ${one.url}`));
    const status = hook >= 0 ? await hooks.splice(hook, 1)[0]?.work() : undefined;
    if (typeof status === "object") {
      const busy = refusal(503, "SlowDown");
      return { ...busy, headers: { ...busy.headers, "retry-after": status.retryAfter } };
    }
    if (typeof status === "number")
      return status === 200 ? { status, headers: {}, body: Buffer.from("<html/>") } : refusal(status, "Teapot");
    if (!/^(PUT|POST|DELETE)$/u.test(one.method)) return await forward(behind.endpoint, one);
    writes.push(
      [`${one.method} ${one.path}`, ...CONDITIONS.filter((name) => one.headers[name] !== undefined)].join(" "),
    );
    const isPut = one.method === "PUT";
    const first = isPut ? before.findIndex(({ path }) => path(one.path)) : -1;
    if (first >= 0) await before.splice(first, 1)[0]?.work();
    const answer = await alone(one.path, async () => await write(one));
    const last = isPut ? lost.findIndex((path) => path(one.path)) : -1;
    if (last < 0) return answer;
    lost.splice(last, 1);
    return null;
  };

  const server = createServer((incoming, outgoing) => {
    handle(incoming).then(
      (answer) => {
        if (answer === null) return outgoing.destroy();
        const { connection: _, "transfer-encoding": __, ...headers } = answer.headers;
        return outgoing.writeHead(answer.status, headers).end(answer.body);
      },
      () => outgoing.destroy(),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const proxy: IfMatchProxy = {
    endpoint: `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`,
    mode,
    writes,
    beforeNextPut: (path, work) => void before.push({ path, work }),
    beforeNext: (kind, work) => void hooks.push({ request: kind, work }),
    loseNextAnswer: (path) => void lost.push(path),
    async close() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
    [Symbol.asyncDispose]: async () => await proxy.close(),
  };
  return proxy;
}

async function received(incoming: IncomingMessage): Promise<Request> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && name !== "expect" && name !== "transfer-encoding") headers[name] = value;
  }
  if (body.length > 0 || headers["content-length"] !== undefined) headers["content-length"] = String(body.length);
  const url = incoming.url ?? "/";
  return {
    method: incoming.method ?? "GET",
    url,
    path: decodeURIComponent(url.split("?")[0] ?? "/"),
    headers,
    body,
  };
}

async function forward(endpoint: string, one: Request): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  return await new Promise((done, fail) => {
    const up = request(
      { hostname, port, method: one.method, path: one.url, headers: one.headers, agent: false },
      (answer) => {
        const parts: Buffer[] = [];
        answer
          .on("data", (part: Buffer) => parts.push(part))
          .on("error", fail)
          .on("end", () =>
            done({
              status: answer.statusCode ?? 502,
              headers: answer.headers,
              body: Buffer.concat(parts),
            }),
          );
      },
    );
    up.on("error", fail).end(one.body);
  });
}

async function etagOf(client: S3Client, path: string): Promise<string | null> {
  const [, Bucket, ...key] = path.split("/");
  try {
    return (await client.send(new HeadObjectCommand({ Bucket, Key: key.join("/") }))).ETag ?? null;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return null;
    throw error;
  }
}

function sameEtag(given: string | string[], stored: string | null): boolean {
  return stored !== null && String(given).replaceAll('"', "") === stored.replaceAll('"', "");
}

function refusal(status: number, code: string): Answer {
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  );
  return {
    status,
    headers: { "content-type": "application/xml", "content-length": String(body.length) },
    body,
  };
}

/** AWS Signature Version 4 over the headers as they are now; the hash of the body stays the one that the client sent. */
function signAgain(one: Request, keys: Behind): void {
  const given = /Credential=[^/]+\/(\d+)\/([^/]+)\/s3\/aws4_request.*SignedHeaders=([^,]+)/u.exec(
    String(one.headers["authorization"] ?? ""),
  );
  if (given === null) return;
  const [, day = "", region = "", names = ""] = given;
  const signed = names.split(";").filter((name) => one.headers[name] !== undefined);
  const [path = "/", query = ""] = one.url.split("?");
  const pairs = query.split("&").filter((pair) => pair !== "");
  const canonical = [
    one.method,
    path,
    pairs
      .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
      .toSorted()
      .join("&"),
    ...signed.map((name) => `${name}:${String(one.headers[name]).trim().replaceAll(/ +/gu, " ")}`),
    "",
    signed.join(";"),
    String(one.headers["x-amz-content-sha256"]),
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = [
    "AWS4-HMAC-SHA256",
    String(one.headers["x-amz-date"]),
    scope,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${keys.secretAccessKey}`,
  );
  const signature = createHmac("sha256", key).update(text).digest("hex");
  one.headers["authorization"] =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${signed.join(";")}, Signature=${signature}`;
}
