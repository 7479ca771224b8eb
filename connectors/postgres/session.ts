import { Pool, type PoolClient } from "pg";
import type { IO } from "../../src/port/connector.ts";
import { Failure } from "../../src/errors.ts";
import { Refusal, translate } from "./errors.ts";
import { quoted, type Value } from "./sql.ts";

/** Every value comes as text: statements cast, so that no int8 or timestamp is ever rounded by JavaScript. */
export type Row = readonly (string | null)[];

export interface Session {
  /** Columns must be cast to text. */
  query(text: string, values?: readonly Value[]): Promise<readonly Row[]>;
  /** A statement that changes rows: how many the server says it changed. */
  change(text: string, values?: readonly Value[]): Promise<number>;
  /** Rows through a cursor, a page at a time. */
  pages(text: string, values: readonly Value[]): AsyncIterable<readonly Row[]>;
}

/** A transaction. Whatever was not committed is rolled back when it is disposed of. */
export interface Transaction extends Session, AsyncDisposable {
  commit(): Promise<void>;
}

export interface Database extends AsyncDisposable {
  read(): Promise<Transaction>;
  write(): Promise<Transaction>;
}

const PAGE = 1000;
const OLDEST = 130_000;

const READ = `BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL row_security = off; SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '30min'; SET LOCAL cursor_tuple_fraction = 1; SET LOCAL jit = off`;
const WRITE = `BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ WRITE;
SET LOCAL row_security = off; SET LOCAL lock_timeout = '4s'; SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '5min'`;

/**
 * Connections to one database, opened when needed. `SET LOCAL` only, and nothing outlives a transaction: it also works
 * behind a pooler that hands out a connection per transaction.
 */
export async function openDatabase(system: string, secret: string, settings: Readonly<Record<string, string>>, io: IO): Promise<Database> {
  const url = databaseUrl(system, io.secret(secret));
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 0,
    application_name: "expunge",
  });
  // an idle connection that breaks is noticed at its next use
  pool.on("error", () => {});
  const begin = async (start: string, stopAtOnce: boolean): Promise<Transaction> => {
    if (io.signal.aborted) throw interrupted();
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw translate(error, system);
    }
    const transaction = transactionOn(client, system, io.signal, stopAtOnce, () => open.delete(transaction));
    open.add(transaction);
    try {
      await transaction.query(start);
      return transaction;
    } catch (error) {
      await transaction[Symbol.asyncDispose]();
      throw error;
    }
  };
  // one that a caller left open would keep the pool from ending
  const open = new Set<Transaction>();
  let ended: Promise<void> | undefined;
  const database: Database = {
    read: async () => await begin(READ, true),
    async write() {
      const transaction = await begin(WRITE, false);
      try {
        for (const [name, value] of Object.entries(settings))
          await transaction.query("SELECT pg_catalog.set_config($1, $2, true)", [name, value.replaceAll(":request", io.request)]);
        return transaction;
      } catch (error) {
        await transaction[Symbol.asyncDispose]();
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...open].map(async (transaction) => await transaction[Symbol.asyncDispose]()));
      ended ??= pool.end();
      await ended;
    },
  };
  try {
    await using transaction = await database.read();
    const [row] = await transaction.query("SELECT pg_catalog.current_setting('server_version_num')");
    if (Number(row?.[0]) < OLDEST) throw new Failure("ACTION_REFUSED", `${system}: PostgreSQL 13 or newer is needed`);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

export function interrupted(): Failure {
  return new Failure("INTERRUPTED", "stopped");
}

function databaseUrl(system: string, text: string): string {
  if (!/^postgres(?:ql)?:\/\//u.test(text) || !URL.canParse(text)) throw new Failure("SYSTEM_UNREACHABLE", `${system}: the secret is no postgres:// URL`);
  const { searchParams } = new URL(text);
  if (searchParams.get("sslmode") === "no-verify" || searchParams.has("uselibpqcompat"))
    throw new Failure("SECRET_UNSAFE", `${system}: the URL switches the check of the certificate off`, {
      help: "Use sslmode=verify-full, with sslrootcert where the authority is your own.",
    });
  return text;
}

function transactionOn(client: PoolClient, system: string, signal: AbortSignal, stopAtOnce: boolean, closed: () => void): Transaction {
  let released = false;
  let open = true;
  let broken = false;
  let cursors = 0;
  const lost = () => {
    broken = true;
  };
  client.on("error", lost);
  // a look may be cut off at any time; a change is only stopped between two batches
  const stop = () => {
    broken = true;
    client.connection.stream.destroy();
  };
  if (stopAtOnce) signal.addEventListener("abort", stop, { once: true });
  const run = async (text: string, values: readonly Value[] = []) => {
    try {
      return values.length === 0
        ? await client.query<(string | null)[]>({ text, rowMode: "array" })
        : await client.query<(string | null)[], Value[]>({
            text,
            values: [...values],
            rowMode: "array",
          });
    } catch (error) {
      throw stopAtOnce && signal.aborted ? interrupted() : translate(error, system);
    }
  };
  const query = async (text: string, values?: readonly Value[]) => (await run(text, values)).rows;
  return {
    query,
    change: async (text, values) => (await run(text, values)).rowCount ?? 0,
    async *pages(text, values) {
      const name = quoted(`expunge_${(cursors += 1)}`);
      await run(`DECLARE ${name} NO SCROLL CURSOR FOR ${text}`, values);
      for (;;) {
        const rows = await query(`FETCH ${PAGE} FROM ${name}`);
        if (rows.length > 0) yield rows;
        if (rows.length < PAGE) break;
      }
      await run(`CLOSE ${name}`);
    },
    async commit() {
      await run("COMMIT");
      open = false;
    },
    async [Symbol.asyncDispose]() {
      if (released) return;
      released = true;
      closed();
      if (stopAtOnce) signal.removeEventListener("abort", stop);
      if (open && !broken) {
        open = false;
        try {
          await client.query("ROLLBACK");
        } catch {
          broken = true;
        }
      }
      client.off("error", lost);
      client.release(broken);
    },
  };
}

/** The rows of a statement, none where the server refuses it; the transaction goes on. */
export async function attempt(session: Session, text: string, values: readonly Value[]): Promise<readonly Row[]> {
  await session.query("SAVEPOINT expunge_attempt");
  try {
    return await session.query(text, values);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await session.query("ROLLBACK TO SAVEPOINT expunge_attempt");
    return [];
  }
}
