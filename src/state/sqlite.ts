import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";
import { type Database, integer, one, type Sql, type SqlTransaction } from "./sql.ts";

/** How long another process may keep us waiting. */
const PATIENCE_MS = 15_000;

/** A file: WAL, synchronous FULL, secure delete. Throws STATE_UNREADABLE for any other file. */
export function openSqlite(file: string): Database {
  return guarded(file, () => {
    const db = new DatabaseSync(file, { timeout: PATIENCE_MS });
    try {
      db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on");
      // of its own, so that a look never sees half of a transaction
      return database(file, db, new DatabaseSync(file, { timeout: PATIENCE_MS, readOnly: true }));
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function database(file: string, db: DatabaseSync, reader: DatabaseSync): Database {
  return {
    name: file,
    dialect: { blob: "blob", integer: "integer", strict: " strict" },
    version: async (sql) => integer((await one(sql, "pragma user_version")) ?? {}, "user_version"),
    async setVersion(sql, version) {
      await sql.run(`pragma user_version = ${version}`);
    },
    begin: async () => await begin(file, db),
    read: sqlOn(file, reader),
    async cut() {
      // the write-ahead log still has the old pages until it is cut
      const row = guarded(file, () => db.prepare("pragma wal_checkpoint(truncate)").get());
      return row?.["busy"] === 0;
    },
    async [Symbol.asyncDispose]() {
      for (const connection of [reader, db]) if (connection.isOpen) connection.close();
    },
  };
}

/** Waits without standing in the way of what else this process does: the other one may be ours too. */
async function begin(file: string, db: DatabaseSync): Promise<SqlTransaction> {
  db.exec("pragma busy_timeout = 0");
  try {
    for (const until = Date.now() + PATIENCE_MS; ; await sleep(5 + Math.random() * 15)) {
      try {
        db.exec("begin immediate");
        break;
      } catch (error) {
        if (!isBusy(error) || Date.now() > until) throw translated(file, error);
      }
    }
  } finally {
    db.exec(`pragma busy_timeout = ${PATIENCE_MS}`);
  }
  return {
    ...sqlOn(file, db),
    commit: async () => guarded(file, () => db.exec("commit")),
    async rollback() {
      if (db.isTransaction) db.exec("rollback");
    },
  };
}

function sqlOn(file: string, db: DatabaseSync): Sql {
  return {
    clock: "cast(unixepoch('subsec') * 1000 as integer)",
    all: async (text, values = []) => guarded(file, () => db.prepare(text).all(...values)),
    run: async (text, values = []) => guarded(file, () => Number(db.prepare(text).run(...values).changes)),
  };
}

/** Turns what SQLite throws into a Failure without its message, which may bear values. */
function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translated(file, error);
  }
}

function translated(file: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (isBusy(error)) return new Failure("BUSY", `${file} is in use by another process`);
  if (code === 13) return new Failure("UNEXPECTED", `${file} cannot grow: the disk is full`);
  return new Failure("STATE_UNREADABLE", `${file} cannot be read as a state database (SQLite ${code})`);
}

function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === 5 || code === 6;
}

/** SQLite's own code of what went wrong; undefined for what SQLite did not throw. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
