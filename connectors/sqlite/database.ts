import { access, constants, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { setImmediate as breathe } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO } from "../../src/port/connector.ts";
import { NEVER } from "../../src/port/pace.ts";
import { retry } from "../../src/port/retry.ts";
import { failureOf, isBusy, mustRecover, translate } from "./errors.ts";

/** As SQLite keeps it: every value has a type of its own. */
export type Value = SQLOutputValue;
export type Row = readonly Value[];

/** A connection. Statements are done at once and never wait for the event loop; what they throw is a `Failure` or a `Refusal`. */
export interface Database extends AsyncDisposable {
  readonly path: string;
  /** Changes with every change of the schema. */
  version(): bigint;
  all(text: string, values?: readonly SQLInputValue[]): readonly Row[];
  /** How many rows the statement itself changed, those that triggers and cascades did left out. */
  change(text: string, values?: readonly SQLInputValue[]): number;
  exec(text: string): void;
  /** Row by row, flat in memory; Ctrl-C ends it. */
  each(text: string, values?: readonly SQLInputValue[]): AsyncGenerator<Row>;
  /** SQL that is true where this holds of an expression's value: it is judged here, and SQLite skips the other rows. */
  condition(holds: (value: Value) => boolean): (expression: string) => string;
  /** Begins or commits as soon as no other process stands in the way. Throws `Refusal`. */
  patiently(text: "BEGIN IMMEDIATE" | "COMMIT"): Promise<void>;
  readonly inTransaction: boolean;
  /** What a statement would do, told by SQLite when it is prepared; nothing is done. */
  authorised(text: string): readonly Deed[];
}

/** As SQLite's authoriser tells it. */
export interface Deed {
  readonly code: number;
  readonly table: string;
  readonly schema: string | null;
  /** The trigger that does it; null: the statement itself, or a foreign key. */
  readonly trigger: string | null;
}

/** A statement waits so long for a lock; longer waits are for whoever can be stopped. */
const WAIT_MS = 1000;
/** How long another process is waited for. */
const PATIENCE = { tries: 200, first: 20, most: 40, within: 4000 };
const BREATH_MS = 100;

/** The file's path. Throws SYSTEM_UNREACHABLE where it is not there: nothing is ever made. */
async function pathOf({ name, connect }: SystemBlock, io: IO): Promise<string> {
  const given = connect.file ?? (connect.secret === undefined ? "" : io.secret(connect.secret));
  const path = resolve(io.base, given);
  const help = "Check the path in the data map: an empty database is never made in its place.";
  const found = await stat(path).catch((error: unknown) => {
    const denied = error instanceof Error && "code" in error && error.code === "EACCES";
    throw denied
      ? new Failure("NOT_PERMITTED", `${name}: the folder of the database's file may not be read`)
      : new Failure("SYSTEM_UNREACHABLE", `${name}: the database's file is not there`, { help });
  });
  if (!found.isFile())
    throw new Failure("SYSTEM_UNREACHABLE", `${name}: what stands at the database's path is no file`, { help });
  // SQLite lays its own files beside the file itself, not beside a link to it
  return await realpath(path);
}

