import { Failure } from "../../src/errors.ts";
import { surelyBefore } from "../../src/model/due-rows.ts";
import type { DueSelection, Lookup } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import { chunks } from "../../src/sql/items.ts";
import type { Found, SqlLook } from "../../src/sql/locate.ts";
import { type ColumnRef, type Hits, NO_HITS, type RowState, textsOrNull, unionOf } from "../../src/sql/record-table.ts";
import { hitsBeside, inOneElement } from "../../src/sql/whose-value.ts";
import { keyOrder, ofTable } from "./keys.ts";
import { comparableIn, type Resolved, stateOf, stateTexts, valuesFor } from "./resolved.ts";
import { byKey, type SearchIn, searchText, wholeTable } from "./search.ts";
import type { ColumnType } from "./catalog.ts";
import { isText } from "./columns.ts";
import { type Binder, binder, quoted } from "./sql.ts";
import type { Row, Session } from "./transaction.ts";
import { refusedWhere, whereTexts } from "./where.ts";

/** A number of a document as it may be written: the server has compared it as one. */
const DECIMAL = /^-?\d+\.\d+$/u;
const LOOKUPS = 5000;
const KEYS = 5000;

/** Every matching row, by ascending key; more than once where there are more than some thousand lookups. */
export async function* findRows(
  session: Session,
  resolved: Resolved,
  lookups: readonly Lookup[],
  io: IO,
  where: SearchIn,
): AsyncGenerator<Found> {
  const [refused] = refusedWhere(resolved.table, resolved.where);
  // looking on would be "no match" for a value that was never compared
  if (refused !== undefined)
    throw new Failure("TYPE_MISMATCH", `${resolved.target.record.id}: ${refused.message}`, { help: refused.help });
  for (const some of chunks(lookups, LOOKUPS)) {
    const bound = binder();
    const text = searchText(resolved, some, bound, where);
    if (text === undefined) continue;
    const wanted = some.map((lookup) => wantedIn(resolved, lookup));
    let last: { readonly state: RowState; readonly hits: Map<number, Hits> } | undefined;
    for await (const rows of session.pages(text, bound.values)) {
      for (const row of rows) {
        const number = Number(row.at(-2));
        const hits = hitsIn(resolved, row, wanted[number] ?? []);
        const subject = some[number]?.subject;
        if (hits === undefined || subject === undefined) continue;
        const state = stateOf(resolved, row, io);
        // several values, elements, columns or people may lead to the same row: they come one after the other
        if (state.key !== last?.state.key) {
          if (last !== undefined) yield* foundIn(resolved, last);
          last = { state, hits: new Map() };
        }
        last.hits.set(subject, unionOf([last.hits.get(subject) ?? NO_HITS, hits]));
      }
    }
    if (last !== undefined) yield* foundIn(resolved, last);
  }
}

/** The search compares an array's values one by one: whose elements they are is seen here. */
function* foundIn(resolved: Resolved, { state, hits }: Found): Generator<Found> {
  const all = resolved.target.record.match.mode === "all";
  const theirs = new Map(
    [...hits].flatMap(([subject, found]) => {
      const mine = hitsBeside(resolved, state, found);
      const lost = all ? mine.size < found.size : mine.size === 0;
      return lost || !inOneElement(resolved, state, mine) ? [] : [[subject, mine] as const];
    }),
  );
  if (theirs.size > 0) yield { state, hits: theirs };
}

/** By matched column: the values of a lookup as texts are compared. */
function wantedIn({ matches }: Resolved, lookup: Lookup): readonly ReadonlySet<string>[] {
  return matches.map((ref) => new Set(valuesFor(lookup, ref.match.column).map((value) => comparableIn(ref, value))));
}

