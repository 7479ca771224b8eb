/** A pattern, alias or data stream as the concrete indices behind it, with their state, settings and mapping. */
import { Failure } from "../../src/errors.ts";
import type { Target } from "../../src/model/search.ts";
import { errorType, unexpected, type Api } from "./api.ts";
import { shown } from "../../src/model/shown.ts";
import { at, itemsOf, membersOf, textOf, type JsonNode } from "../../src/documents/json-text.ts";

export interface ConcreteIndex {
  readonly name: string;
  readonly open: boolean;
  /** The stream that it belongs to. */
  readonly dataStream?: string;
  /** Kept by the server for itself. */
  readonly system: boolean;
  /** Why no document in it can be changed now. */
  readonly blocked?: "index_block" | "ccr_follower";
  /** A block on reading, or on metadata: it cannot be searched. */
  readonly unreadable: boolean;
  readonly setting: (name: string) => string | undefined;
  readonly mapping: JsonNode | undefined;
}

/** Names together in one URL: the server takes lines of 4,096 bytes. */
const NAMES_LENGTH = 2_500;
const BLOCKS = ["write", "read_only", "read_only_allow_delete"];

export function patternOf(target: Target): string {
  const { place, id } = target.record;
  if (place.kind !== "index") throw new Failure("DATAMAP_INVALID", `${id} names no index.`);
  return place.pattern;
}

/**
 * Every index that the pattern means, hidden and closed ones too, by name; what aliases filter is not filtered. Empty
 * where nothing matches. System indices only where they are named outright.
 */
export async function indicesOf(api: Api, pattern: string): Promise<ConcreteIndex[]> {
  const names = new Set(
    (await Promise.all(partsOf(pattern).map(async ({ asked }) => await namesOf(api, asked)))).flat(),
  );
  const found: ConcreteIndex[] = [];
  for (const some of chunksOf([...names].toSorted())) {
    const list = some.map(encodeURIComponent).join(",");
    const about = { index: pattern, right: "view_index_metadata" };
    const states = await api.ask(
      { method: "GET", path: `/_resolve/index/${list}`, query: { expand_wildcards: "all" } },
      about,
    );
    const told = await metadataOf(api, some, about);
    const entries = new Map(itemsOf(at(states.body, "indices")).map((entry) => [textOf(at(entry, "name")), entry]));
    for (const name of some) {
      const entry = entries.get(name);
      const attributes = itemsOf(at(entry, "attributes")).map(textOf);
      const system = attributes.includes("system");
      if (system && !pattern.split(",").includes(name)) continue;
      const { settings: mine, mapping, secret = false } = told.get(name) ?? {};
      if (entry !== undefined && secret) {
        found.push({
          name,
          open: !attributes.includes("closed"),
          system,
          unreadable: true,
          setting: () => undefined,
          mapping: undefined,
        });
        continue;
      }
      if (entry === undefined || mine === undefined || mapping === undefined)
        throw new Failure(
          "SYSTEM_UNREACHABLE",
          `${api.system}, index ${shown(name)}: the index went away while it was looked at.`,
          {
            help: "Run the same command again.",
          },
        );
      const dataStream = textOf(at(entry, "data_stream"));
      const state = { attributes, system, ...(dataStream === undefined ? {} : { dataStream }) };
      found.push(concrete(name, state, mine, mapping));
    }
  }
  return found;
}

interface Metadata {
  readonly settings?: JsonNode | undefined;
  readonly mapping?: JsonNode | undefined;
  /** A block on metadata: nobody can tell how the index is to be searched. */
  readonly secret?: boolean;
}

