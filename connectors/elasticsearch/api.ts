/**
 * What is said to the server. Every answer comes back as status and JSON with places; whatever goes wrong becomes a
 * `Failure` here, and the client's own error, which prints body and Authorization header, is dropped.
 */
import { Failure } from "../../src/errors.ts";
import type { IO } from "../../src/port/connector.ts";
import { NEVER } from "../../src/port/pace.ts";
import { type Again, retry, retryAfter } from "../../src/port/retry.ts";
import { at, itemsOf, NotJson, numberOf, parseJson, textOf, type JsonNode } from "../../src/documents/json-text.ts";
import type { Call, RawAnswer } from "./client.ts";
import type { Address } from "./secret.ts";
import { shown } from "../../src/model/shown.ts";

export interface Answer {
  readonly status: number;
  readonly body: JsonNode;
  /** What the places of `body` count in. */
  readonly text: string;
  /** Whether the server says that it is Elasticsearch. */
  readonly elastic: boolean;
  /** Milliseconds for which the server wants to be left alone. */
  readonly retryAfter?: number;
}

/** What a call was about, for messages. */
export interface About {
  /** Index or pattern. */
  readonly index?: string;
  /** The right that it takes. */
  readonly right: string;
}

export interface Api extends AsyncDisposable {
  /** Name of the system in the data map. */
  readonly system: string;
  /** Whatever the server answers. Throws SYSTEM_UNREACHABLE, CREDENTIALS_REFUSED, INTERRUPTED. */
  send(call: Call): Promise<Answer>;
  /** As `send`, and throws where the answer is no success. */
  ask(call: Call, about: About): Promise<Answer>;
}

/** Where the server is overloaded. */
const OVERLOADED = { tries: 4, first: 200, most: 800 };
/** What a reader may send beside GET: it changes no document and no setting. */
const READS = /\/(?:_search|_count|_mget|_pit|_refresh|_has_privileges)$/u;

