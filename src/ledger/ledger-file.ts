import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";

const SCHEMA_VERSION = 1;
/** "ELdg": tells our file from any other SQLite file. */
const APPLICATION = 0x454c6467;

const SCHEMA = `
create table about (origin text not null, vkey text not null) strict;
create table leaf (idx integer primary key, id text not null unique, leaf text not null, request text, core text, core_salt blob, link text, link_salt blob) strict;
create index leaf_request on leaf (request, idx);
create table node (level integer not null, idx integer not null, hash blob not null, primary key (level, idx)) strict, without rowid;
create table checkpoint (size integer primary key, note text not null) strict;
create trigger leaf_stays before delete on leaf begin select raise(abort, 'leaves are never deleted'); end;
create trigger leaf_is_fixed before update of idx, id, leaf on leaf begin select raise(abort, 'leaves never change'); end;
create trigger node_is_fixed before update on node begin select raise(abort, 'nodes never change'); end;
create trigger checkpoint_stays before delete on checkpoint begin select raise(abort, 'checkpoints are never deleted'); end;
create trigger checkpoint_is_fixed before update on checkpoint begin select raise(abort, 'checkpoints never change'); end;
`;

/** Opens or makes the ledger's file (mode 0600): WAL, synchronous FULL, secure delete. Throws STATE_UNREADABLE for any other file, another origin or another key. */
export function openLedgerFile(file: string, origin: string, vkey: string): DatabaseSync {
  return guarded(file, () => {
    // SQLite gives its side files the same mode
    closeSync(openSync(file, "a", 0o600));
    const db = new DatabaseSync(file, { timeout: 15_000 });
    try {
      db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on");
      transact(db, () => {
        const application = numberIn(db.prepare("pragma application_id").get(), "application_id");
        const version = numberIn(db.prepare("pragma user_version").get(), "user_version");
        const tables = numberIn(db.prepare("select count(*) as n from sqlite_schema").get(), "n");
        if (application === 0 && version === 0 && tables === 0) {
          db.exec(`${SCHEMA} pragma application_id = ${APPLICATION}; pragma user_version = ${SCHEMA_VERSION}`);
          db.prepare("insert into about (origin, vkey) values (?, ?)").run(origin, vkey);
        } else if (application !== APPLICATION || version !== SCHEMA_VERSION) {
          throw new Failure("STATE_UNREADABLE", `${file} is no ledger of this version of expunge`);
        }
      });
      const about = db.prepare("select origin, vkey from about").get();
      if (textIn(about, "origin") !== origin || textIn(about, "vkey") !== vkey)
        throw new Failure("STATE_UNREADABLE", `${file} is the ledger of another origin or another signing key`);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Turns what SQLite throws into a Failure without its message. */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
    if (code === 5 || code === 6) throw new Failure("BUSY", `${file} is in use by another process`);
    if (code === 13) throw new Failure("UNEXPECTED", `${file} cannot grow: the disk is full`);
    throw new Failure("STATE_UNREADABLE", `${file} cannot be read as a ledger`);
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
    if (db.isTransaction) db.exec("rollback");
    throw error;
  }
}

/** One look: everything read in it is of the same moment. */
export function readTogether<T>(db: DatabaseSync, work: () => T): T {
  db.exec("begin");
  try {
    return work();
  } finally {
    if (db.isTransaction) db.exec("rollback");
  }
}

type Row = Readonly<Record<string, unknown>> | undefined;

export function textIn(row: Row, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new Failure("STATE_UNREADABLE", `the ledger has no text where "${column}" should be`);
  return value;
}

export function bytesIn(row: Row, column: string): Uint8Array {
  const value = row?.[column];
  if (!(value instanceof Uint8Array)) throw new Failure("STATE_UNREADABLE", `the ledger has no bytes where "${column}" should be`);
  return value;
}

export function numberIn(row: Row, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new Failure("STATE_UNREADABLE", `the ledger has no number where "${column}" should be`);
  return value;
}
