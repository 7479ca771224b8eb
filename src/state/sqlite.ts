import { closeSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Failure, refusedByDisk } from "../errors.ts";
import { NEVER, openPace } from "../port/pace.ts";
import { retry } from "../port/retry.ts";
import type { Dialect } from "./schema.ts";
import { type Database, integer, one, type Sql, type SqlTransaction } from "./sql.ts";

/** How long another process may keep us waiting. */
const PATIENCE_MS = 15_000;
const BUSY = { tries: 5000, first: 10, most: 10, within: PATIENCE_MS };

/** What a file is for; `application` tells it from any other SQLite file. */
export interface FileKind {
  readonly words: string;
  readonly application: number;
}

export const STATE_FILE: FileKind = { words: "a state database", application: 0 };

/** "ELdg" */
export const LEDGER_FILE: FileKind = { words: "a ledger", application: 0x454c6467 };

/** A file (mode 0600): WAL, synchronous FULL, secure delete. Throws STATE_UNREADABLE for any other file. */
export function openSqlite(file: string, kind = STATE_FILE): Database {
  const guarded = <T>(work: () => T): T => guardedBy(file, kind, work);
  return guarded(() => {
    // SQLite gives its side files the same mode
    closeSync(openSync(file, "a", 0o600));
    const db = new DatabaseSync(file, { timeout: PATIENCE_MS });
    try {
      db.exec(
        "pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on",
      );
      // of its own, so that a look never sees half of a transaction
      return database(file, kind, db, new DatabaseSync(file, { timeout: PATIENCE_MS, readOnly: true }));
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function database(file: string, kind: FileKind, db: DatabaseSync, reader: DatabaseSync): Database {
  const written = sqlOn(file, kind, db);
  return {
    name: file,
    dialect: DIALECT,
    version: async (sql) => await versionOf(file, kind, sql),
    async setVersion(sql, version) {
      await sql.run(`pragma application_id = ${kind.application}`);
      await sql.run(`pragma user_version = ${version}`);
    },
    begin: async () => await begin(file, kind, db, written),
    read: sqlOn(file, kind, reader),
    async cut() {
      // the write-ahead log still has the old pages until it is cut
      const row = guardedBy(file, kind, () => db.prepare("pragma wal_checkpoint(truncate)").get());
      return row?.["busy"] === 0;
    },
    async [Symbol.asyncDispose]() {
      for (const connection of [reader, db]) if (connection.isOpen) connection.close();
    },
  };
}

const DIALECT: Dialect = {
  blob: "blob",
  integer: "integer",
  strict: " strict",
  before: [],
  fixed: (table, columns) => [
    `create trigger ${table}_stays before delete on ${table} begin select raise(abort, '${table} rows are never deleted'); end`,
    `create trigger ${table}_is_fixed before update of ${columns.join(", ")} on ${table} begin select raise(abort, '${table} rows never change'); end`,
  ],
};

/** 0 for a file without anything in it. */
async function versionOf(file: string, kind: FileKind, sql: Sql): Promise<number> {
  const number = async (statement: string, column: string): Promise<number> =>
    integer((await one(sql, statement)) ?? {}, column);
  const application = await number("pragma application_id", "application_id");
  const version = await number("pragma user_version", "user_version");
  if (application === kind.application && version > 0) return version;
  if (application === 0 && version === 0 && (await number("select count(*) as n from sqlite_schema", "n")) === 0)
    return 0;
  throw new Failure("STATE_UNREADABLE", `${file} is not ${kind.words} of expunge`);
}

/** Waits without standing in the way of what else this process does: the other one may be ours too. */
async function begin(file: string, kind: FileKind, db: DatabaseSync, sql: Sql): Promise<SqlTransaction> {
  db.exec("pragma busy_timeout = 0");
  try {
    const start = async () => {
      db.exec("begin immediate");
      await Promise.resolve();
    };
    await retry(start, { ...BUSY, error: isBusy }, { pace: openPace(), signal: NEVER });
  } catch (error) {
    throw translated(file, kind, error);
  } finally {
    db.exec(`pragma busy_timeout = ${PATIENCE_MS}`);
  }
  return {
    ...sql,
    commit: async () => guardedBy(file, kind, () => db.exec("commit")),
    async rollback() {
      if (db.isTransaction) db.exec("rollback");
    },
  };
}

function sqlOn(file: string, kind: FileKind, db: DatabaseSync): Sql {
  // a batch says the same thousands of times
  const known = new Map<string, StatementSync>();
  const statement = (text: string): StatementSync => {
    const one = known.get(text) ?? db.prepare(text);
    known.set(text, one);
    return one;
  };
  return {
    clock: "cast(unixepoch('subsec') * 1000 as integer)",
    all: async (text, values = []) => guardedBy(file, kind, () => statement(text).all(...values)),
    run: async (text, values = []) => guardedBy(file, kind, () => Number(statement(text).run(...values).changes)),
  };
}

/** Turns what SQLite throws into a Failure without its message, which may bear values. */
function guardedBy<T>(file: string, kind: FileKind, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translated(file, kind, error);
  }
}

function translated(file: string, kind: FileKind, error: unknown): unknown {
  // the folder is not there, is not ours, or is full
  const refused = refusedByDisk(error, file);
  if (refused !== undefined) return refused;
  if (error instanceof Error && "syscall" in error && "code" in error)
    return new Failure("STATE_UNREADABLE", `${file} cannot be opened as ${kind.words} (${String(error.code)})`);
  const code = codeOf(error);
  if (code === undefined) return error;
  if (isBusy(error)) return new Failure("BUSY", `${file} is in use by another process`);
  // SQLite tells a full disk from a damaged one only where it writes the file itself, not its side files
  if (code === 13 || (code === 10 && isFull(file)))
    return new Failure("NO_ROOM", `${file} cannot grow: the disk is full`);
  if (code === 8) return new Failure("NOT_PERMITTED", `${file} cannot be opened to be written by this user`);
  return new Failure("STATE_UNREADABLE", `${file} cannot be read as ${kind.words} (SQLite ${code})`);
}

function isFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < 65_536;
  } catch {
    return false;
  }
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === 5 || code === 6;
}

/** SQLite's own code of what went wrong; undefined for what SQLite did not throw. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;
}
