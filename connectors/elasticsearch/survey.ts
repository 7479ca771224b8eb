/** What indices hold, by their mappings. Reads no document but in `sample`. */
import { at, itemsOf, membersOf, numberOf, textOf, type JsonNode } from "../../src/documents/json-text.ts";
import type { Store, StoreColumn, StoreView } from "../../src/model/structure.ts";
import type { Survey } from "../../src/port/connector.ts";
import { familiar } from "../../src/record-files/families.ts";
import { unexpected, type Api } from "./api.ts";
import { indicesOf, type ConcreteIndex } from "./indices.ts";
import { NUMBER_TYPES } from "./mapping.ts";
import { mayErase, type Rights } from "./rights.ts";

export function indexSurvey(api: Api): Survey {
  return {
    async *stores(within) {
      const pattern = within.length === 0 ? "*" : within.join(",");
      const { streams, aliases } = await namesIn(api, pattern);
      const indices = (await indicesOf(api, pattern)).filter(
        ({ name, system }) => !system && (streams.has(name) || !name.startsWith(".")),
      );
      const counts = await documentsIn(api, pattern);
      const rights = await mayErase(
        api,
        indices.map(({ name }) => name),
      );
      const byFamily = Map.groupBy(indices, ({ name }) => streams.get(name) ?? familiar(name));
      for (const [name, members] of [...byFamily].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        // the system's own data streams, as those of its monitoring
        if (name.startsWith(".")) continue;
        yield storeOf(name, members, { aliases, counts, rights });
      }
    },
    sample: async (store, most) => await samplesOf(api, store, most),
    [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose](),
  };
}

interface Beside {
  /** index -> aliases that lead to it. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  readonly counts: ReadonlyMap<string, number>;
  readonly rights: ReadonlyMap<string, Rights> | undefined;
}

function storeOf(name: string, members: readonly ConcreteIndex[], { aliases, counts, rights }: Beside): Store {
  const columns = new Map<string, StoreColumn>();
  for (const index of members)
    for (const column of columnsIn(index.mapping)) {
      const known = columns.get(column.name);
      if (known === undefined || known.type === column.type) columns.set(column.name, column);
      else {
        const types = new Set([...known.type.split(" or "), column.type]);
        columns.set(column.name, { ...known, type: [...types].toSorted().join(" or "), shape: "other" });
      }
    }
  const views = new Set(members.flatMap((index) => aliases.get(index.name) ?? []));
  const counted = members.map((index) => counts.get(index.name));
  const may = rights === undefined ? undefined : members.map((index) => rights.get(index.name));
  return {
    kind: "index",
    name,
    columns: [...columns.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    key: ["_id"],
    uniques: [],
    references: [],
    indexed: [...columns.values()].filter(({ shape }) => shape !== "json").map((column) => column.name),
    checks: [],
    triggers: [],
    readers: [...views].toSorted().map((view): StoreView => ({ name: view, kind: "view" })),
    ...(counted.includes(undefined) ? {} : { records: counted.reduce<number>((sum, one) => sum + (one ?? 0), 0) }),
    ...(may === undefined
      ? {}
      : { may: { read: may.every((one) => one?.read === true), erase: may.every((one) => one?.erase === true) } }),
  };
}

/** Fields that documents hold: no sub-field, alias or runtime field, which are other names of them. */
function* columnsIn(object: JsonNode | undefined, path = ""): Generator<StoreColumn> {
  for (const { key, value } of membersOf(at(object, "properties"))) {
    const name = path === "" ? key : `${path}.${key}`;
    const type = textOf(at(value, "type")) ?? "object";
    if (type === "alias") continue;
    const inner = at(value, "properties") !== undefined;
    const closed = textOf(at(value, "enabled")) === "false";
    if ((type === "object" || type === "nested") && inner && !closed) yield* columnsIn(value, name);
    else yield { name, type, shape: shapeOf(type), nullable: true, generated: false };
  }
}

function shapeOf(type: string): StoreColumn["shape"] {
  if (NUMBER_TYPES.has(type)) return "number";
  switch (type) {
    case "text":
    case "match_only_text":
    case "keyword":
    case "wildcard":
    case "constant_keyword":
    case "search_as_you_type":
    case "completion":
    case "ip":
      return "text";
    case "date":
    case "date_nanos":
      return "date";
    case "boolean":
      return "boolean";
    case "binary":
      return "bytes";
    case "object":
    case "nested":
    case "flattened":
    case "flat_object":
      return "json";
    default:
      return "other";
  }
}

interface Names {
  /** backing index -> its data stream. */
  readonly streams: ReadonlyMap<string, string>;
  readonly aliases: ReadonlyMap<string, readonly string[]>;
}

async function namesIn(api: Api, pattern: string): Promise<Names> {
  const { body } = await api.ask(
    { method: "GET", path: `/_resolve/index/${encodeURIComponent(pattern)}`, query: { expand_wildcards: "all" } },
    { index: pattern, right: "view_index_metadata" },
  );
  if (at(body, "indices")?.kind !== "array") throw unexpected(api, "what indices there are did not come");
  const streams = new Map<string, string>();
  const aliases = new Map<string, string[]>();
  for (const stream of itemsOf(at(body, "data_streams")))
    for (const index of texts(at(stream, "backing_indices"))) streams.set(index, textOf(at(stream, "name")) ?? index);
  for (const entry of itemsOf(at(body, "indices"))) {
    const [name, mine] = [textOf(at(entry, "name")), texts(at(entry, "aliases"))];
    if (name !== undefined && mine.length > 0) aliases.set(name, [...mine]);
  }
  return { streams, aliases };
}

function texts(node: JsonNode | undefined): readonly string[] {
  return itemsOf(node).flatMap((item) => textOf(item) ?? []);
}

/** What the server counts itself; empty where this role may not be told. */
async function documentsIn(api: Api, pattern: string): Promise<ReadonlyMap<string, number>> {
  const query = { filter_path: "indices.*.primaries.docs.count", expand_wildcards: "all" };
  const answer = await api.send({ method: "GET", path: `/${encodeURIComponent(pattern)}/_stats/docs`, query });
  if (answer.status !== 200) return new Map();
  return new Map(
    membersOf(at(answer.body, "indices")).flatMap(({ key, value }) => {
      const count = numberOf(at(value, "primaries", "docs", "count"));
      return count === undefined ? [] : [[key, count]];
    }),
  );
}

async function samplesOf(api: Api, { name, columns }: Store, most: number) {
  const { body } = await api.ask(
    {
      method: "POST",
      path: `/${encodeURIComponent(name)}/_search`,
      body: JSON.stringify({ size: most, query: { match_all: {} } }),
    },
    { index: name, right: "read" },
  );
  const documents = itemsOf(at(body, "hits", "hits")).map((hit) => at(hit, "_source"));
  return columns.map((column) => ({
    column: column.name,
    values: documents.flatMap((document) => valuesAt(document, column.name.split("."))).slice(0, most),
  }));
}

/** Texts at a path, through lists; a key may hold dots itself. */
function valuesAt(node: JsonNode | undefined, names: readonly string[]): readonly string[] {
  if (node?.kind === "array") return node.items.flatMap((item) => valuesAt(item, names));
  if (names.length === 0) return textOf(node) === undefined ? [] : [textOf(node) ?? ""];
  return names.flatMap((_, end) => {
    const inner = at(node, names.slice(0, end + 1).join("."));
    return inner === undefined ? [] : valuesAt(inner, names.slice(end + 1));
  });
}