/** By index. Where one of them refuses, each is asked by itself: it must not hide the others. */
async function metadataOf(
  api: Api,
  names: readonly string[],
  about: { readonly index: string; readonly right: string },
): Promise<ReadonlyMap<string, Metadata>> {
  const list = names.map(encodeURIComponent).join(",");
  const query = { expand_wildcards: "all", ignore_unavailable: "true" };
  try {
    const settings = await api.ask(
      { method: "GET", path: `/${list}/_settings`, query: { ...query, flat_settings: "true" } },
      about,
    );
    const mappings = await api.ask({ method: "GET", path: `/${list}/_mapping`, query }, about);
    return new Map(
      names.map((name) => [
        name,
        { settings: at(settings.body, name, "settings"), mapping: at(mappings.body, name, "mappings") },
      ]),
    );
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "BLOCKED") throw error;
    const [only, ...others] = names;
    if (only !== undefined && others.length === 0) return new Map([[only, { secret: true }]]);
    const each: Metadata[] = [];
    for (const name of names) each.push((await metadataOf(api, [name], about)).get(name) ?? {});
    return new Map(names.map((name, place) => [name, each[place] ?? {}]));
  }
}

/** Parts of a pattern that mean no index. */
export async function emptyParts(api: Api, pattern: string): Promise<string[]> {
  const empty: string[] = [];
  for (const { part, asked } of partsOf(pattern)) if ((await namesOf(api, asked)).length === 0) empty.push(part);
  return empty;
}

/** What stands between commas, each with the exclusions (`-name`) that follow it: one missing name must not hide the others. */
function partsOf(pattern: string): { part: string; asked: string }[] {
  const parts = pattern.split(",");
  return parts.flatMap((part, place) => {
    if (part.startsWith("-") && place > 0) return [];
    return [
      {
        part,
        asked: [part, ...parts.slice(place + 1).filter((other) => part.includes("*") && other.startsWith("-"))].join(
          ",",
        ),
      },
    ];
  });
}

async function namesOf(api: Api, pattern: string): Promise<string[]> {
  const call = {
    method: "GET",
    path: `/_resolve/index/${encodeURIComponent(pattern)}`,
    query: { expand_wildcards: "all" },
  } as const;
  const answer = await api.send(call);
  if (answer.status === 404 && errorType(at(answer.body, "error")) === "index_not_found_exception") return [];
  const { body } =
    answer.status === 200 ? answer : await api.ask(call, { index: pattern, right: "view_index_metadata" });
  if (at(body, "indices")?.kind !== "array") throw unexpected(api, `what ${shown(pattern)} means did not come`);
  const names = [
    ...itemsOf(at(body, "indices")).map((entry) => textOf(at(entry, "name"))),
    ...itemsOf(at(body, "aliases")).flatMap((entry) => textsOf(at(entry, "indices"))),
    ...itemsOf(at(body, "data_streams")).flatMap((entry) => textsOf(at(entry, "backing_indices"))),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** A member that is one text or several. */
function textsOf(node: JsonNode | undefined): (string | undefined)[] {
  return node?.kind === "array" ? node.items.map(textOf) : [textOf(node)];
}

interface State extends Pick<ConcreteIndex, "system" | "dataStream"> {
  readonly attributes: readonly (string | undefined)[];
}

function concrete(
  name: string,
  { attributes, ...state }: State,
  settings: JsonNode | undefined,
  mapping: JsonNode | undefined,
): ConcreteIndex {
  const values = new Map(membersOf(settings).map(({ key, value }) => [key, textOf(value)]));
  const setting = (key: string) => values.get(key);
  const follower = setting("index.xpack.ccr.following_index") === "true";
  const blocked =
    BLOCKS.some((block) => setting(`index.blocks.${block}`) === "true") || setting("index.store.type") === "snapshot";
  return {
    name,
    open: !attributes.includes("closed"),
    ...state,
    ...(follower ? { blocked: "ccr_follower" as const } : blocked ? { blocked: "index_block" as const } : {}),
    unreadable: setting("index.blocks.read") === "true",
    setting,
    mapping,
  };
}

function* chunksOf(names: readonly string[]): Generator<string[]> {
  let some: string[] = [];
  let length = 0;
  for (const name of names) {
    if (length + name.length > NAMES_LENGTH && some.length > 0) {
      yield some;
      some = [];
      length = 0;
    }
    some.push(name);
    length += name.length * 3;
  }
  if (some.length > 0) yield some;
}
