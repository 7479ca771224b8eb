import { Pool, type PoolClient, types } from "pg";
import { Failure } from "../errors.ts";
import type { Dialect } from "./schema.ts";
import { type Database, integer, one, type Row, type Sql, type SqlTransaction, type SqlValue } from "./sql.ts";

/** State and ledger are two, as they are two files elsewhere: each has its own version and one writer at a time. */
export type Part = "state" | "ledger";

const SCHEMA = "expunge";
/** "expu": the first half of our advisory locks; the second tells the part. */
const LOCK = 0x65787075;
const PARTS: Readonly<Record<Part, number>> = { state: 1, ledger: 2 };

/**
 * Whoever writes waits for the one lock, so that a transaction sees what all before it wrote and runs once, as on SQLite.
 * `SET LOCAL` only: it works behind a pooler that hands out a connection per transaction.
 */
const begins = (part: Part): string => `begin isolation level read committed read write;
set local search_path = ${SCHEMA}; set local lock_timeout = '15s'; set local statement_timeout = '60s'; set local idle_in_transaction_session_timeout = '60s';
select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off';
select pg_advisory_xact_lock(${LOCK}, ${PARTS[part]})`;

const LOOK = `begin read only; set local search_path = ${SCHEMA}; set local statement_timeout = '60s'`;

/** What a request's end destroys lies here until the dead rows are removed. */
const DESTROYED = [
  "request_key",
  "sealed",
  "note",
  "held_key",
  "held",
  "image_key",
  "image",
  "legal_hold_key",
  "legal_hold_sealed",
];

/** The schema `expunge` of a database (PostgreSQL 13 or newer). `name`: of the secret, for messages. Connects at the first use. */
export function openPostgres(url: string, name: string, part: Part): Database {
  const pool = poolOf(url, name);
  const where = `the database of the secret "${name}"`;
  return {
    name: where,
    dialect: DIALECT,
    async version(sql) {
      const [there] = await sql.all(`select to_regclass('${SCHEMA}.version') is not null as found`);
      if (there?.["found"] !== true) return 0;
      const row = await one(sql, "select version from version where part = ?", [part]);
      return row === undefined ? 0 : integer(row, "version");
    },
    async setVersion(sql, version) {
      await sql.run("create table if not exists version (part text primary key, version bigint not null)");
      await sql.run(
        "insert into version (part, version) values (?, ?) on conflict (part) do update set version = excluded.version",
        [part, version],
      );
    },
    begin: async () => await begin(pool, where, begins(part)),
    read: {
      clock: CLOCK,
      all: async (text, values) => await looking(pool, where, async (sql) => await sql.all(text, values)),
      run: async (text, values) => await looking(pool, where, async (sql) => await sql.run(text, values)),
    },
    async cut() {
      if (part === "state")
        for (const table of DESTROYED) await guarded(where, async () => await pool.query(`vacuum ${SCHEMA}.${table}`));
      return true;
    },
    [Symbol.asyncDispose]: async () => await pool.end(),
  };
}

const CLOCK = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

const DIALECT: Dialect = {
  blob: "bytea",
  integer: "bigint",
  strict: "",
  before: [`do $do$ begin if to_regnamespace('${SCHEMA}') is null then create schema ${SCHEMA}; end if; end $do$`],
  fixed: (table, columns) => [
    `create function ${table}_is_fixed() returns trigger language plpgsql as $fixed$ begin
      if tg_op <> 'UPDATE' then raise exception '${table} rows are never deleted'; end if;
      if (${columns.map((column) => `new.${column}`).join(", ")}) is distinct from (${columns.map((column) => `old.${column}`).join(", ")})
        then raise exception '${table} rows never change'; end if;
      return new; end $fixed$`,
    `create trigger ${table}_is_fixed before update or delete on ${table} for each row execute function ${table}_is_fixed()`,
    `create trigger ${table}_stays before truncate on ${table} for each statement execute function ${table}_is_fixed()`,
  ],
};

