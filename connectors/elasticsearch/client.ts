/** The only file with the client; loaded when a system is opened. What it throws quotes bodies and headers: callers drop it. */
import { Client, Serializer, Transport } from "@elastic/elasticsearch";
import type { ClientOptions } from "@elastic/elasticsearch";
import type { Address } from "./secret.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Names of indices are encoded already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON text; with `bulk` JSON lines. */
  readonly body?: string;
  readonly bulk?: boolean;
  /** Milliseconds; default 60,000. */
  readonly timeout?: number;
  /** Sent even after an interruption: what puts something back or closes it. */
  readonly always?: boolean;
}

export interface RawAnswer {
  readonly status: number;
  /** `""` where there is none. */
  readonly text: string;
  /** The server says that it is Elasticsearch. */
  readonly elastic: boolean;
  /** The header of this name. */
  readonly retryAfter: string | undefined;
}

export interface Wire {
  /** Any status is an answer. Throws the client's own error where there is none. */
  request(call: Call, signal: AbortSignal | undefined): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** Plain JSON headers and no product check: one client for every server that speaks the protocol; and no span ever holds a query. */
class PlainTransport extends Transport {
  constructor(options: ConstructorParameters<typeof Transport>[0]) {
    const unchecked = { ...options };
    delete unchecked.productCheck;
    super({
      ...unchecked,
      openTelemetry: { enabled: false },
      vendoredHeaders: {
        jsonContentType: "application/json",
        ndjsonContentType: "application/x-ndjson",
        accept: "application/json",
      },
    });
  }
}

/** Answers are read elsewhere, with numbers as spelled. */
class RawSerializer extends Serializer {
  override deserialize<T = unknown>(json: string): T;
  override deserialize(json: string): unknown {
    return json;
  }
}

const REFUSALS = Array.from({ length: 200 }, (_, index) => 400 + index);
const TIMEOUT = 60_000;
const JSON_HEADERS = { "content-type": "application/json", accept: "application/json" };

/** Opens no socket yet. Nothing is ever sent twice. */
export function openWire(address: Address): Wire {
  const options: ClientOptions = {
    node: address.node,
    Transport: PlainTransport,
    Serializer: RawSerializer,
    maxRetries: 0,
    requestTimeout: TIMEOUT,
  };
  if (address.auth !== undefined) options.auth = address.auth;
  if (address.ca !== undefined) options.tls = { ca: address.ca };
  const client = new Client(options);
  return {
    async request({ method, path, query, body, bulk, timeout }, signal) {
      const sent = body === undefined ? {} : bulk === true ? { bulkBody: body } : { body };
      const result = await client.transport.request<unknown>(
        { method, path, querystring: query ?? {}, ...sent },
        {
          meta: true,
          ignore: REFUSALS,
          requestTimeout: timeout ?? TIMEOUT,
          ...(signal === undefined ? {} : { signal }),
          ...(body === undefined || bulk === true ? {} : { headers: JSON_HEADERS }),
        },
      );
      const after: unknown = result.headers?.["retry-after"];
      return {
        status: result.statusCode ?? 0,
        text: typeof result.body === "string" ? result.body : "",
        elastic: result.headers?.["x-elastic-product"] === "Elasticsearch",
        retryAfter: typeof after === "string" ? after : undefined,
      };
    },
    close: async () => await client.close(),
  };
}
