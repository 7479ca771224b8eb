/** The ledger's tables. What stands in them is decided in src/ledger. */
import { Failure } from "../errors.ts";
import type { LeafRow, LedgerReads, LedgerRows, LedgerWrites, NodePlace, NodeRow } from "../model/ledger-rows.ts";
import { bytes, type Database, integer, one, type Row, type Sql, text } from "./sql.ts";
import { unitOfWork } from "./unit-of-work.ts";

const VERSION = 1;

/** Places in one statement. */
const MANY = 200;

/**
 * The ledger in this database, which is made where it is not. Owns the database from then on. Throws STATE_UNREADABLE for
 * another version.
 */
export async function openLedgerRows(database: Database): Promise<LedgerRows> {
  const atomically = unitOfWork(database, async () => {});
  try {
    if ((await database.version(database.read)) !== VERSION)
      await atomically(async (sql) => await makeTables(database, sql));
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return {
    name: database.name,
    read: readsOn(database.read),
    atomically: async (work) => await atomically(async (sql) => await work(writesOn(sql))),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

async function makeTables(database: Database, sql: Sql): Promise<void> {
  const version = await database.version(sql);
  if (version === VERSION) return;
  if (version !== 0) throw new Failure("STATE_UNREADABLE", `${database.name} is no ledger of this version of expunge`);
  const { blob, integer: int, strict, before, fixed } = database.dialect;
  const tables = [
    ...before,
    `create table about (origin text not null, vkey text not null)${strict}`,
    `create table leaf (idx ${int} primary key, id text not null unique, leaf text not null, request text, core text, core_salt ${blob}, link text, link_salt ${blob})${strict}`,
    "create index leaf_request on leaf (request, idx)",
    `create table node (level ${int} not null, idx ${int} not null, hash ${blob} not null, primary key (level, idx))${strict}`,
    `create table checkpoint (size ${int} primary key, note text not null)${strict}`,
    ...fixed("leaf", ["idx", "id", "leaf"]),
    ...fixed("node", ["level", "idx", "hash"]),
    ...fixed("checkpoint", ["size", "note"]),
  ];
  for (const statement of tables) await sql.run(statement);
  await database.setVersion(sql, VERSION);
}

function readsOn(sql: Sql): LedgerReads {
  return {
    async about() {
      const row = await one(sql, "select origin, vkey from about");
      return row === undefined ? undefined : { origin: text(row, "origin"), vkey: text(row, "vkey") };
    },
    size: async () => integer((await one(sql, "select coalesce(max(idx) + 1, 0) as n from leaf")) ?? {}, "n"),
    has: async (id) => (await one(sql, "select 1 as found from leaf where id = ?", [id])) !== undefined,
    idsFrom: async (index) =>
      (await sql.all("select id from leaf where idx >= ? order by idx", [index])).map((row) => text(row, "id")),
    async head() {
      const row = await one(sql, "select size, note from checkpoint order by size desc limit 1");
      return row === undefined ? undefined : { size: integer(row, "size"), note: text(row, "note") };
    },
    async nodes(places) {
      const found: NodeRow[] = [];
      for (let from = 0; from < places.length; from += MANY)
        found.push(...(await nodesAt(sql, places.slice(from, from + MANY))));
      return found;
    },
    async leaves({ from, below }) {
      const rows = await sql.all(
        "select idx, id, leaf, request, core, core_salt, link, link_salt from leaf where idx >= ? and idx < ? order by idx",
        [from, below],
      );
      return rows.map(leafOf);
    },
  };
}

async function nodesAt(sql: Sql, places: readonly NodePlace[]): Promise<readonly NodeRow[]> {
  const any = places.map(() => "(level = ? and idx = ?)").join(" or ");
  const rows = await sql.all(
    `select level, idx, hash from node where ${any}`,
    places.flatMap(({ level, index }) => [level, index]),
  );
  return rows.map((row) => ({ level: integer(row, "level"), index: integer(row, "idx"), hash: bytes(row, "hash") }));
}

function leafOf(row: Row): LeafRow {
  const textOrNull = (column: string): string | null => (row[column] === null ? null : text(row, column));
  const bytesOrNull = (column: string): Uint8Array | null => (row[column] === null ? null : bytes(row, column));
  return {
    index: integer(row, "idx"),
    id: text(row, "id"),
    leaf: text(row, "leaf"),
    request: textOrNull("request"),
    core: textOrNull("core"),
    coreSalt: bytesOrNull("core_salt"),
    link: textOrNull("link"),
    linkSalt: bytesOrNull("link_salt"),
  };
}

function writesOn(sql: Sql): LedgerWrites {
  return {
    ...readsOn(sql),
    async setAbout(origin, vkey) {
      await sql.run("insert into about (origin, vkey) values (?, ?)", [origin, vkey]);
    },
    async addLeaf({ index, id, leaf, request, core, coreSalt, link, linkSalt }) {
      await sql.run(
        "insert into leaf (idx, id, leaf, request, core, core_salt, link, link_salt) values (?, ?, ?, ?, ?, ?, ?, ?)",
        [index, id, leaf, request, core, coreSalt, link, linkSalt],
      );
    },
    async addNodes(nodes) {
      for (const { level, index, hash } of nodes)
        await sql.run("insert into node (level, idx, hash) values (?, ?, ?)", [level, index, hash]);
    },
    async addHead(size, note) {
      await sql.run("insert into checkpoint (size, note) values (?, ?)", [size, note]);
    },
  };
}