function poolOf(url: string, name: string): Pool {
  if (!/^postgres(?:ql)?:\/\//u.test(url) || !URL.canParse(url))
    throw new Failure("SYSTEM_UNREACHABLE", `the secret "${name}" is no postgres:// URL`);
  const { searchParams } = new URL(url);
  if (searchParams.get("sslmode") === "no-verify" || searchParams.has("uselibpqcompat"))
    throw new Failure("SECRET_UNSAFE", `the URL of the secret "${name}" switches the check of the certificate off`, {
      help: "Use sslmode=verify-full, with sslrootcert where the authority is your own.",
    });
  const pool = new Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 10_000,
    application_name: "expunge workspace",
    types: { getTypeParser: (id, format) => (id === types.builtins.INT8 ? Number : types.getTypeParser(id, format)) },
  });
  // an idle connection that breaks is noticed at its next use
  pool.on("error", () => {});
  return pool;
}

async function begin(pool: Pool, where: string, start: string): Promise<SqlTransaction> {
  const client = await guarded(where, async () => await pool.connect());
  let [broken, ended] = [false, false];
  client.on("error", lost);
  function lost(): void {
    broken = true;
  }
  const release = (): void => {
    if (ended) return;
    ended = true;
    client.off("error", lost);
    client.release(broken);
  };
  const rollback = async (): Promise<void> => {
    if (ended) return;
    // a connection that cannot even take this back is thrown away, and the server rolls back
    await client.query("rollback").catch(lost);
    release();
  };
  try {
    await guarded(where, async () => await client.query(start));
  } catch (error) {
    await rollback();
    throw error;
  }
  return {
    ...sqlOn(client, where),
    rollback,
    async commit() {
      // in a transaction that an error has ended COMMIT is answered with ROLLBACK
      const { command } = await guarded(where, async () => await client.query("commit"));
      release();
      if (command !== "COMMIT")
        throw new Failure("UNEXPECTED", `${where} did not keep a transaction in which a statement had failed`);
    },
  };
}

async function looking<T>(pool: Pool, where: string, look: (sql: Sql) => Promise<T>): Promise<T> {
  const transaction = await begin(pool, where, LOOK);
  try {
    return await look(transaction);
  } finally {
    await transaction.rollback();
  }
}

function sqlOn(client: PoolClient, where: string): Sql {
  const query = async (text: string, values: readonly SqlValue[] = []) => {
    let at = 0;
    const numbered = text.replaceAll("?", () => `$${(at += 1)}`);
    return await guarded(where, async () => await client.query<Row>(numbered, [...values]));
  };
  return {
    clock: CLOCK,
    all: async (text, values) => (await query(text, values)).rows,
    run: async (text, values) => (await query(text, values)).rowCount ?? 0,
  };
}

/** Turns what the driver throws into a Failure without its message, which may bear values. */
async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translated(error, where);
  }
}

function translated(error: unknown, where: string): Failure {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  // what is no SQLSTATE came from the network, or from the driver about it
  if (!/^[0-9A-Z]{5}$/u.test(code) || code.startsWith("08") || code.startsWith("57P") || code.startsWith("3D"))
    return new Failure("SYSTEM_UNREACHABLE", `${where} cannot be reached${code === "" ? "" : ` (${code})`}`);
  if (code.startsWith("28")) return new Failure("CREDENTIALS_REFUSED", `${where} refuses the credentials`);
  if (code === "42501")
    return new Failure("NOT_PERMITTED", `${where} does not let this role make or use the schema ${SCHEMA}`, {
      help: `Have it made by an administrator: create schema ${SCHEMA} authorization ROLE.`,
    });
  if (code === "55P03" || code === "57014" || code === "25P03")
    return new Failure("BUSY", `${where} is in use by another process`);
  if (code.startsWith("53"))
    return new Failure("SYSTEM_UNREACHABLE", `${where} has no room or no connection left (${code})`);
  return new Failure("STATE_UNREADABLE", `${where} cannot be read as a workspace (${code})`);
}
