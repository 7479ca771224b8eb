import { Failure } from "../../src/errors.ts";
import type { Operation } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import { loadTables } from "./catalog.ts";
import { assignmentsOf } from "./changes.ts";
import { checkTargets } from "./check.ts";
import { failureOf, isLocked } from "./errors.ts";
import { keyOrder, keyRows, partsOf, sameKey } from "./keys.ts";
import { foreignKeysInto, linkOf, recordsByTable, referencesThrough } from "./links.ts";
import { locateRows } from "./locate.ts";
import { residueOf } from "./residue.ts";
import { type Resolved, resolveTargets, stateOf, stateTexts } from "./resolved.ts";
import { type Database, openDatabase, type Session } from "./session.ts";
import { binder, chunks, qualified } from "./sql.ts";

/** Each call looks in a read-only transaction of its own, so that what was done meanwhile is seen. */
export async function openReader(block: SystemBlock, io: IO): Promise<Reader> {
  const database = await openDatabase(block.name, secretOf(block), {}, io);
  const looking = <T>(where: string, look: (session: Session) => AsyncIterable<T>) => inTransaction(database, where, look);
  return {
    check: (targets) => looking(block.name, (session) => checkTargets(session, block, targets)),
    async links(targets) {
      return await once(database, block.name, async (session) => {
        const resolved = await resolveTargets(session, targets);
        const records = await recordsByTable(session, block);
        return (
          await foreignKeysInto(
            session,
            resolved.map(({ table }) => table.root),
          )
        ).map((foreignKey) => linkOf(foreignKey, block, records));
      });
    },
    writes: async () => await Promise.resolve([]),
    locate: (target, selection) =>
      looking(target.record.id, async function* (session) {
        if (selection.by !== "subjects") throw new Failure("NOT_BUILT", `${target.record.id}: rows by ${selection.by} are not searched yet`);
        yield* locateRows(session, await resolveOne(session, target), selection.lookups, io);
      }),
    references: (target, keys) =>
      looking(target.record.id, async function* (session) {
        const parent = await resolveOne(session, target);
        const foreignKeys = await foreignKeysInto(session, [parent.table.root]);
        const records = await recordsByTable(session, block);
        const roots = await loadTables(
          session,
          foreignKeys.map(({ childRoot }) => childRoot),
        );
        for (const foreignKey of foreignKeys) {
          // the child's key must be the one that its record's own `locate` gives
          const child = roots.get(foreignKey.childRoot) ?? foreignKey.child;
          const seenFrom = { ...foreignKey, child };
          yield* referencesThrough(session, parent, seenFrom, linkOf(foreignKey, block, records), child, keys, io);
        }
      }),
    size: async (target) => await once(database, target.record.id, async (session) => await sizeOf(session, await resolveOne(session, target))),
    remaining: (target, operation) =>
      looking(target.record.id, async function* (session) {
        yield* remainingRows(session, await resolveOne(session, target), operation, io);
      }),
    sweep: () =>
      looking(block.name, async function* () {
        await Promise.reject(new Failure("NOT_BUILT", `${block.name}: a whole database is not searched yet`));
        yield* [];
      }),
    residue: (target) =>
      looking(target.record.id, async function* (session) {
        yield* residueOf(session, await resolveOne(session, target));
      }),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

export function secretOf({ name, connect }: SystemBlock): string {
  if (connect.secret === undefined) throw new Failure("SECRET_MISSING", `${name} names no secret`);
  return connect.secret;
}

async function resolveOne(session: Session, target: Target): Promise<Resolved> {
  const [resolved] = await resolveTargets(session, [target]);
  if (resolved === undefined) throw new Failure("TABLE_MISSING", `${target.record.id}: its table went away`);
  return resolved;
}

async function* inTransaction<T>(database: Database, where: string, look: (session: Session) => AsyncIterable<T>): AsyncGenerator<T> {
  try {
    await using transaction = await database.read();
    yield* look(transaction);
  } catch (error) {
    throw await failureWhileReading(database, error, where);
  }
}

async function once<T>(database: Database, where: string, look: (session: Session) => Promise<T>): Promise<T> {
  try {
    await using transaction = await database.read();
    return await look(transaction);
  } catch (error) {
    throw await failureWhileReading(database, error, where);
  }
}

/** Nothing was begun: a table that cannot be looked at is one that is out of reach. */
async function failureWhileReading(database: Database, error: unknown, where: string): Promise<unknown> {
  if (!isLocked(error)) return failureOf(error, where);
  const names = await lockedTables(database);
  const what = names.length === 0 ? "a table is" : names.length === 1 ? `table ${names.join("")} is` : `one of the tables ${names.join(", ")} is`;
  return new Failure("SYSTEM_UNREACHABLE", `${where}: ${what} locked by another session`, {
    help: "Wait until the other session has ended (pg_stat_activity shows it), then run the same command again.",
  });
}

/** Tables that nobody else can read at the moment. None where that cannot be told. */
async function lockedTables(database: Database): Promise<readonly string[]> {
  try {
    await using transaction = await database.read();
    const rows = await transaction.query(
      `SELECT DISTINCT CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN c.relname::text ELSE n.nspname::text || '.' || c.relname::text END AS name
       FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted AND c.relkind IN ('r', 'p')
         AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) ORDER BY name`,
    );
    return rows.map(([name]) => name ?? "");
  } catch {
    return [];
  }
}

/** A big table's size is the statistics' estimate. */
async function sizeOf(session: Session, { table }: Resolved): Promise<number> {
  const [row] = await session.query(
    "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::int8::text FROM pg_catalog.pg_class c WHERE c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree($1::oid::regclass) UNION SELECT $1::oid) AND c.relkind = 'r'",
    [table.oid],
  );
  const estimate = Number(row?.[0] ?? 0);
  if (estimate > 100_000) return estimate;
  const [counted] = await session.query(`SELECT count(*)::text FROM ${qualified(table.schema, table.name)}`);
  return Number(counted?.[0] ?? 0);
}

async function* remainingRows(session: Session, resolved: Resolved, operation: Operation, io: IO): AsyncGenerator<string> {
  const wanted = new Set(operation.records.map(({ key }) => key));
  for (const keys of chunks([...wanted], 5000)) {
    const bound = binder();
    const parts = keys.flatMap((key) => {
      const mine = partsOf(resolved.key, key);
      return mine === undefined ? [] : [mine];
    });
    const { schema, name } = resolved.table;
    const text = `SELECT ${stateTexts(resolved, "t").join(", ")} FROM ${keyRows(resolved.key, parts, bound, "k")} JOIN ${qualified(schema, name)} AS t ON ${sameKey(resolved.key, "t", "k")} ORDER BY ${keyOrder(resolved.key, "t")}`;
    for await (const rows of session.pages(text, bound.values)) {
      for (const row of rows) {
        const state = stateOf(resolved, row, io);
        // a row at the same place that is another one has another key
        if (!wanted.has(state.key)) continue;
        if (operation.change.kind === "delete" || assignmentsOf(resolved, operation.change, state, [], io).size > 0) yield state.key;
      }
    }
  }
}
