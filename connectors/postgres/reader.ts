import { Failure } from "../../src/errors.ts";
import type { Residue } from "../../src/model/change.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO, Reader } from "../../src/port/connector.ts";
import { sqlReader } from "../../src/sql/reader.ts";
import { placeName } from "./catalog.ts";
import { checkTargets } from "./check.ts";
import { failureOf, isLocked } from "./errors.ts";
import { tryFigure } from "./figures.ts";
import { gapsIn } from "./gaps.ts";
import { openPlaces, type Structure } from "./place.ts";
import { referenceOf } from "../../src/sql/cascades.ts";
import { linksOf, walkReferences } from "./references.ts";
import { remainingIn } from "./remaining.ts";
import { type Keeping, keepingOf, residueOf } from "./residue.ts";
import { type Place, type Resolved, resolveTarget } from "./resolved.ts";
import { attempt, type Database, type Looking, openDatabase } from "./session.ts";
import { qualified } from "./sql.ts";
import type { Session } from "./transaction.ts";
import { writesOf } from "./writes.ts";

export async function openReader(block: SystemBlock, structure: Structure, io: IO): Promise<Reader> {
  const database = await openDatabase(block.name, secretOf(block), {}, io, () => structure.text());
  try {
    // one that cannot be had is said at once; whoever looks first goes on with it
    await using _ = await database.read();
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  const places = openPlaces(block, structure);
  const residue = residueOnce(block);
  return sqlReader<Place, Resolved>(block, io, {
    looking: (where, targets, look) =>
      inTransaction(database, where, async function* (session) {
        residue.looked();
        yield* look(await places.for(session, targets));
      }),
    space: async ({ session }) => await spaceOf(session),
    table: resolveTarget,
    look: (place) => remainingIn(place, io),
    check: checkTargets,
    links: ({ catalog }, tables) => linksOf(catalog, block, tables),
    writes: writesOf,
    gaps: ({ session }, resolved, lookups) => gapsIn(session, resolved, lookups),
    async *references({ session, catalog }, resolved, keys) {
      const walk = { session, catalog, block, io, locking: "none" as const };
      for await (const found of walkReferences(walk, resolved, keys))
        yield referenceOf(found, block, resolved.target.record.id);
    },
    size: async ({ session }, resolved) => await sizeOf(session, resolved),
    figure: async ({ session }, assertion) => await tryFigure(session, assertion, block.name),
    residue: residue.of,
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  });
}

export function secretOf({ name, connect }: SystemBlock): string {
  if (connect.secret === undefined) throw new Failure("SECRET_MISSING", `${name} names no secret`);
  return connect.secret;
}

/** What is kept is asked for all record types at once, and again for one that was told already or as soon as anything else was looked at in between. */
function residueOnce({ records }: SystemBlock) {
  let looks = 0;
  let known: { readonly keeping: Keeping; readonly told: Set<string>; look: number } | undefined;
  return {
    looked: () => void (looks += 1),
    async *of({ session, catalog }: Place, resolved: Resolved): AsyncGenerator<Residue> {
      const { id } = resolved.target.record;
      if (known === undefined || known.look !== looks - 1 || known.told.has(id)) {
        const tables = records.flatMap(({ place }) =>
          (catalog.places.get(placeName(place)) ?? []).flatMap(({ oid }) => catalog.table(oid) ?? []),
        );
        const keeping = await keepingOf(session, [...new Set([resolved.table, ...tables])]);
        known = { keeping, told: new Set(), look: looks };
      }
      known.told.add(id);
      known.look = looks;
      yield* residueOf(known.keeping, resolved);
    },
  };
}

async function* inTransaction<T>(
  database: Database,
  where: string,
  look: (session: Looking) => AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    await using transaction = await database.read();
    yield* look(transaction);
  } catch (error) {
    throw await failureWhileReading(database, error, where);
  }
}

/** The cluster's own number, where this user may ask for it: it is the same through every pooler and address. */
async function spaceOf(session: Session): Promise<string> {
  const text = (cluster: string) =>
    `SELECT d.oid::text, ${cluster} FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`;
  const [known] = await attempt(session, text("(SELECT system_identifier::text FROM pg_catalog.pg_control_system())"));
  const address = "pg_catalog.concat_ws(' ', pg_catalog.inet_server_addr(), pg_catalog.inet_server_port())";
  const [oid, cluster] = known ?? (await session.query(text(address)))[0] ?? [];
  return `postgres ${cluster ?? ""} ${oid ?? ""}`;
}

/** Nothing was begun: a table that cannot be looked at is one that is out of reach. */
async function failureWhileReading(database: Database, error: unknown, where: string): Promise<unknown> {
  if (!isLocked(error)) return failureOf(error, where);
  const names = await lockedTables(database);
  const what =
    names.length === 0
      ? "a table is"
      : names.length === 1
        ? `table ${names.join("")} is`
        : `one of the tables ${names.join(", ")} is`;
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
async function sizeOf(session: Session, { table, catalog }: Resolved): Promise<number> {
  const estimate = [table, ...catalog.descendants(table)].reduce(
    (sum, { rows, kind }) => sum + (kind === "r" ? Math.max(rows, 0) : 0),
    0,
  );
  if (estimate > 100_000) return estimate;
  const [counted] = await session.query(`SELECT count(*)::text FROM ${qualified(table.schema, table.name)}`);
  return Number(counted?.[0] ?? 0);
}
