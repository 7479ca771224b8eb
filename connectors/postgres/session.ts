import { Pool, type PoolClient } from "pg";
import type { IO } from "../../src/port/connector.ts";
import { Failure } from "../../src/errors.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { translate } from "./errors.ts";
import { openTransaction, type Row, type Session, type Transaction } from "./transaction.ts";
import { literal, type Value } from "./sql.ts";

export interface Database extends AsyncDisposable {
  /** To look: each statement sees what is there then. */
  read(): Promise<Transaction>;
  /**
   * To change. `fixed`: all statements see what the first one saw, and what others change meanwhile is refused; else each
   * sees what is there then. `first`: a statement without values, sent with the begin; its rows.
   */
  write(fixed: boolean, first: string): Promise<{ readonly transaction: Transaction; readonly first: readonly Row[] }>;
}

/** A transaction that looks is used again by whoever looks next; it holds on to its tables no longer than this. */
const LINGER_MS = 500;

/** Values are read and given as texts: a NULL in an array is none, and a number keeps all of its digits, whatever a database or role is set to. */
const TEXTS = "SET LOCAL array_nulls = on; SET LOCAL extra_float_digits = 1";
const READ = `BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY;
SET LOCAL row_security = off; SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '30min'; SET LOCAL cursor_tuple_fraction = 1; SET LOCAL jit = off; ${TEXTS}`;
const write = (
  level: string,
  first: string,
  settings: string,
) => `BEGIN TRANSACTION ISOLATION LEVEL ${level} READ WRITE;
SET LOCAL row_security = off; SET LOCAL lock_timeout = '4s'; SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '5min'; ${TEXTS}; ${settings}${first}`;

/**
 * Connections to one database, opened when needed. `SET LOCAL` only, and nothing outlives a transaction: it also works
 * behind a pooler that hands out a connection per transaction.
 */
export async function openDatabase(
  system: string,
  secret: string,
  settings: Readonly<Record<string, string>>,
  io: IO,
): Promise<Database> {
  const pool = new Pool({
    connectionString: databaseUrl(system, io.secret(secret)),
    max: 10,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 0,
    application_name: "expunge",
  });
  // an idle connection that breaks is noticed at its next use
  pool.on("error", () => {});
  // one that a caller left open would keep the pool from ending
  const open = new Set<Transaction>();
  const begin = async (start: string, stopAtOnce: boolean) => {
    if (io.signal.aborted) throw new Failure("INTERRUPTED", "stopped");
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      throw translate(error, system);
    }
    const transaction = openTransaction({
      client,
      system,
      signal: io.signal,
      stopAtOnce,
      closed: () => open.delete(transaction),
    });
    open.add(transaction);
    try {
      const results = await transaction.several(start);
      return { transaction, last: results.at(-1) ?? [] };
    } catch (error) {
      await transaction[Symbol.asyncDispose]();
      throw error;
    }
  };
  const looking = lingering(async () => (await begin(READ, true)).transaction);
  const set = Object.entries(settings)
    .map(
      ([name, value]) =>
        `SELECT pg_catalog.set_config(${literal(name)}, ${literal(value.replaceAll(":request", io.request))}, true); `,
    )
    .join("");
  let ended: Promise<void> | undefined;
  const database: Database = {
    read: looking.take,
    async write(fixed, first) {
      const { transaction, last } = await begin(write(fixed ? "REPEATABLE READ" : "READ COMMITTED", first, set), false);
      return { transaction, first: last };
    },
    async [Symbol.asyncDispose]() {
      await looking[Symbol.asyncDispose]();
      await Promise.all([...open].map(async (transaction) => await transaction[Symbol.asyncDispose]()));
      ended ??= pool.end();
      await ended;
    },
  };
  try {
    // one that cannot be had is said at once; whoever looks first goes on with it
    await using _ = await database.read();
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** Transactions that are not ended at once, but given to whoever wants one next. */
function lingering(begin: () => Promise<Transaction>): AsyncDisposable & { take(): Promise<Transaction> } {
  let spare: Transaction | undefined;
  let timer: NodeJS.Timeout | undefined;
  const drop = async () => {
    clearTimeout(timer);
    const old = spare;
    spare = undefined;
    await old?.[Symbol.asyncDispose]();
  };
  return {
    async take() {
      clearTimeout(timer);
      const transaction = spare?.usable === true ? spare : await begin();
      if (spare === transaction) spare = undefined;
      else await drop();
      return {
        ...transaction,
        async [Symbol.asyncDispose]() {
          if (!transaction.usable || spare !== undefined) await transaction[Symbol.asyncDispose]();
          else {
            spare = transaction;
            timer = setTimeout(() => void drop(), LINGER_MS).unref();
          }
        },
      };
    },
    [Symbol.asyncDispose]: drop,
  };
}

function databaseUrl(system: string, text: string): string {
  if (!/^postgres(?:ql)?:\/\//u.test(text) || !URL.canParse(text))
    throw new Failure("SYSTEM_UNREACHABLE", `${system}: the secret is no postgres:// URL`);
  const { searchParams } = new URL(text);
  if (searchParams.get("sslmode") === "no-verify" || searchParams.has("uselibpqcompat"))
    throw new Failure("SECRET_UNSAFE", `${system}: the URL switches the check of the certificate off`, {
      help: "Use sslmode=verify-full, with sslrootcert where the authority is your own.",
    });
  return text;
}

/** The rows of a statement, none where the server refuses it or the role may not ask; the transaction goes on. */
export async function attempt(session: Session, text: string, values: readonly Value[]): Promise<readonly Row[]> {
  await session.query("SAVEPOINT expunge_attempt");
  try {
    return await session.query(text, values);
  } catch (error) {
    if (
      !(error instanceof Refusal) &&
      !(error instanceof Failure && ["NOT_PERMITTED", "ROW_SECURITY"].includes(error.code))
    )
      throw error;
    await session.query("ROLLBACK TO SAVEPOINT expunge_attempt");
    return [];
  }
}
