/** A real Elasticsearch by plain `fetch`: what tests believe, since it never goes through the connector. */
import { execFileSync } from "node:child_process";
import { createServer, request } from "node:http";
import { connector } from "../../../connectors/elasticsearch/connector.ts";
import type { System } from "../../../src/port/connector.ts";
import type { SystemBlock } from "../../../src/model/datamap.ts";
import { elasticsearchServer } from "../../support/servers/servers.ts";

export interface RawElasticsearch {
  readonly url: string;
  /** Text of the answer; throws unless it succeeds. */
  call(method: string, path: string, body?: string | object): Promise<string>;
  /** A new index of its own name: no replicas, no refresh of its own. */
  create(
    name: string,
    properties: object,
    more?: { settings?: object; mapping?: object; aliases?: object },
  ): Promise<string>;
  /** Deletes every index that `create` made. */
  drop(): Promise<void>;
  /** Documents by id; not refreshed. */
  put(index: string, documents: Readonly<Record<string, string | object>>, query?: string): Promise<void>;
  /** `_source` of every document by id, exactly as stored. Reads what was refreshed: refreshes first. */
  dump(index: string): Promise<Record<string, string>>;
  /** `_source` of one document as stored, by a realtime get; undefined where there is none. */
  source(index: string, id: string, routing?: string): Promise<string | undefined>;
}

let names = 0;

export async function rawElasticsearch(): Promise<RawElasticsearch> {
  const { url } = await elasticsearchServer();

  const created: string[] = [];

  async function send(
    method: string,
    path: string,
    body?: string | object,
  ): Promise<{ ok: boolean; status: number; text: string }> {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await fetch(url + path, {
      method,
      headers: { "content-type": path.includes("_bulk") ? "application/x-ndjson" : "application/json" },
      ...sent,
    });
    return { ok: answer.ok, status: answer.status, text: await answer.text() };
  }

  async function call(method: string, path: string, body?: string | object): Promise<string> {
    const { ok, status, text } = await send(method, path, body);
    if (!ok) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 400)}`);
    return text;
  }

  async function source(index: string, id: string, routing?: string): Promise<string | undefined> {
    const { ok, text } = await send(
      "GET",
      `/${index}/_source/${encodeURIComponent(id)}${routing === undefined ? "" : `?routing=${routing}`}`,
    );
    return ok ? text : undefined;
  }

  return {
    url,
    call,
    source,
    async create(name, properties, more = {}) {
      const unique = `${name}-${process.pid}-${Date.now().toString(36)}${(names += 1)}`;
      const settings = { number_of_shards: 1, number_of_replicas: 0, refresh_interval: "-1", ...more.settings };
      await call("PUT", `/${unique}`, {
        settings,
        mappings: { properties, ...more.mapping },
        ...(more.aliases === undefined ? {} : { aliases: more.aliases }),
      });
      created.push(unique);
      return unique;
    },
    async drop() {
      for (const index of created.splice(0)) await send("DELETE", `/${index}`);
    },
    async put(index, documents, query = "") {
      const lines = Object.entries(documents).map(
        ([id, document]) =>
          `${JSON.stringify({ index: { _id: id } })}\n${typeof document === "string" ? document : JSON.stringify(document)}\n`,
      );
      const answer = await call("POST", `/${index}/_bulk${query}`, lines.join(""));
      if (answer.includes('"errors":true')) throw new Error(`seeding ${index}: ${answer.slice(0, 600)}`);
    },
    async dump(index) {
      await call("POST", `/${index}/_refresh`);
      const answer = await call("POST", `/${index}/_search`, {
        size: 10_000,
        query: { match_all: {} },
        sort: ["_doc"],
      });
      const ids = [...answer.matchAll(/"_id":"([^"]*)"/gu)].map(([, id]) => id ?? "");
      const found: Record<string, string> = {};
      for (const id of ids.toSorted()) {
        const routing = new RegExp(
          `"_id":"${id.replaceAll(/[^\w]/gu, String.raw`\$&`)}","_score":[^,]*,"_routing":"([^"]*)"`,
          "u",
        ).exec(answer)?.[1];
        found[id] = (await source(index, id, routing)) ?? "";
      }
      return found;
    },
  };
}

/** The answer to a call instead of the server's; `cut` breaks the connection after the server has done its part. */
export type Rule = (call: { readonly method: string; readonly path: string; readonly body: string }) =>
  | {
      readonly status: number;
      readonly body: object | string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | "cut"
  | undefined;

/** The real server, but for the calls that a rule answers. */
export async function behind(raw: RawElasticsearch, rule: Rule): Promise<RawElasticsearch & AsyncDisposable> {
  const target = new URL(raw.url);
  const server = createServer((asked, answer) => {
    const parts: Buffer[] = [];
    asked.on("data", (part: Buffer) => parts.push(part));
    asked.on("end", () => {
      const sent = Buffer.concat(parts);
      const said = rule({ method: asked.method ?? "", path: asked.url ?? "", body: sent.toString() });
      if (said !== undefined && said !== "cut") {
        answer.writeHead(said.status, {
          "content-type": "application/json",
          "x-elastic-product": "Elasticsearch",
          ...said.headers,
        });
        answer.end(typeof said.body === "string" ? said.body : JSON.stringify(said.body));
        return;
      }
      const passed = request(
        { host: target.hostname, port: target.port, path: asked.url, method: asked.method, headers: asked.headers },
        (reply) => {
          if (said === "cut") {
            reply.resume().once("end", () => answer.destroy());
            return;
          }
          answer.writeHead(reply.statusCode ?? 500, reply.headers);
          reply.pipe(answer);
        },
      );
      passed.end(sent);
    });
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    ...raw,
    url: `http://planner:canary-password@127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((done) => void server.close(() => done()));
    },
  };
}

/** One request by another process, while this one stands still. */
export function rightNow(method: string, url: string, body: object): string {
  const script =
    "const [url, method, body] = process.argv.slice(1); console.log(await (await fetch(url, { method, body, headers: { 'content-type': 'application/json' } })).text());";
  return execFileSync(process.execPath, ["--input-type=module", "-e", script, url, method, JSON.stringify(body)], {
    encoding: "utf8",
  });
}

/** The system under test, as a data map names it. */
export const BLOCK: SystemBlock = {
  name: "search",
  kind: "elasticsearch",
  rank: "index",
  connect: { secret: "search" },
  feeds: [],
  session: {},
  records: [],
  covers: [],
  at: { line: 1, column: 1 },
};

export function systemUnderTest(): System {
  return connector.configure(BLOCK);
}
