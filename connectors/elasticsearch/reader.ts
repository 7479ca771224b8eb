import { editsOf } from "../../src/documents/changes.ts";
import { at, textOf } from "../../src/documents/json-text.ts";
import { finder, type Hit } from "../../src/documents/matching.ts";
import { Failure } from "../../src/errors.ts";
import type { Operation } from "../../src/model/change.ts";
import type { DueSelection, Located, Lookup, Selection, Target } from "../../src/model/search.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import { dueFilter } from "../../src/port/due-filter.ts";
import type { Api } from "./api.ts";
import { checkTarget, countOf, filledOf, refresh } from "./check.ts";
import type { Dialect } from "./dialect.ts";
import {
  allHits,
  dateTexts,
  exportedValues,
  fingerprintOf,
  keyOf,
  neededNames,
  ownChanges,
  passesWhere,
  shapeOf,
  type Document,
  type Shape,
} from "./document.ts";
import { reportEmbedded } from "./embedded.ts";
import { indicesOf, patternOf, type ConcreteIndex } from "./indices.ts";
import { looksAt, sourceText } from "./look.ts";
import { canMark, markIn } from "./marker.ts";
import { matchField, searchable, type MatchField } from "./mapping.ts";
import { dueQuery } from "./due-query.ts";
import { queriesFor } from "./query.ts";
import { residueOf } from "./residue.ts";
import { assureWholeSight } from "./rights.ts";
import { nameOf, searchAll, withDocuments } from "./search.ts";
import { isWhole } from "./whole-image.ts";
import { shown } from "../../src/model/shown.ts";

export function reader(io: IO, api: Api, dialect: Dialect, cluster: string | undefined): Reader {
  return {
    site: async () => ({ space: "elasticsearch", root: cluster ?? (await clusterOf(api)) }),
    async *check(targets) {
      for (const target of targets) yield* checkTarget(api, target);
    },
    links: async () => [],
    writes: async () => [],
    locate(target, selection) {
      switch (selection.by) {
        case "subjects":
          return locate(io, api, dialect, target, selection.lookups);
        case "keys":
          return locateKeys(io, api, target, selection);
        case "due":
          return locateDue(io, api, dialect, target, selection);
      }
    },
    references: () => none(),
    async imageBytes(_target, keys) {
      let bytes = 0;
      for await (const { document } of withDocuments(
        api,
        keys.map((key) => ({ key })),
      ))
        if (typeof document === "object") bytes += Buffer.byteLength(sourceText(document));
      return bytes;
    },
    async size(target) {
      let size = 0;
      for (const index of readable(await indicesOf(api, patternOf(target)))) size += await countOf(api, index.name);
      return size;
    },
    remaining: (target, operation, lookups) => remaining(io, api, target, operation, lookups),
    sweep: () => notBuilt("a search of every field"),
    residue: (target) => residueOf(io, api, target),
    [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose](),
  };
}

/** Where the front page does not tell; "" where this user may not ask. */
async function clusterOf(api: Api): Promise<string> {
  const query = { filter_path: "metadata.cluster_uuid" };
  const answer = await api.send({ method: "GET", path: "/_cluster/state/metadata", query });
  return textOf(at(answer.body, "metadata", "cluster_uuid")) ?? "";
}

async function* none(): AsyncGenerator<never> {}

async function* notBuilt(what: string): AsyncGenerator<never> {
  yield await Promise.reject(new Failure("NOT_BUILT", `${what} is not built for search servers yet`));
}