/** What a row of the search says is the person's; undefined where it is nothing after all: the server's folds are at least as wide as ours. */
function hitsIn({ matches, target }: Resolved, row: Row, wanted: readonly ReadonlySet<string>[]): Hits | undefined {
  const texts = textsOrNull(row.at(-1));
  const agreed = matches.map((ref, at) => {
    const text = texts[at] ?? null;
    const mine = (value: string) => wanted[at]?.has(comparableIn(ref, value)) ?? false;
    return text !== null &&
      (ref.decided || mine(text) || (ref.path !== undefined && DECIMAL.test(text) && mine(text.replace(/\.?0+$/u, ""))))
      ? text
      : null;
  });
  if (target.record.match.mode === "all" ? agreed.includes(null) : agreed.every((text) => text === null))
    return undefined;
  return new Map(matches.flatMap(({ name }, at) => (agreed[at] == null ? [] : [[name, new Set([agreed[at]])]])));
}

/** How the SQL family looks at this database. */
export function lookOf(session: Session, io: IO): SqlLook<Resolved> {
  return {
    matching: (resolved, lookups, keys) =>
      findRows(session, resolved, lookups, io, keys === undefined ? wholeTable(resolved) : byKey(resolved, keys)),
    ofKeys: (resolved, keys) => rowsByKey(session, resolved, keys, io),
    ofDue: (resolved, column, selection) => rowsDue(session, resolved, column, selection, io),
  };
}

/** Rows of which a date may be due, by ascending key. */
async function* rowsDue(
  session: Session,
  resolved: Resolved,
  { name, column: { name: stored }, path, separator }: ColumnRef,
  { before }: DueSelection,
  io: IO,
): AsyncGenerator<RowState> {
  const [refused] = refusedWhere(resolved.table, resolved.where);
  if (refused !== undefined)
    throw new Failure("TYPE_MISMATCH", `${resolved.target.record.id}: ${refused.message}`, { help: refused.help });
  const column = resolved.exports.find((ref) => ref.name === name)?.column;
  const bound = binder();
  const value = `t.${quoted(stored)}`;
  const plain = path === undefined && separator === undefined && column?.shape === "scalar";
  const conditions = [
    `${value} IS NOT NULL`,
    ...whereTexts(resolved.where, bound),
    ...(plain ? mayBeDue(value, column.type, surelyBefore(before), bound) : []),
  ];
  const text = `SELECT ${stateTexts(resolved, "t").join(", ")} FROM ${wholeTable(resolved)(bound)} WHERE ${conditions.join(" AND ")} ORDER BY ${keyOrder(resolved.key, "t")}`;
  for await (const rows of session.pages(text, bound.values)) for (const row of rows) yield stateOf(resolved, row, io);
}

/** Leaves out what is surely later, by the type's own order, so that an index serves; what looks like no date is looked at. */
function mayBeDue(value: string, type: ColumnType, before: string, bound: Binder): readonly string[] {
  if (type.schema === "pg_catalog" && ["date", "timestamp", "timestamptz"].includes(type.name)) {
    const last = type.name === "timestamptz" ? `${before} 00:00+00` : before;
    return [`${value} OPERATOR(pg_catalog.<) ${bound.bind(last)}::text::pg_catalog.${type.name}`];
  }
  if (!isText(type)) return [];
  const text = `${value}::text COLLATE pg_catalog."C"`;
  return [
    `(${text} OPERATOR(pg_catalog.<) ${bound.bind(before)}::text OR ${text} OPERATOR(pg_catalog.!~) '^[0-9]{4}-[0-9]{2}-[0-9]{2}')`,
  ];
}

/** The rows of these keys as they are now, by ascending key. */
export async function* rowsByKey(
  session: Session,
  resolved: Resolved,
  keys: readonly string[],
  io: IO,
): AsyncGenerator<RowState> {
  const wanted = new Set(keys);
  for (const some of chunks(ofTable(resolved.key, [...wanted]), KEYS)) {
    const bound = binder();
    const text = `SELECT ${stateTexts(resolved, "t").join(", ")} FROM ${byKey(resolved, some)(bound)} ORDER BY ${keyOrder(resolved.key, "t")}`;
    for await (const rows of session.pages(text, bound.values)) {
      for (const row of rows) {
        const state = stateOf(resolved, row, io);
        // a row at the same place that is another one has another key
        if (wanted.has(state.key)) yield state;
      }
    }
  }
}
