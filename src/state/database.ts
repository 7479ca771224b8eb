import { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";

const SCHEMA_VERSION = 1;

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
export function openDatabase(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { timeout: 15_000 });
    db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on");
    transact(db, () => {
      const version = Number(db.prepare("pragma user_version").get()?.["user_version"]);
      if (version === SCHEMA_VERSION) return;
      if (version !== 0) throw new Failure("STATE_UNREADABLE", `${file} has version ${version}, this expunge reads version ${SCHEMA_VERSION}`);
      db.exec(`${SCHEMA} pragma user_version = ${SCHEMA_VERSION}`);
    });
    return db;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("STATE_UNREADABLE", `${file} cannot be read as a state database`);
  }
}

/** One write transaction: everything or nothing, and durable when it returns. */
export function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec("begin immediate");
  try {
    const result = work();
    db.exec("commit");
    return result;
  } catch (error) {
    db.exec("rollback");
    throw error;
  }
}

/** The next number of a named sequence, from 1. Call inside a transaction. */
export function nextNumber(db: DatabaseSync, name: string): number {
  const row = db.prepare("insert into counter (name, value) values (?, 1) on conflict (name) do update set value = value + 1 returning value").get(name);
  return Number(row?.["value"]);
}
