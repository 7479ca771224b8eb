/** Writes, each conditional on the version that was read: many in one request, or one by itself. */
import { at, itemsOf, membersOf, numberOf, type JsonNode } from "../../src/documents/json-text.ts";
import { Failure } from "../../src/errors.ts";
import { errorType, isBlockError, unexpected, type Answer, type Api } from "./api.ts";
import type { Fetched } from "./search.ts";
import { shown } from "../../src/model/shown.ts";

/** Where a document is, or is to be; `seqNo` and `primaryTerm` of the version that was read, where one was. */
type Place = Pick<Fetched, "index" | "id" | "routing"> & Partial<Pick<Fetched, "seqNo" | "primaryTerm">>;

/** A document with the lines that make, change or delete it. */
export interface Write {
  readonly document: Place;
  readonly lines: string;
  /** The document as it will be; undefined for a deletion. */
  readonly after?: string;
}

/** What became of one write. `again`: another writer came between, or the server is busy. */
export type Written =
  | { readonly kind: "done" | "gone" | "again" }
  /** `reason`: a code. */
  | { readonly kind: "blocked" | "failed"; readonly reason: string };

/** Characters of documents in one request. */
const SIZE = 8_000_000;

export function deletion(document: Fetched): Write {
  return { document, lines: `{"delete":${conditionOf(document)}}\n` };
}

/** The whole document anew. */
export function replacement(document: Fetched, after: string): Write {
  return { document, lines: `{"index":${conditionOf(document)}}\n${after}\n`, after };
}

/** A document where there is none: one that came meanwhile is not written over. */
export function creation(place: Pick<Fetched, "index" | "id" | "routing">, text: string): Write {
  return { document: place, lines: `{"create":${nameIn(place)}}\n${text}\n`, after: text };
}

/** No version but the one that was read is written over. */
function conditionOf(document: Fetched): string {
  return `${nameIn(document).slice(0, -1)},"if_seq_no":${document.seqNo},"if_primary_term":${document.primaryTerm}}`;
}

function nameIn({ index, id, routing }: Place): string {
  return JSON.stringify({ _index: index, _id: id, ...(routing === undefined ? {} : { routing }) });
}

/** A document of several lines is none of a bulk request: it goes by itself. */
export function* bulksOf<W extends Write>(writes: readonly W[]): Generator<W[]> {
  let some: W[] = [];
  let size = 0;
  for (const write of writes) {
    if (hasLines(write)) {
      yield [write];
      continue;
    }
    if (size + write.lines.length > SIZE && some.length > 0) {
      yield some;
      some = [];
      size = 0;
    }
    some.push(write);
    size += write.lines.length;
  }
  if (some.length > 0) yield some;
}

/**
 * One result a write, in order. A request that is too large is cut in two until one document alone is. Throws where a right
 * is missing, or nobody knows what was done (the answer was lost, or is none): then notes tell what may have happened.
 */
export async function bulk(api: Api, writes: readonly Write[]): Promise<Written[]> {
  const [only] = writes;
  if (only !== undefined && hasLines(only)) return [await alone(api, only)];
  const body = writes.map(({ lines }) => lines).join("");
  // ingest pipelines made the document what it is already
  const call = {
    method: "POST",
    path: "/_bulk",
    query: { pipeline: "_none" },
    body,
    bulk: true,
    timeout: 120_000,
  } as const;
  const answer = await api.send(call);
  const { status } = answer;
  if (status === 413 && writes.length > 1) {
    const middle = Math.ceil(writes.length / 2);
    const first = await bulk(api, writes.slice(0, middle));
    return [...first, ...(await bulk(api, writes.slice(middle)))];
  }
  if (isBlockError(at(answer.body, "error"))) return writes.map(() => BLOCKED);
  if (status === 429) return writes.map(() => ({ kind: "again" }));
  if (status < 200 || status > 299) return refused(api, answer, writes);
  const items = itemsOf(at(answer.body, "items"));
  if (items.length !== writes.length)
    throw unexpected(api, `a bulk request of ${writes.length} was answered with ${items.length} results`);
  return items.map((item) => resultOf(membersOf(item)[0]?.value));
}

function hasLines({ after }: Write): boolean {
  return after !== undefined && /[\r\n]/u.test(after);
}

/** As a bulk request of one, with the document as it is. */
async function alone(api: Api, write: Write): Promise<Written> {
  const { index, id, routing, seqNo, primaryTerm } = write.document;
  const isNew = seqNo === undefined || primaryTerm === undefined;
  const query = {
    ...(isNew ? {} : { if_seq_no: seqNo, if_primary_term: primaryTerm }),
    pipeline: "_none",
    ...(routing === undefined ? {} : { routing }),
  };
  const path = `/${encodeURIComponent(index)}/${isNew ? "_create" : "_doc"}/${encodeURIComponent(id)}`;
  const answer = await api.send({ method: "PUT", path, query, body: write.after ?? "", timeout: 120_000 });
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { kind: "done" };
  if (isBlockError(at(body, "error"))) return BLOCKED;
  if (status === 403 || status === 413 || status >= 500) return refused(api, answer, [write])[0] ?? { kind: "again" };
  return resultFor(status, at(body, "error"));
}

/** The server's no to all of it: nothing was written. What it says of itself (500 and more) may have come too late for that. */
function refused(api: Api, answer: Answer, writes: readonly Write[]): Written[] {
  const where = `${api.system}, index ${shown(writes[0]?.document.index ?? "")}`;
  if (answer.status === 403) throw new Failure("NOT_PERMITTED", `${where}: the right to write is missing.`);
  if (answer.status >= 500)
    throw new Failure(
      "SYSTEM_UNREACHABLE",
      `${where}: a bulk request is answered with ${answer.status} (${errorType(at(answer.body, "error"))}).`,
    );
  return writes.map(() => ({ kind: "failed", reason: "UNEXPECTED_ANSWER" }));
}

const BLOCKED: Written = { kind: "blocked", reason: "index_block" };

function resultOf(item: JsonNode | undefined): Written {
  return resultFor(numberOf(at(item, "status")) ?? 0, at(item, "error"));
}

function resultFor(status: number, error: JsonNode | undefined): Written {
  if (status >= 200 && status < 300) return { kind: "done" };
  if (isBlockError(error)) return BLOCKED;
  const type = errorType(error);
  if (type === "index_not_found_exception") return { kind: "failed", reason: "index_missing" };
  if (type === "index_closed_exception") return { kind: "blocked", reason: "index_closed" };
  if (status === 404) return { kind: "gone" };
  if (status === 409 || status === 429 || status === 503) return { kind: "again" };
  if (status === 403) return { kind: "failed", reason: "not_permitted" };
  return { kind: "failed", reason: type === "unknown" ? "UNEXPECTED_ANSWER" : type };
}