/** `read`: refuses every call that could change anything. Opens no socket before the first call. */
export async function openApi(io: IO, system: string, address: Address, access: "read" | "write"): Promise<Api> {
  const { openWire } = await import("./client.ts");
  const wire = openWire(address);
  let closed = false;

  async function once(call: Call): Promise<Answer> {
    const reads = call.method === "GET" || READS.test(call.path);
    if (access === "read" && !reads)
      throw new Failure(
        "UNEXPECTED",
        `A reader of ${system} must not send ${call.method} ${call.path.split("/").at(-1) ?? ""}.`,
      );
    let answer: RawAnswer;
    try {
      // an answer to a write is never thrown away
      answer = await wire.request(call, reads && call.always !== true ? io.signal : undefined);
    } catch {
      // the original quotes body and header: only that it failed leaves this place
      if (io.signal.aborted && reads) throw new Failure("INTERRUPTED", `Interrupted while ${system} was asked.`);
      throw new Failure("SYSTEM_UNREACHABLE", `${system} does not answer.`);
    }
    if (answer.status === 401) throw new Failure("CREDENTIALS_REFUSED", `${system} refuses the credentials.`);
    const text = /^\s*[[{]/u.test(answer.text) ? answer.text : "null";
    const after = retryAfter(answer.retryAfter, io.now());
    return {
      status: answer.status,
      text,
      body: bodyOf(text, answer.status),
      elastic: answer.elastic,
      ...(after === undefined ? {} : { retryAfter: after }),
    };
  }

  /** What is no JSON is no answer; of a refusal the status alone says enough. */
  function bodyOf(text: string, status: number): JsonNode {
    try {
      return parseJson(text);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      if (status >= 300) return parseJson("null");
      throw unexpected({ system }, "what answers sends no JSON");
    }
  }

  /** Reads are asked again where the server is overloaded; writes never, their callers count. */
  async function send(call: Call): Promise<Answer> {
    const signal = call.always === true ? NEVER : io.signal;
    return await retry(
      async () => {
        await io.pace.turn(signal);
        return await once(call);
      },
      { ...OVERLOADED, ...(access === "write" ? { tries: 1 } : {}), value: isOverloaded },
      { pace: io.pace, signal },
    );
  }

  return {
    system,
    send,
    async ask(call, about) {
      const answer = await send(call);
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw failureOf(system, answer, about);
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await wire.close();
    },
  };
}

function isOverloaded({ status, retryAfter: asked }: Answer): Again {
  if (status === 429 || status === 502 || status === 504) return asked ?? true;
  return status === 503 && asked !== undefined ? asked : false;
}

/** A word of the server that holds no value: its error types are words with underscores. */
export function errorType(node: JsonNode | undefined): string {
  const type = textOf(at(node, "type")) ?? "";
  return /^[a-z][a-z0-9_]{2,60}$/u.test(type) ? type : "unknown";
}

/** `what`: what was asked and what is wrong with the answer, no value of it. */
export function unexpected({ system }: Pick<Api, "system">, what: string): Failure {
  return new Failure("UNEXPECTED_ANSWER", `${system}: ${what}.`);
}

/** Throws SHARDS_FAILED unless every shard has answered in time. */
export function wholeAnswer(api: Api, answer: Answer, index: string): void {
  const failed = numberOf(at(answer.body, "_shards", "failed"));
  if (failed === undefined)
    throw unexpected(api, `an answer about index ${shown(index)} does not say how many shards took part`);
  const late =
    textOf(at(answer.body, "timed_out")) === "true" || textOf(at(answer.body, "terminated_early")) === "true";
  if (failed > 0 || late)
    throw new Failure("SHARDS_FAILED", `${api.system}: not every shard of index ${shown(index)} answered.`);
}

/** The API is not there: a missing module, another distribution. Never an error of the run. */
export function isMissingApi(answer: Answer): boolean {
  if (answer.status === 405) return true;
  if (answer.status !== 400) return false;
  const error = at(answer.body, "error");
  return error?.kind === "scalar" || errorType(error) === "invalid_index_name_exception";
}

export function isBlockError(error: JsonNode | undefined): boolean {
  return errorType(error) === "cluster_block_exception";
}

/** What an answer that is no success means. */
export function failureOf(system: string, answer: Answer, about: About): Failure {
  const error = at(answer.body, "error");
  const type = errorType(error);
  const where = about.index === undefined ? system : `${system}, index ${shown(about.index)}`;
  if (isBlockError(error)) return new Failure("BLOCKED", `${where}: a block on the index refuses this.`);
  if (answer.status === 403) return new Failure("NOT_PERMITTED", `${where}: the right ${about.right} is missing.`);
  if (type === "index_not_found_exception")
    return new Failure("SYSTEM_UNREACHABLE", `${where}: the index went away while it was looked at.`, {
      help: "Run the same command again.",
    });
  if (type === "search_phase_execution_exception") {
    const cause = itemsOf(at(error, "root_cause")).map(errorType)[0] ?? "no cause given";
    if (answer.status >= 500) return new Failure("SHARDS_FAILED", `${where}: shards failed (${cause}).`);
    // the server names no type of its own where search.allow_expensive_queries forbids a wildcard
    const why = cause === "exception" ? "are expensive queries switched off?" : cause;
    return new Failure("NOT_SEARCHABLE", `${where}: the server refuses the search (${why}).`);
  }
  if (type === "no_shard_available_action_exception")
    return new Failure("SHARDS_FAILED", `${where}: a shard is not there.`);
  if (answer.status === 429 || answer.status >= 500)
    return new Failure("SYSTEM_UNREACHABLE", `${where}: the server answers ${answer.status} (${type}).`);
  return new Failure("UNEXPECTED_ANSWER", `${where}: the server answers ${answer.status} (${type}).`);
}
