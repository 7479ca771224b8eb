import type { PoolClient, QueryArrayResult } from "pg";
import { Failure } from "../../src/errors.ts";
import { translate } from "./errors.ts";
import { quoted, type Value } from "./sql.ts";

/** Every value comes as text: statements cast, so that no int8 or timestamp is ever rounded by JavaScript. */
export type Row = readonly (string | null)[];

export interface Session {
  /** Columns must be cast to text. */
  query(text: string, values?: readonly Value[]): Promise<readonly Row[]>;
  /** Several statements without values, sent as one: the rows of each. */
  several(text: string): Promise<readonly (readonly Row[])[]>;
  /** A statement that changes rows: how many the server says it changed. */
  change(text: string, values?: readonly Value[]): Promise<number>;
  /** Rows a page at a time, flat in memory. The statement is a SELECT to which a LIMIT can be added. */
  pages(text: string, values: readonly Value[]): AsyncIterable<readonly Row[]>;
}

/** A transaction. Whatever was not committed is rolled back when it is disposed of. */
export interface Transaction extends Session, AsyncDisposable {
  /** Whether another statement would be taken. */
  readonly usable: boolean;
  commit(): Promise<void>;
}

const PAGE = 1000;

interface Opening {
  readonly client: PoolClient;
  readonly system: string;
  readonly signal: AbortSignal;
  /** A look may be cut off at any time; a change is only stopped between two batches. */
  readonly stopAtOnce: boolean;
  closed(): void;
}

export function openTransaction({ client, system, signal, stopAtOnce, closed }: Opening): Transaction {
  let released = false;
  let open = true;
  let broken = false;
  let refused = false;
  let cursors = 0;
  const lost = () => {
    broken = true;
  };
  client.on("error", lost);
  const stop = () => {
    broken = true;
    client.connection.stream.destroy();
  };
  if (stopAtOnce) signal.addEventListener("abort", stop, { once: true });
  const guarded = async <T>(send: () => Promise<T>) => {
    try {
      return await send();
    } catch (error) {
      refused = true;
      throw stopAtOnce && signal.aborted ? new Failure("INTERRUPTED", "stopped") : translate(error, system);
    }
  };
  const run = async (text: string, values: readonly Value[] = []) =>
    await guarded(async () =>
      values.length === 0
        ? await client.query<(string | null)[]>({ text, rowMode: "array" })
        : await client.query<(string | null)[], Value[]>({ text, values: [...values], rowMode: "array" }),
    );
  const query = async (text: string, values?: readonly Value[]) => {
    const { rows } = await run(text, values);
    // the transaction of a refused attempt goes on from its savepoint
    if (text.startsWith("ROLLBACK TO ")) refused = false;
    return rows;
  };
  return {
    get usable() {
      return open && !broken && !refused && !released;
    },
    query,
    async several(text) {
      // one statement gives a result, several give a list of them
      const results: unknown = await guarded(async () => await client.query({ text, rowMode: "array" }));
      return (Array.isArray(results) ? results : [results]).map(rowsOf);
    },
    change: async (text, values) => (await run(text, values)).rowCount ?? 0,
    async *pages(text, values) {
      // what fits into one page needs no cursor
      const first = await query(`${text} LIMIT ${PAGE + 1}`, values);
      if (first.length <= PAGE) {
        if (first.length > 0) yield first;
        return;
      }
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

function rowsOf(result: unknown): readonly Row[] {
  const isResult = (value: unknown): value is QueryArrayResult<(string | null)[]> =>
    typeof value === "object" && value !== null && "rows" in value;
  return isResult(result) ? result.rows : [];
}