async function* locate(
  io: IO,
  api: Api,
  dialect: Dialect,
  target: Target,
  lookups: readonly Lookup[],
): AsyncGenerator<Located> {
  const asked = lookups.filter(({ values }) => Object.values(values).some((some) => some.length > 0));
  if (asked.length === 0) return;
  const pattern = patternOf(target);
  const indices = await indicesOf(api, pattern);
  await assureWholeSight(api, target, pattern, indices);
  for (const index of indices) if (!index.open || index.unreadable) yield unsearched(io, target, index, asked);
  let looked = 0;
  for (const index of readable(indices)) {
    await refresh(api, index.name);
    const columns = await columnsOf(api, target, index);
    if (columns === undefined) continue;
    const shape = shapeOf(target, index, columns);
    const find = finder(shape.matching, asked);
    const queries = queriesFor(api.system, index, columns, target.record.match.mode, asked);
    const goes = new Set<string>();
    for await (const document of searchAll(api, dialect, index.name, queries, neededNames(shape))) {
      io.progress((looked += 1));
      const matched = find(document);
      if (matched === undefined) continue;
      if (target.changes.rule?.kind === "delete") goes.add(keyOf(document));
      yield {
        ...locatedOf(io, api, index, shape, document, matched.subjects, matched.hits),
        ...(matched.shared ? { shared: true } : {}),
      };
    }
    await reportEmbedded(io, api, dialect, target, index, shape, columns, asked, goes);
  }
}

/** What is due, whoever's it is. A whole index that cannot be looked into is one blocked record. */
async function* locateDue(
  io: IO,
  api: Api,
  dialect: Dialect,
  target: Target,
  selection: DueSelection,
): AsyncGenerator<Located> {
  const pattern = patternOf(target);
  const indices = await indicesOf(api, pattern);
  await assureWholeSight(api, target, pattern, indices);
  for (const index of indices)
    if (!index.open || index.unreadable)
      yield blind(io, target, JSON.stringify([index.name]), index.open ? "index_block" : "index_closed", []);
  let looked = 0;
  for (const index of readable(indices)) {
    await refresh(api, index.name);
    const shape = shapeOf(target, index, searchable(index, target.columns));
    const filter = dueFilter(target, selection, io);
    const queries = [dueQuery(index, selection)];
    for await (const document of searchAll(api, dialect, index.name, queries, neededNames(shape))) {
      io.progress((looked += 1));
      if (!passesWhere(shape, document)) continue;
      if (filter.takes(dateTexts(index, document, selection.column)))
        yield locatedOf(io, api, index, shape, document, [], allHits(shape, document));
    }
    filter.end(shown(index.name));
  }
}

function locatedOf(
  io: IO,
  api: Api,
  index: ConcreteIndex,
  shape: Shape,
  document: Document,
  subjects: readonly number[],
  hits: readonly Hit[],
): Located {
  const { rule } = shape.target.changes;
  const key = keyOf(document);
  const marked = shape.marks === undefined ? undefined : markIn(shape.marks, document.source);
  const blocked =
    index.blocked ??
    (rule?.kind === "mark" &&
    marked === undefined &&
    shape.marks !== undefined &&
    !canMark(shape.marks, document.source)
      ? "marker_path"
      : undefined);
  return {
    subjects,
    key,
    // by its concrete index, whichever alias, pattern or secret led to it: no two in the world have one uuid
    address: addressOf(key, index),
    fingerprint: fingerprintOf(io, shape, document),
    values: exportedValues(api.system, shape, document),
    done:
      rule?.kind === "mark"
        ? marked !== undefined
        : rule?.kind === "fields" && editsOf(ownChanges(io, shape, document, shape.rules, hits)).length === 0,
    ...(marked === undefined ? {} : { marked }),
    ...(blocked === undefined ? {} : { blocked: { reason: blocked } }),
  };
}

function addressOf(key: string, index: ConcreteIndex): string {
  return JSON.stringify([index.setting("index.uuid") ?? index.name, key]);
}

/** One entry for a whole index that cannot be looked into: it may hold anybody, so nobody's search is complete. */
function unsearched(io: IO, target: Target, index: ConcreteIndex, lookups: readonly Lookup[]): Located {
  const subjects = [...new Set(lookups.map(({ subject }) => subject))];
  return blind(io, target, JSON.stringify([index.name]), index.open ? "index_block" : "index_closed", subjects);
}

function blind(io: IO, target: Target, key: string, reason: string, subjects: readonly number[]): Located {
  const values = Object.fromEntries(target.exports.map((name) => [name, []]));
  return {
    subjects,
    key,
    address: key,
    fingerprint: io.digest([key, reason]),
    values,
    done: false,
    blocked: { reason },
  };
}

