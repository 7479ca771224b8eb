import type { Also, Link, Operation, Reference } from "../../../src/model/change.ts";
import type { Lookup, Selection, Sighting, Target } from "../../../src/model/search.ts";
import type { IO, Reader } from "../../../src/port/connector.ts";
import { type DueFilter, dueFilter } from "../../../src/port/due-filter.ts";
import { holdsOthers, subjectMatcher, valuesFor } from "../../../src/record-files/match-record.ts";
import { type Child, childrenOf, idsWith, type MemoryDatabase, type Row, rowsOf, valuesIn } from "./database.ts";
import { isBack, wholeImageOf } from "./whole-image.ts";
import { changed, isChanged, markIn, type Whose } from "./row-change.ts";
import { addressOf, fingerprintOf, idOf, keyOf, tableOf } from "./row-key.ts";

/** `declared`: the system's record types by the table that they lie in. */
export function memoryReader(
  database: MemoryDatabase,
  system: string,
  declared: ReadonlyMap<string, readonly string[]>,
  io: IO,
): Reader {
  const rows = (target: Target): ReadonlyMap<string, Row> => {
    io.signal.throwIfAborted();
    return rowsOf(database, tableOf(target));
  };
  const nameOf = (table: string): string => declared.get(table)?.[0] ?? `${system}.${table}`;
  const linkOf = ({ key }: Pick<Child, "key">): Link => ({
    constraint: key.constraint,
    child: nameOf(key.child),
    childColumns: [key.childColumn],
    parent: nameOf(key.parent),
    onDelete: key.onDelete,
  });
  return {
    site: async () => await Promise.resolve({ space: database.name, root: "" }),
    async *check(targets) {
      for (const target of targets) {
        if (database.tables.has(tableOf(target))) continue;
        yield { code: "TABLE_MISSING", severity: "error", record: target.record.id, message: "there is no such table" };
      }
    },
    links: async () =>
      await Promise.resolve(
        database.foreignKeys.filter(({ parent }) => declared.has(parent)).map((key) => linkOf({ key })),
      ),
    writes: async () => await Promise.resolve([]),
    async *locate(target, selection) {
      const due = selection.by === "due" ? dueFilter(target, selection, io) : undefined;
      const subjectsOf = subjectsIn(target, selection, due);
      const lookups =
        selection.by === "subjects"
          ? Map.groupBy(selection.lookups, ({ subject }) => subject)
          : new Map<number, Lookup[]>();
      let done = 0;
      for (const [id, row] of candidates(rows(target), target, selection)) {
        if ((done += 1) % 10_000 === 0) io.progress(done);
        const subjects = subjectsOf(row, id);
        if (subjects === undefined) continue;
        const mine = subjects.flatMap((subject) => lookups.get(subject) ?? []);
        const rule = target.changes.rule;
        const marked = target.record.marker === undefined ? undefined : markIn(row, target.record.marker);
        const listOf = (column: string) => {
          const values = valuesIn(row, column);
          return Array.isArray(row[column]) ? values : null;
        };
        yield {
          subjects,
          key: keyOf(id),
          address: addressOf(tableOf(target), id),
          fingerprint: fingerprintOf(target, row, io),
          values: Object.fromEntries(target.exports.map((column) => [column, valuesIn(row, column)])),
          done: rule !== undefined && isChanged(row, rule, whoseIs(database, target, mine, io)),
          ...(selection.by === "subjects" && holdsOthers(target.columns, mine, listOf) ? { shared: true } : {}),
          ...(marked === undefined ? {} : { marked }),
        };
      }
      due?.end(target.record.id);
    },
    async *references(target, keys) {
      await Promise.resolve();
      const table = tableOf(target);
      for (const parentKey of keys) {
        const row = rows(target).get(idOf(parentKey));
        if (row !== undefined)
          yield* referencesTo(row, {
            parentKey,
            table,
            below: (name, one) => childrenOf(database, name, one),
            declared,
            linkOf,
          });
      }
    },
    size: async (target) => await Promise.resolve(rows(target).size),
    imageBytes: async (target, keys) =>
      await Promise.resolve(
        keys.reduce((sum, key) => sum + JSON.stringify(rows(target).get(idOf(key)) ?? "").length, 0),
      ),
    async *remaining(target, operation, lookups) {
      await Promise.resolve();
      const bySubject = Map.groupBy(lookups ?? [], ({ subject }) => subject);
      const found = rows(target);
      for (const { key, subjects, takes = [] } of operation.records) {
        if (operation.change.kind === "restore" && operation.change.marker === undefined) {
          const image = wholeImageOf(key, operation.change);
          if (image === undefined || !isBack(database, image)) yield key;
          continue;
        }
        const row = found.get(idOf(key));
        const whose = whoseIs(
          database,
          target,
          subjects.flatMap((subject) => bySubject.get(subject) ?? []),
          io,
        );
        const taken = takes.some(
          (one) => database.tables.get(one.table.slice(system.length + 1))?.has(idOf(one.key)) === true,
        );
        if (taken || (row !== undefined && !isAsLeft(row, operation, whose))) yield key;
      }
    },
    async *sweep(values) {
      await Promise.resolve();
      yield* sightings(database, values, nameOf);
    },
    async *residue() {},
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
}

/** Rows that may be meant: by an index where the values compare exactly, else all of them. */
function* candidates(
  rows: ReadonlyMap<string, Row>,
  target: Target,
  selection: Selection,
): Generator<readonly [string, Row]> {
  if (selection.by === "keys") {
    for (const id of new Set(selection.keys.map(idOf))) {
      const row = rows.get(id);
      if (row !== undefined) yield [id, row];
    }
    return;
  }
  const exact = target.columns.every(({ type, fold }) => fold.length === 0 && (type === "edge" || type === "string"));
  if (selection.by !== "subjects" || !exact) {
    yield* rows;
    return;
  }
  const seen = new Set<string>();
  for (const { column } of target.columns) {
    const values = new Set(selection.lookups.flatMap((lookup) => valuesFor(lookup, column)));
    for (const id of idsWith(rows, column, values)) seen.add(id);
  }
  for (const id of seen) {
    const row = rows.get(id);
    if (row !== undefined) yield [id, row];
  }
}

/** Whose the row is; undefined where it is not meant. */
function subjectsIn(
  target: Target,
  selection: Selection,
  due: DueFilter | undefined,
): (row: Row, id: string) => readonly number[] | undefined {
  switch (selection.by) {
    case "subjects": {
      const matcher = subjectMatcher(target.columns, target.record.match.mode, selection.lookups, target.where);
      return (row) => {
        const subjects = matcher((column) => valuesIn(row, column));
        return subjects.length === 0 ? undefined : subjects;
      };
    }
    case "keys": {
      const ids = new Set(selection.keys.map(idOf));
      return (_, id) => (ids.has(id) ? [] : undefined);
    }
    case "due": {
      const passes = Object.entries(target.where ?? {});
      return (row) =>
        passes.every(([column, values]) => valuesIn(row, column).some((value) => values.includes(value))) &&
        due?.takes(valuesIn(row, selection.column)) === true
          ? []
          : undefined;
    }
  }
}

interface Way {
  readonly parentKey: string;
  readonly table: string;
  readonly declared: ReadonlyMap<string, readonly string[]>;
  below(table: string, row: Row): readonly Child[];
  linkOf(child: Child): Link;
}

function* referencesTo(row: Row, { parentKey, table, below, declared, linkOf }: Way): Generator<Reference> {
  const seen = new Set<string>();
  const queue = below(table, row).map((child) => ({ child, through: [child.key.constraint] }));
  for (const { child, through } of queue) {
    const address = addressOf(child.key.child, child.id);
    if (seen.has(`${address} ${child.key.constraint}`)) continue;
    seen.add(`${address} ${child.key.constraint}`);
    const mapped = declared.has(child.key.child);
    yield {
      parentKey,
      link: linkOf(child),
      through,
      childKey: keyOf(child.id),
      ...(mapped ? { childAddress: address } : {}),
    };
    if (!mapped && child.key.onDelete === "cascade")
      queue.push(
        ...below(child.key.child, child.row).map((next) => ({
          child: next,
          through: [...through, next.key.constraint],
        })),
      );
  }
}

/** Whether the row is as this operation, and what goes with it, leaves it. */
export function isAsLeft(row: Row, { change, also = [] }: Operation, whose: Whose): boolean {
  return isChanged(row, change, whose) && also.every((one) => isChanged(row, one.change, whoseOf(one, whose)));
}

function* sightings(
  database: MemoryDatabase,
  values: readonly (readonly string[])[],
  nameOf: (table: string) => string,
): Generator<Sighting> {
  const subjects = new Map<string, number[]>();
  for (const [subject, mine] of values.entries())
    for (const value of mine) subjects.set(value, [...(subjects.get(value) ?? []), subject]);
  for (const [table, rows] of database.tables) {
    const counts = new Map<string, { readonly subject: number; readonly column: string; count: number }>();
    for (const row of rows.values()) {
      for (const column of Object.keys(row)) {
        for (const subject of new Set(valuesIn(row, column).flatMap((value) => subjects.get(value) ?? []))) {
          const one = counts.get(`${subject} ${column}`) ?? { subject, column, count: 0 };
          one.count += 1;
          counts.set(`${subject} ${column}`, one);
        }
      }
    }
    for (const { subject, column, count } of counts.values()) yield { subject, place: nameOf(table), column, count };
  }
}

export function whoseIs(
  database: MemoryDatabase,
  target: Target,
  lookups: readonly Lookup[],
  io: Pick<IO, "pseudonym">,
): Whose {
  const table = tableOf(target);
  const keys = database.foreignKeys.flatMap((key) => [
    ...(key.child === table ? [key.childColumn] : []),
    ...(key.parent === table ? [key.parentColumn] : []),
  ]);
  return {
    columns: target.columns,
    lookups,
    keys: ["id", ...keys, ...target.record.holds.map(({ from }) => from)],
    pseudonym: (value) => io.pseudonym(value),
  };
}

/** As `changed`, with what the rules of other record types change in the same go. */
export function afterAll(row: Row, { change, also = [] }: Operation, whose: Whose): Row | undefined {
  let after = changed(row, change, whose);
  for (const one of also) after = after === undefined ? undefined : changed(after, one.change, whoseOf(one, whose));
  return after;
}

/** As the rule of another record type over the same row sees it. */
function whoseOf({ target, lookups }: Also, whose: Whose): Whose {
  return {
    ...whose,
    columns: target.columns,
    lookups,
    keys: [...whose.keys, ...target.record.holds.map(({ from }) => from)],
  };
}
