import { Failure } from "../../src/errors.ts";
import type { Operation } from "../../src/model/change.ts";
import type { Located, Lookup, Target } from "../../src/model/search.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import type { Api } from "./api.ts";
import { editsFor } from "./change.ts";
import { checkTarget, countOf, filledOf, ownChange, refresh } from "./check.ts";
import type { Dialect } from "./dialect.ts";
import { documentMatcher, exportedValues, fingerprintOf, keyOf, neededNames, shapeOf, type Document, type Found, type Shape } from "./document.ts";
import { indicesOf, patternOf, type ConcreteIndex } from "./indices.ts";
import { looksAt } from "./look.ts";
import { matchField, type MatchField } from "./mapping.ts";
import { queriesFor } from "./query.ts";
import { residueOf } from "./residue.ts";
import { assureWholeSight } from "./rights.ts";
import { fetchAll, nameOf, searchAll } from "./search.ts";

export function reader(io: IO, api: Api, dialect: Dialect): Reader {
  return {
    async *check(targets) {
      for (const target of targets) yield* checkTarget(api, target);
    },
    links: async () => [],
    locate: (target, lookups) => locate(io, api, dialect, target, lookups),
    references: () => none(),
    async size(target) {
      let size = 0;
      for (const index of readable(await indicesOf(api, patternOf(target)))) size += await countOf(api, index.name);
      return size;
    },
    remaining: (target, operation) => remaining(io, api, target, operation),
    residue: (target) => residueOf(io, api, target),
    [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose](),
  };
}

async function* none(): AsyncGenerator<never> {}

async function* locate(io: IO, api: Api, dialect: Dialect, target: Target, lookups: readonly Lookup[]): AsyncGenerator<Located> {
  const asked = lookups.filter(({ values }) => Object.values(values).some((some) => some.length > 0));
  if (asked.length === 0) return;
  const pattern = patternOf(target);
  const indices = await indicesOf(api, pattern);
  await assureWholeSight(api, target, pattern, indices);
  for (const index of indices) if (!index.open || index.unreadable) yield* unsearched(io, target, index, asked);
  let looked = 0;
  for (const index of readable(indices)) {
    await refresh(api, index.name);
    const columns = await columnsOf(api, target, index);
    if (columns === undefined) continue;
    const shape = shapeOf(target, index, columns);
    const match = documentMatcher(io, shape, asked);
    const queries = queriesFor(api.system, index, columns, target.record.match.mode, asked);
    for await (const document of searchAll(api, dialect, index.name, queries, neededNames(shape))) {
      io.progress((looked += 1));
      const matched = match(document);
      if (matched !== undefined) yield* locatedOf(io, api, index, shape, document, matched);
    }
  }
}

function* locatedOf(io: IO, api: Api, index: ConcreteIndex, shape: Shape, document: Document, matched: Found): Generator<Located> {
  const own = ownChange(shape.target);
  const done = own !== undefined && editsFor(document.source, shape.rules, shape.columns, matched.elements, (value) => io.pseudonym(value)).length === 0;
  const located = {
    key: keyOf(document),
    fingerprint: fingerprintOf(io, shape, document, matched),
    values: exportedValues(api.system, shape, document),
    done,
    ...(index.blocked === undefined ? {} : { blocked: { reason: index.blocked } }),
  };
  for (const subject of matched.subjects) yield { subject, ...located };
}

/** One entry for a whole index that cannot be looked into: it may hold anybody, so nobody's search is complete. */
function* unsearched(io: IO, target: Target, index: ConcreteIndex, lookups: readonly Lookup[]): Generator<Located> {
  const reason = index.open ? "index_block" : "index_closed";
  const values = Object.fromEntries(target.exports.map((name) => [name, null]));
  const located = { key: JSON.stringify([index.name]), fingerprint: io.digest([index.name, reason]), values, done: false, blocked: { reason } };
  for (const subject of new Set(lookups.map((lookup) => lookup.subject))) yield { subject, ...located };
}

/** How the target's columns are searched in one index; undefined where it holds no document at all. Throws what makes a search impossible. */
async function columnsOf(api: Api, target: Target, index: ConcreteIndex): Promise<MatchField[] | undefined> {
  const columns: MatchField[] = [];
  for (const column of target.columns) {
    const field = matchField(index, column);
    if (!("code" in field)) columns.push(field);
    else if ((await filledOf(api, [index])).length > 0) throw new Failure(field.code, `${target.record.id}: ${field.message}`);
    else return undefined;
  }
  return columns;
}

async function* remaining(io: IO, api: Api, target: Target, operation: Operation): AsyncGenerator<string> {
  const look = await looksAt(io, api, target);
  const found = await fetchAll(
    api,
    operation.records.flatMap(({ key }) => nameOf(key) ?? []),
  );
  for (const record of operation.records) {
    const document = found.get(record.key);
    // a closed index, named as a whole, is never gone
    const left =
      document === undefined
        ? nameOf(record.key) === undefined
        : operation.change.kind === "delete" || look(document, record, operation.change).edits.length > 0;
    if (left) yield record.key;
  }
}

function readable(indices: readonly ConcreteIndex[]): ConcreteIndex[] {
  return indices.filter((index) => index.open && !index.unreadable);
}