/** How the target's columns are searched in one index; undefined where it holds no document at all. Throws what makes a search impossible. */
async function columnsOf(api: Api, target: Target, index: ConcreteIndex): Promise<MatchField[] | undefined> {
  const columns: MatchField[] = [];
  for (const column of target.columns) {
    const field = matchField(index, column);
    if (!("code" in field)) columns.push(field);
    else if ((await filledOf(api, [index])).length > 0)
      throw new Failure(field.code, `${target.record.id}: ${field.message}`);
    else return undefined;
  }
  return columns;
}

/** A document that is gone yields nothing; one whose index is gone, or no longer behind the pattern, is not known to be gone. */
async function* locateKeys(
  io: IO,
  api: Api,
  target: Target,
  { keys }: Extract<Selection, { by: "keys" }>,
): AsyncGenerator<Located> {
  const indices = new Map((await indicesOf(api, patternOf(target))).map((index) => [index.name, index]));
  const shapes = new Map<string, Shape>();
  for (const key of keys.filter((one) => nameOf(one) === undefined)) yield* closedStill(io, target, key, indices);
  for await (const { name, document } of withDocuments(
    api,
    keys.map((key) => ({ key })),
  )) {
    const index = indices.get(name.index);
    if (document === "index_missing" || index === undefined) throw lostPlace(target, name.index);
    if (document === "absent") continue;
    if (document === "index_closed" || index.unreadable)
      yield blind(io, target, name.key, index.open ? "index_block" : "index_closed", []);
    else {
      const shape = shapes.get(index.name) ?? shapeOf(target, index, searchable(index, target.columns));
      shapes.set(index.name, shape);
      yield locatedOf(io, api, index, shape, document, [], allHits(shape, document));
    }
  }
}

/** The key that stands for a whole index which could not be searched. */
function* closedStill(
  io: IO,
  target: Target,
  key: string,
  indices: ReadonlyMap<string, ConcreteIndex>,
): Generator<Located> {
  const name = indexOf(key);
  const index = indices.get(name);
  if (index === undefined) throw lostPlace(target, name);
  if (!index.open || index.unreadable) yield blind(io, target, key, index.open ? "index_block" : "index_closed", []);
}

function indexOf(key: string): string {
  const parts: unknown = JSON.parse(key);
  const [index]: unknown[] = Array.isArray(parts) ? parts : [];
  return typeof index === "string" ? index : "";
}

function lostPlace({ record }: Target, index: string): Failure {
  return new Failure(
    "PLAN_STALE",
    `${record.id}: index ${shown(index)} is no longer behind the record type's pattern; whether its documents are gone is not known.`,
    {
      help: "Find out where the index went, correct the data map, and make a new plan.",
    },
  );
}

/** Throws where nothing is known of a document: its index is gone, or closed. */
async function* remaining(
  io: IO,
  api: Api,
  target: Target,
  operation: Operation,
  lookups: readonly Lookup[] | undefined,
): AsyncGenerator<string> {
  const look = await looksAt(io, api, target, operation, lookups);
  const unreadable = new Set(
    (await indicesOf(api, patternOf(target))).filter((index) => index.unreadable).map((index) => index.name),
  );
  // an index that could not be searched, named as a whole, is never gone
  yield* operation.records.filter(({ key }) => nameOf(key) === undefined).map(({ key }) => key);
  for await (const { record, name, document } of withDocuments(api, operation.records)) {
    if (document === "absent") {
      // what is given back is not there then
      if (isWhole(operation.change)) yield record.key;
      continue;
    }
    if (document === "index_missing") throw lostPlace(target, name.index);
    if (document === "index_closed" || unreadable.has(name.index))
      throw new Failure("BLOCKED", `${api.system}: index ${shown(name.index)} is closed, or blocks reading.`);
    const seen = operation.change.kind === "delete" ? undefined : look.at(document, record);
    if (operation.change.kind !== "delete" && seen === undefined) throw lostPlace(target, name.index);
    if (seen === undefined || seen.after !== undefined || seen.refused !== undefined) yield record.key;
  }
}

function readable(indices: readonly ConcreteIndex[]): ConcreteIndex[] {
  return indices.filter((index) => index.open && !index.unreadable);
}