/** Whether this user may write the file and what SQLite lays beside it. */
export async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    await access(dirname(path), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** To look: SQLite refuses every write. */
export async function openToRead(block: SystemBlock, io: IO): Promise<Database> {
  const path = await pathOf(block, io);
  try {
    return openAt(path, block.name, io, true);
  } catch (error) {
    if (!mustRecover(error)) throw failureOf(translate(error, block.name), block.name);
  }
  // what a process left that died in the middle of a write is rolled back by whoever comes next and may write
  await (await openToWrite(block, io))[Symbol.asyncDispose]();
  return opened(block, () => openAt(path, block.name, io, true));
}

export async function openToWrite(block: SystemBlock, io: IO): Promise<Database> {
  const path = await pathOf(block, io);
  return opened(block, () => openAt(path, block.name, io, false));
}

function opened({ name }: SystemBlock, open: () => Database): Database {
  try {
    return open();
  } catch (error) {
    throw failureOf(translate(error, name), name);
  }
}

/** What is freed is overwritten, also where the application does not ask for it; triggers fire as they do for the application. */
const SETTINGS =
  "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = OFF; PRAGMA synchronous = FULL";

function openAt(path: string, system: string, io: IO, readOnly: boolean): Database {
  const url = pathToFileURL(path);
  url.searchParams.set("mode", readOnly ? "ro" : "rw");
  const sqlite = new DatabaseSync(url, { readOnly, timeout: WAIT_MS, enableForeignKeyConstraints: true });
  try {
    sqlite.exec(readOnly ? "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON" : SETTINGS);
    // the first look at the file: what is no database shows here
    sqlite.prepare("SELECT count(*) FROM sqlite_schema").get();
    if (Object.values(sqlite.prepare("PRAGMA foreign_keys").get() ?? {})[0] !== 1)
      throw new Failure("UNEXPECTED_ANSWER", `${system}: this SQLite does not keep foreign keys`);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return databaseOver(sqlite, path, system, io);
}

/** Statements that are kept prepared. */
const KEPT = 64;

function databaseOver(sqlite: DatabaseSync, path: string, system: string, io: IO): Database {
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw translate(error, system);
    }
  };
  const conditions: ((value: Value) => boolean)[] = [];
  let breathed = performance.now();
  sqlite.function("expunge_holds", { useBigIntArguments: true, directOnly: true }, (at, value) => {
    // from time to time a row comes through that need not, so that Ctrl-C is heard
    return conditions[Number(at)]?.(value) === true || performance.now() - breathed > BREATH_MS ? 1 : 0;
  });
  const prepared = (text: string) => {
    const statement = sqlite.prepare(text);
    statement.setReadBigInts(true);
    // by their order: two columns may have one name
    statement.setReturnArrays(true);
    return statement;
  };
  // most are sent once a row: those that were sent last are kept as they were prepared
  const kept = new Map<string, StatementSync>();
  const again = (text: string) => {
    const statement = kept.get(text) ?? prepared(text);
    kept.delete(text);
    kept.set(text, statement);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return statement;
  };
  const all = (text: string, values: readonly SQLInputValue[] = []) =>
    guarded(() =>
      again(text)
        .all(...values)
        .map((row) => Object.values(row)),
    );
  return {
    path,
    all,
    version() {
      const [row] = all("PRAGMA schema_version");
      return typeof row?.[0] === "bigint" ? row[0] : 0n;
    },
    change: (text, values = []) => guarded(() => Number(again(text).run(...values).changes)),
    exec: (text) => guarded(() => sqlite.exec(text)),
    async *each(text, values = []) {
      const rows = guarded(() => prepared(text).iterate(...values));
      try {
        for (;;) {
          const next = guarded(() => rows.next());
          if (next.done === true) return;
          yield Object.values(next.value);
          if (performance.now() - breathed < BREATH_MS) continue;
          await breathe();
          breathed = performance.now();
          if (io.signal.aborted) throw new Failure("INTERRUPTED", "stopped");
        }
      } finally {
        rows.return?.();
      }
    },
    condition(holds) {
      const at = conditions.push(holds) - 1;
      return (expression) => `expunge_holds(${at}, ${expression})`;
    },
    async patiently(text) {
      if (text !== "COMMIT" && io.signal.aborted) throw new Failure("INTERRUPTED", "stopped");
      const step = async () => {
        sqlite.exec(text);
        await Promise.resolve();
      };
      // what is noted is carried out, whatever is pressed
      const world = { pace: io.pace, signal: text === "COMMIT" ? NEVER : io.signal };
      try {
        await retry(step, { ...PATIENCE, error: isBusy }, world);
      } catch (error) {
        throw translate(error, system);
      }
    },
    get inTransaction() {
      return sqlite.isTransaction;
    },
    authorised(text) {
      const deeds: Deed[] = [];
      sqlite.setAuthorizer((code, table, _column, schema, trigger) => {
        deeds.push({ code, table: table ?? "", schema, trigger });
        return 0;
      });
      try {
        guarded(() => sqlite.prepare(text));
      } finally {
        sqlite.setAuthorizer(null);
      }
      return deeds;
    },
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
      if (sqlite.isOpen) sqlite.close();
    },
  };
}

/** Index's collation by column, for a table made by this statement, in a database of its own in memory. */
export function collationsIn(
  made: string,
  table: string,
  columns: readonly string[],
): ReadonlyMap<string, string> | undefined {
  using memory = new DatabaseSync(":memory:");
  try {
    memory.exec(made);
    memory.exec(`CREATE INDEX expunge_columns ON ${quoted(table)} (${columns.map(quoted).join(", ")})`);
    const rows = memory
      .prepare("SELECT name, coll FROM pragma_index_xinfo('expunge_columns') WHERE key = 1 ORDER BY seqno")
      .all();
    return new Map(rows.map(({ name, coll }) => [String(name), String(coll).toUpperCase()]));
  } catch {
    return undefined;
  }
}

/** A name as SQL wants it: quoted, so that any name means itself. Values never go this way: they are bound. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
