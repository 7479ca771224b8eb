import { Pool, type PoolClient } from "pg";
import type { IO } from "../../src/port/connector.ts";
import { Failure } from "../../src/errors.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { translate } from "./errors.ts";
import { openTransaction, type Row, type Session, type Transaction } from "./transaction.ts";
import { literal, type Value } from "./sql.ts";

export interface Database extends AsyncDisposable {
  /** To look: each statement sees what is there then. */
  read(): Promise<Looking>;
  /** To look at what a snapshot shows that another transaction of this database has exported and not ended. `sent` as in `write`. */
  readAs(snapshot: string, sent: readonly string[]): Promise<Transaction>;
  /**
   * To change. `fixed`: all statements see what the first one saw, and what others change meanwhile is refused; else each
   * sees what is there then. `sent`: statements without values, sent with the begin and before the data map's own settings;
   * the rows of each.
   */
  write(
    fixed: boolean,
    sent: readonly string[],
  ): Promise<{ readonly transaction: Transaction; readonly answers: readonly (readonly Row[])[] }>;
}

export interface Looking extends Transaction {
  /** What the statement that was sent with its begin answered. */
  readonly sent: readonly Row[];
}

/** A transaction that looks is used again by whoever looks next; it holds on to its tables no longer than this. */
const LINGER_MS = 500;

/** Values are read and given as texts: a NULL in an array is none, and a number keeps all of its digits, whatever a database or role is set to. */
const TEXTS = "SET LOCAL array_nulls = on; SET LOCAL extra_float_digits = 1";
const look = (level: string) => `BEGIN TRANSACTION ISOLATION LEVEL ${level} READ ONLY;
SET LOCAL row_security = off; SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '30min'; SET LOCAL cursor_tuple_fraction = 1; SET LOCAL jit = off; ${TEXTS}`;
const write = (level: string) => `BEGIN TRANSACTION ISOLATION LEVEL ${level} READ WRITE;
SET LOCAL row_security = off; SET LOCAL lock_timeout = '4s'; SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '5min'; ${TEXTS}`;

/**
 * Connections to one database, opened when needed. `SET LOCAL` only, and nothing outlives a transaction: it also works
 * behind a pooler that hands out a connection per transaction. `sent`: a statement without values, sent with each begin of
 * a look.
 */
export async function openDatabase(
  system: string,
  secret: string,
  settings: Readonly<Record<string, string>>,
  io: IO,
  sent?: () => string,
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
      return { transaction, answers: await transaction.several(start) };
    } catch (error) {
      await transaction[Symbol.asyncDispose]();
      throw error;
    }
  };
  const looking = lingering(async () => {
    const { transaction, answers } = await begin(
      [look("READ COMMITTED"), ...(sent === undefined ? [] : [sent()])].join("; "),
      true,
    );
    return { transaction, sent: answers.at(-1) ?? [] };
  });
  const set = Object.entries(settings).map(
    ([name, value]) =>
      `SELECT pg_catalog.set_config(${literal(name)}, ${literal(value.replaceAll(":request", io.request))}, true)`,
  );
  let ended: Promise<void> | undefined;
  return {
    read: looking.take,
    async readAs(snapshot, texts) {
      const start = [look("REPEATABLE READ"), `SET TRANSACTION SNAPSHOT ${literal(snapshot)}`, ...texts, ...set];
      return (await begin(start.join("; "), true)).transaction;
    },
    async write(fixed, texts) {
      const start = [write(fixed ? "REPEATABLE READ" : "READ COMMITTED"), ...texts, ...set].join("; ");
      const { transaction, answers } = await begin(start, false);
      return { transaction, answers: answers.slice(-texts.length - set.length).slice(0, texts.length) };
    },
    async [Symbol.asyncDispose]() {
      await looking[Symbol.asyncDispose]();
      await Promise.all([...open].map(async (transaction) => await transaction[Symbol.asyncDispose]()));
      ended ??= pool.end();
      await ended;
    },
  };
}

/** Transactions that are not ended at once, but given to whoever wants one next. */
function lingering(
  begin: () => Promise<{ readonly transaction: Transaction; readonly sent: readonly Row[] }>,
): AsyncDisposable & { take(): Promise<Looking> } {
  let spare: Awaited<ReturnType<typeof begin>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const drop = async () => {
    clearTimeout(timer);
    const old = spare;
    spare = undefined;
    await old?.transaction[Symbol.asyncDispose]();
  };
  return {
    async take() {
      clearTimeout(timer);
      const one = spare?.transaction.usable === true ? spare : await begin();
      if (spare === one) spare = undefined;
      else await drop();
      const { transaction, sent } = one;
      return {
        ...transaction,
        sent,
        async [Symbol.asyncDispose]() {
          if (!transaction.usable || spare !== undefined) await transaction[Symbol.asyncDispose]();
          else {
            spare = one;
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
export async function attempt(session: Session, text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
  if (values.length === 0) return (await attemptAll(session, [text]))?.[0] ?? [];
  await session.query(SAVE);
  try {
    const rows = await session.query(text, values);
    await session.query(RELEASE);
    return rows;
  } catch (error) {
    await goOnAfter(session, error);
    return [];
  }
}

/** The same for several without values, in one message: undefined where the server refuses one of them. */
export async function attemptAll(
  session: Session,
  texts: readonly string[],
): Promise<readonly (readonly Row[])[] | undefined> {
  try {
    return (await session.several([SAVE, ...texts, RELEASE].join("; "))).slice(1, -1);
  } catch (error) {
    await goOnAfter(session, error);
    return undefined;
  }
}

const SAVE = "SAVEPOINT expunge_attempt";
/** One that stays open would keep the transaction from handing out what it sees. */
const RELEASE = "RELEASE SAVEPOINT expunge_attempt";

async function goOnAfter(session: Session, error: unknown): Promise<void> {
  if (
    !(error instanceof Refusal) &&
    !(error instanceof Failure && ["NOT_PERMITTED", "ROW_SECURITY"].includes(error.code))
  )
    throw error;
  await session.query(`ROLLBACK TO SAVEPOINT expunge_attempt; ${RELEASE}`);
}
