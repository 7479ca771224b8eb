import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";
import type { Database, Sql, SqlTransaction } from "./sql.ts";

const SCHEMA_VERSION = 1;
const PATIENCE_MS = 15_000;

const SCHEMA = `
create table counter (name text primary key, value integer not null) strict;
create table request (id text primary key, body text not null, state text not null) strict;
create table request_key (request text primary key, wrapped blob not null) strict;
create table sealed (request text not null, name text not null, seq integer not null, bytes blob not null, primary key (request, name, seq)) strict;
create table plan (id text primary key, request text not null, body text not null, made_at text not null, completed_at text, result text, verified text) strict;
create table approval (plan text primary key, body text not null) strict;
create table unit (plan text not null, id text not null, seq integer not null, phase integer not null, system text not null, steps text not null, after text not null,
  state text not null, primary key (plan, id)) strict;
create table note (plan text not null, unit text not null, seq integer not null, text text not null, primary key (plan, unit, seq)) strict;
create table receipt (plan text not null, step text not null, body text not null, primary key (plan, step)) strict;
create table outbox (id text primary key, seq integer not null, entry text not null, sealed integer not null default 0) strict;
create index outbox_open on outbox (seq) where sealed = 0;
create table lock (name text primary key, pid integer not null, started text not null, taken_at text not null) strict;
create table held_key (request text primary key, wrapped blob not null) strict;
create table held (request text not null, system text not null, record text not null, until text not null, reason text not null, bytes blob not null) strict;
`;

/**
 * Opens or makes the state database: WAL, synchronous FULL, secure delete. Throws STATE_UNREADABLE for a damaged file or
 * another version.
 */
export function openSqlite(file: string): Database {
  const db = opened(file);
  // of its own, so that a look never sees half of a transaction
  const reader = new DatabaseSync(file, { timeout: PATIENCE_MS, readOnly: true });
  return {
    begin: async () => await begin(db, file),
    read: sqlOn(reader),
    // the write-ahead log still has the old pages until it is cut
    cut: async () => db.exec("pragma busy_timeout = 2000; pragma wal_checkpoint(truncate)"),
    async [Symbol.asyncDispose]() {
      for (const connection of [reader, db]) if (connection.isOpen) connection.close();
    },
  };
}

function opened(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { timeout: PATIENCE_MS });
    db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on");
    db.exec("begin immediate");
    const version = Number(db.prepare("pragma user_version").get()?.["user_version"]);
    if (version !== SCHEMA_VERSION && version !== 0)
      throw new Failure("STATE_UNREADABLE", `${file} has version ${version}, this expunge reads version ${SCHEMA_VERSION}`);
    if (version === 0) db.exec(`${SCHEMA} pragma user_version = ${SCHEMA_VERSION}`);
    db.exec("commit");
    return db;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("STATE_UNREADABLE", `${file} cannot be read as a state database`);
  }
}

/** Waits without standing in the way of what else this process does: the other one may be ours too. */
async function begin(db: DatabaseSync, file: string): Promise<SqlTransaction> {
  db.exec("pragma busy_timeout = 0");
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(5 + Math.random() * 15)) {
    try {
      db.exec("begin immediate");
      break;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (Date.now() > until) throw new Failure("BUSY", `${file} is in use by another process`);
    }
  }
  return {
    ...sqlOn(db),
    commit: async () => db.exec("commit"),
    async rollback() {
      if (db.isTransaction) db.exec("rollback");
    },
  };
}

function sqlOn(db: DatabaseSync): Sql {
  return {
    all: async (text, values = []) => db.prepare(text).all(...values),
    run: async (text, values = []) => Number(db.prepare(text).run(...values).changes),
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" && (error.errcode & 0xff) === 5;
}
