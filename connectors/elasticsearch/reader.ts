import { Failure } from "../../src/errors.ts";
import type { Operation } from "../../src/model/change.ts";
import type { Located, Lookup, Selection, Target } from "../../src/model/search.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import type { Api } from "./api.ts";
import { editsFor } from "./change.ts";
import { checkTarget, countOf, filledOf, refresh } from "./check.ts";
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
    writes: async () => [],
    locate: (target, selection) => locate(io, api, dialect, target, selection),
    references: () => none(),
    async size(target) {
      let size = 0;
      for (const index of readable(await indicesOf(api, patternOf(target)))) size += await countOf(api, index.name);
      return size;
    },
    remaining: (target, operation) => remaining(io, api, target, operation),
    sweep: () => notBuilt("a search of every field"),
    residue: (target) => residueOf(io, api, target),
    [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose](),
  };
}

async function* none(): AsyncGenerator<never> {}

async function* notBuilt(what: string): AsyncGenerator<never> {
  throw new Failure("NOT_BUILT", `${what} is not built for search servers yet`);
}

async function* locate(io: IO, api: Api, dialect: Dialect, target: Target, selection: Selection): AsyncGenerator<Located> {
  if (selection.by !== "subjects") return yield* notBuilt(`a search by ${selection.by}`);
  const asked = selection.lookups.filter(({ values }) => Object.values(values).some((some) => some.length > 0));
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
  const own = shape.target.changes.rule;
  const done = own?.kind === "fields" && editsFor(document.source, shape.rules, shape.columns, matched.elements, (value) => io.pseudonym(value)).length === 0;
  yield {
    subjects: matched.subjects,
    key: keyOf(document),
    address: keyOf(document),
    fingerprint: fingerprintOf(io, shape, document, matched),
    values: exportedValues(api.system, shape, document),
    done,
    ...(index.blocked === undefined ? {} : { blocked: { reason: index.blocked } }),
  };
}

/** One entry for a whole index that cannot be looked into: it may hold anybody, so nobody's search is complete. */
function* unsearched(io: IO, target: Target, index: ConcreteIndex, lookups: readonly Lookup[]): Generator<Located> {
  const reason = index.open ? "index_block" : "index_closed";
  const values = Object.fromEntries(target.exports.map((name) => [name, []]));
  const key = JSON.stringify([index.name]);
  const subjects = [...new Set(lookups.map(({ subject }) => subject))];
  yield { subjects, key, address: key, fingerprint: io.digest([index.name, reason]), values, done: false, blocked: { reason } };
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
