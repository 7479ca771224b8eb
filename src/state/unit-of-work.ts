import { AsyncLocalStorage } from "node:async_hooks";
import type { Database, Sql } from "./sql.ts";

export type Atomically = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;

interface Open {
  readonly sql: Sql;
  ended: boolean;
  doomed: { readonly error: unknown } | undefined;
}

/**
 * Runs work in one transaction each: everything or nothing, durable when it resolves. Calls of one process follow each
 * other. A call inside of work joins its transaction, which is not saved then where that call fails, even if the work
 * goes on. `saved` is called after each transaction that was.
 */
export function unitOfWork(database: Pick<Database, "begin">, saved: () => Promise<void>): Atomically {
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
      open.ended = true;
      await transaction.commit();
      return result;
    } catch (error) {
      open.ended = true;
      await transaction.rollback();
      throw error;
    }
  }

  return async (work) => {
    const open = inside.getStore();
    if (open !== undefined && !open.ended) return await join(open, work);
    const turn = last.then(async () => await transact(work));
    last = turn.catch(() => {});
    const result = await turn;
    await saved();
    return result;
  };
}
