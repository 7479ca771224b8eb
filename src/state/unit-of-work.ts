import { AsyncLocalStorage } from "node:async_hooks";
import type { Database, Sql } from "./sql.ts";

/**
 * Runs `work` in one transaction: everything or nothing, durable when it resolves, its reads true until it ends. Calls of
 * one process follow each other. A call inside of `work` joins the same transaction, which then cannot be saved when that
 * call fails, even where `work` goes on. Nothing slow belongs into it: others wait.
 */
export type Atomically = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;

interface Open {
  readonly sql: Sql;
  ended: boolean;
  doomed: { readonly error: unknown } | undefined;
}

/** `ended` is told after each transaction whether it was saved. */
export function unitOfWork(database: Pick<Database, "begin">, ended: (saved: boolean) => Promise<void>): Atomically {
  const inside = new AsyncLocalStorage<Open>();
  let last: Promise<unknown> = Promise.resolve();

  async function join<T>(open: Open, work: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await work(open.sql);
    } catch (error) {
      open.doomed ??= { error };
      throw error;
    }
  }

  async function transact<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const transaction = await database.begin();
    const open: Open = { sql: transaction, ended: false, doomed: undefined };
    try {
      const result = await inside.run(open, async () => await work(transaction));
      if (open.doomed !== undefined) throw open.doomed.error;
      await transaction.commit();
      open.ended = true;
      await ended(true);
      return result;
    } catch (error) {
      if (open.ended) throw error;
      open.ended = true;
      await transaction.rollback();
      await ended(false);
      throw error;
    }
  }

  return async (work) => {
    const open = inside.getStore();
    if (open !== undefined && !open.ended) return await join(open, work);
    // whatever was begun in a transaction and lives on after it starts afresh
    const turn = last.then(async () => await inside.exit(async () => await transact(work)));
    last = turn.catch(() => {});
    return await turn;
  };
}
