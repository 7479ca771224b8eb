/** Reads every hit of a query in one index, by one point in time, and refuses where one is missing. */
import { Failure } from "../../src/errors.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { errorType, isBlockError, unexpected, wholeAnswer, type About, type Answer, type Api } from "./api.ts";
import type { Dialect } from "./dialect.ts";
import { keyOf, type Document } from "./document.ts";
import { shown } from "../../src/model/shown.ts";
import { at, itemsOf, numberOf, textOf, type JsonNode } from "../../src/documents/json-text.ts";

const PAGE = 1_000;
/** Documents fetched by id at once: whole ones. */
const FETCH = 100;
const EMPTY: JsonNode = { kind: "object", members: [], start: 0, end: 0 };

/** Each document once, however many of the queries it answers; flat in memory where there is one. `names`: what of it is brought along. */
export async function* searchAll(
  api: Api,
  dialect: Dialect,
  index: string,
  queries: readonly JsonObject[],
  names: readonly string[],
): AsyncGenerator<Document> {
  if (queries.length === 0) return;
  const about: About = { index, right: "read" };
  const seen = new Set<string>();
  let pit = await dialect.openPit(api, index);
  try {
    for (const query of queries) {
      let got = 0;
      let after: string | undefined;
      for (;;) {
        const body = {
          size: PAGE,
          query,
          sort: [{ _shard_doc: "asc" }],
          track_total_hits: true,
          seq_no_primary_term: true,
          _source: names.length === 0 ? false : { includes: names },
          ...dialect.pitOf(pit),
        };
        // the place to go on from is sent back as it was spelled
        const text = JSON.stringify(body).replace(/\}$/u, after === undefined ? "}" : `,"search_after":${after}}`);
        const answer = await api.ask(
          { method: "POST", path: "/_search", query: { allow_partial_search_results: "false" }, body: text },
          about,
        );
        wholeAnswer(api, answer, index);
        pit = textOf(at(answer.body, "pit_id")) ?? pit;
        const hits = itemsOf(at(answer.body, "hits", "hits"));
        got += hits.length;
        for (const hit of hits) {
          const document = documentOf(api, hit);
          if (queries.length > 1) {
            const key = keyOf(document);
            if (seen.has(key)) continue;
            seen.add(key);
          }
          yield document;
        }
        const last = at(hits.at(-1), "sort");
        if (last !== undefined) after = answer.text.slice(last.start, last.end);
        if (hits.length === PAGE && last !== undefined) continue;
        const total = numberOf(at(answer.body, "hits", "total", "value"));
        if (total !== got)
          throw new Failure(
            "SHARDS_FAILED",
            `${api.system}, index ${shown(index)}: ${got} documents were read where the server counts ${total ?? "none"}.`,
          );
        break;
      }
    }
  } finally {
    await dialect.closePit(api, pit);
  }
}

function documentOf(api: Api, hit: JsonNode): Document {
  const [index, id, routing] = ["_index", "_id", "_routing"].map((key) => textOf(at(hit, key)));
  if (index === undefined || id === undefined) throw unexpected(api, "a hit has no index or id");
  return { index, id, ...(routing === undefined ? {} : { routing }), source: at(hit, "_source") ?? EMPTY };
}

/** A document as it is now, with what a conditional write needs. */
export interface Fetched extends Document {
  /** `_source` as it is stored. */
  readonly text: string;
  readonly seqNo: string;
  readonly primaryTerm: string;
}

export interface DocumentName {
  readonly key: string;
  readonly index: string;
  readonly id: string;
  readonly routing?: string;
}

/** `absent`: its index is there, and has no such document. The other two say that nothing is known of it. */
export type Fetch = Fetched | "absent" | "index_missing" | "index_closed";

/** A record with the document that its key names. */
export interface WithDocument<R> {
  readonly record: R;
  readonly name: DocumentName;
  readonly document: Fetch;
}

/**
 * Each of these records, in order, some at a time; none for a key that names no document. Realtime: no refresh is needed.
 * Throws where a shard does not answer.
 */
export async function* withDocuments<R extends { readonly key: string }>(
  api: Api,
  records: readonly R[],
): AsyncGenerator<WithDocument<R>> {
  const named = records.flatMap((record) => {
    const name = nameOf(record.key);
    return name === undefined ? [] : [{ record, name }];
  });
  for (let from = 0; from < named.length; from += FETCH) {
    const some = named.slice(from, from + FETCH);
    const docs = some.map(({ name: { index, id, routing } }) => ({
      _index: index,
      _id: id,
      ...(routing === undefined ? {} : { routing }),
    }));
    const answer = await fetched(api, JSON.stringify({ docs }));
    const entries = itemsOf(at(answer.body, "docs"));
    if (entries.length !== some.length)
      throw unexpected(api, `${some.length} documents were asked for, and ${entries.length} came`);
    for (const [place, { record, name }] of some.entries())
      yield { record, name, document: fetchedOf(api, name, entries[place], answer.text) };
  }
}

/** Servers that know nothing of the parameter leave nothing out. */
const GIVE_ALL: WeakSet<Api> = new WeakSet();

/** With vectors, which newer servers leave out of what they give: a document that is written again without them has lost them. */
async function fetched(api: Api, body: string): Promise<Answer> {
  const call = { method: "POST", path: "/_mget", body } as const;
  if (!GIVE_ALL.has(api)) {
    const answer = await api.send({ ...call, query: { _source_exclude_vectors: "false" } });
    if (answer.status !== 400 || errorType(at(answer.body, "error")) !== "illegal_argument_exception")
      return answer.status >= 200 && answer.status < 300 ? answer : await api.ask(call, { right: "read" });
    GIVE_ALL.add(api);
  }
  return await api.ask(call, { right: "read" });
}

function fetchedOf(api: Api, name: DocumentName, entry: JsonNode | undefined, text: string): Fetch {
  const error = at(entry, "error");
  if (error !== undefined) {
    switch (errorType(error)) {
      case "index_not_found_exception":
        return "index_missing";
      case "index_closed_exception":
        return "index_closed";
      case "security_exception":
        throw new Failure("NOT_PERMITTED", `${api.system}, index ${shown(name.index)}: the right read is missing.`);
      default:
        if (isBlockError(error)) return "index_closed";
        throw new Failure(
          "SHARDS_FAILED",
          `${api.system}: a document of index ${shown(name.index)} could not be read.`,
        );
    }
  }
  const found = textOf(at(entry, "found"));
  if (found === "false") return "absent";
  const source = at(entry, "_source");
  const [seqNo, primaryTerm, routing] = ["_seq_no", "_primary_term", "_routing"].map((key) => textOf(at(entry, key)));
  if (found !== "true" || seqNo === undefined || primaryTerm === undefined)
    throw unexpected(api, `a document of index ${shown(name.index)} came without its sequence number`);
  return {
    index: name.index,
    id: name.id,
    ...(routing === undefined ? {} : { routing }),
    source: source ?? EMPTY,
    text: source === undefined ? "" : text,
    seqNo,
    primaryTerm,
  };
}

/** The name that `keyOf` wrote; undefined for the key that stands for a whole closed index. */
export function nameOf(key: string): DocumentName | undefined {
  const parts: unknown = JSON.parse(key);
  const [index, id, routing]: unknown[] = Array.isArray(parts) ? parts : [];
  if (typeof index !== "string" || typeof id !== "string") return undefined;
  return { key, index, id, ...(typeof routing === "string" ? { routing } : {}) };
}
