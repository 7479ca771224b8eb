/** Planting in a SQL database, over the words in which databases differ. */
import { Failure } from "../errors.ts";
import type { PlantedPlace, PlantedRow, RefusedRow, Tallied, Trace } from "../model/planting.ts";
import type { Planter } from "../port/connector.ts";
import { Refusal } from "./refusal.ts";

/** A transaction. Values are bound, and read as texts. */
export interface PlantingSession {
  query(text: string, values: readonly (string | null)[]): Promise<readonly (readonly (string | null)[])[]>;
  each(text: string, values: readonly string[]): AsyncIterable<readonly (string | null)[]>;
  change(text: string, values: readonly (string | null)[]): Promise<number>;
}

export interface PlantingDialect extends AsyncDisposable {
  /** In a transaction that looks. */
  look<T>(work: (session: PlantingSession) => Promise<T>): Promise<T>;
  /** In one that is committed when the work resolves, and taken back when it throws. */
  write<T>(work: (session: PlantingSession) => Promise<T>): Promise<T>;
  /** Schema and table, quoted. */
  placed(place: PlantedPlace): string;
  quoted(name: string): string;
  /** `$1`, `?1` */
  param(number: number): string;
  columns(session: PlantingSession, place: PlantedPlace): Promise<readonly string[]>;
  /** A whole row of `expunge_row` as one text. */
  whole(columns: readonly string[]): string;
  /** A column as text. */
  text(column: string): string;
  contains(whole: string, param: string): string;
  /** Between the columns and the values of an INSERT. */
  readonly overriding: string;
  /** Lets statements past triggers for the rest of the transaction; false where the database or the role does not. */
  pastTriggers(session: PlantingSession): Promise<boolean>;
  /** What it throws is told by the caller's own words. */
  failure(error: unknown): unknown;
}

const DIGEST_BYTES = 32;
/** Passes over all traces: each may free what the next one takes, and triggers may write something new. */
const PASSES = 12;

export function sqlPlanter(sql: PlantingDialect): Planter {
  const telling = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw sql.failure(error);
    }
  };
  return {
    plant: async (rows) => await telling(async () => await plant(sql, rows)),
    rows: async (trace) =>
      await telling(
        async () =>
          await sql.look(async (session) => {
            const columns = await sql.columns(session, trace);
            const { where, values } = whereOf(sql, columns, trace, 0);
            const list = columns.map((one) => sql.text(one)).join(", ");
            const rows = await session.query(
              `SELECT ${list} FROM ${sql.placed(trace)} AS expunge_row WHERE ${where}`,
              values,
            );
            return rows.map((row) => Object.fromEntries(columns.map((one, at) => [one, row[at] ?? null])));
          }),
      ),
    shows: async (view, texts) =>
      await telling(
        async () =>
          await sql.look(async (session) => {
            if (texts.length === 0) return 0;
            const whole = sql.whole(await sql.columns(session, view));
            const tests = texts.map((_, at) => sql.contains(whole, sql.param(at + 1))).join(" OR ");
            const [row] = await session.query(
              `SELECT CAST(count(*) AS text) FROM ${sql.placed(view)} AS expunge_row WHERE ${tests}`,
              texts,
            );
            return Number(row?.[0] ?? 0);
          }),
      ),
    bystanders: async (place, traces, digest) =>
      await telling(async () => await sql.look(async (session) => await tallied(sql, session, place, traces, digest))),
    unplant: async (traces) => await telling(async () => await unplant(sql, traces)),
    [Symbol.asyncDispose]: async () => await sql[Symbol.asyncDispose](),
  };
}

async function plant(sql: PlantingDialect, rows: readonly PlantedRow[]): Promise<RefusedRow | undefined> {
  let at = 0;
  try {
    await sql.write(async (session) => {
      for (const [next, row] of rows.entries()) {
        at = next;
        const entries = Object.entries(row.values);
        const names = entries.map(([name]) => sql.quoted(name)).join(", ");
        const places = entries.map((_, index) => sql.param(index + 1)).join(", ");
        const text = `INSERT INTO ${sql.placed(row)} (${names}) ${sql.overriding} VALUES (${places})`;
        const made = await session.change(
          text,
          entries.map(([, value]) => value),
        );
        if (made !== 1) throw new Refusal("swallowed");
      }
    });
    return undefined;
  } catch (error) {
    const reason = refusedWith(error);
    if (reason === undefined) throw error;
    return { at, reason };
  }
}

/** Undefined for what is no word on this row. */
function refusedWith(error: unknown): string | undefined {
  if (error instanceof Refusal && !error.contention) return error.reason;
  if (error instanceof Failure && ["NOT_PERMITTED", "COLUMN_MISSING", "TABLE_MISSING"].includes(error.code))
    return error.code;
  return undefined;
}

/** SQL that is true of the rows that bear the trace. `from`: values that are bound already. */
function whereOf(
  sql: PlantingDialect,
  columns: readonly string[],
  { values = {}, holds }: Trace,
  from: number,
): { readonly where: string; readonly values: readonly string[] } {
  const bound: string[] = [];
  const bind = (value: string) => sql.param(from + bound.push(value));
  const tests = [
    ...Object.entries(values).map(([column, value]) => `${sql.text(column)} = ${bind(value)}`),
    ...(holds === undefined || holds.length === 0
      ? []
      : [`(${holds.map((text) => sql.contains(sql.whole(columns), bind(text))).join(" OR ")})`]),
  ];
  // nothing asked is no record, never all of them
  return { where: tests.length === 0 ? "1 = 0" : tests.join(" AND "), values: bound };
}

/** A sum of the rows' digests: the same in whatever order they come. */
async function tallied(
  sql: PlantingDialect,
  session: PlantingSession,
  place: PlantedPlace,
  traces: readonly Trace[],
  digest: (text: string) => Uint8Array,
): Promise<Tallied> {
  const columns = await sql.columns(session, place);
  const whole = sql.whole(columns);
  const bound: string[] = [];
  const tests = traces
    .filter(({ store }) => store === place.store)
    .map((trace) => {
      const { where, values } = whereOf(sql, columns, trace, bound.length);
      bound.push(...values);
      return `(${where})`;
    });
  const others = tests.length === 0 ? "" : ` WHERE (${tests.join(" OR ")}) IS NOT TRUE`;
  let count = 0;
  let sum = 0n;
  for await (const [text] of session.each(`SELECT ${whole} FROM ${sql.placed(place)} AS expunge_row${others}`, bound)) {
    count += 1;
    sum = BigInt.asUintN(8 * DIGEST_BYTES, sum + BigInt(`0x${Buffer.from(digest(text ?? "")).toString("hex")}`));
  }
  return { count, digest: sum.toString(16) };
}

async function unplant(
  sql: PlantingDialect,
  traces: readonly Trace[],
): Promise<readonly { readonly store: string; readonly count: number }[]> {
  return await sql.write(async (session) => {
    const known = new Map<string, readonly string[]>();
    const columnsOf = async (trace: Trace): Promise<readonly string[]> => {
      const columns = known.get(trace.store) ?? (await sql.columns(session, trace));
      known.set(trace.store, columns);
      return columns;
    };
    const numberOf = async (trace: Trace, where: string, values: readonly string[]): Promise<number> => {
      const text = `SELECT CAST(count(*) AS text) FROM ${sql.placed(trace)} AS expunge_row WHERE ${where}`;
      const [row] = await session.query(text, values);
      return Number(row?.[0] ?? 0);
    };
    const ways = await Promise.all(
      traces.map(async (trace) => ({ trace, ...whereOf(sql, await columnsOf(trace), trace, 0) })),
    );
    const pass = async (): Promise<number> => {
      let taken = 0;
      // those that are known by their values first: only what is left is judged by the number of records
      for (const { trace, where, values } of [
        ...ways.filter((one) => one.trace.holds === undefined),
        ...ways.filter((one) => one.trace.holds !== undefined),
      ]) {
        const there = await numberOf(trace, where, values);
        if (there === 0) continue;
        if (trace.holds !== undefined && (await numberOf(trace, "1 = 1", [])) - there !== trace.before) continue;
        await session.query("SAVEPOINT expunge_unplant", []);
        try {
          taken += await session.change(`DELETE FROM ${sql.placed(trace)} AS expunge_row WHERE ${where}`, values);
          await session.query("RELEASE SAVEPOINT expunge_unplant", []);
        } catch (error) {
          // a child of it is still there
          if (!(error instanceof Refusal)) throw error;
          await session.query("ROLLBACK TO SAVEPOINT expunge_unplant", []);
        }
      }
      return taken;
    };
    const stay = async () => {
      const left = new Map<string, number>();
      for (const { trace, where, values } of ways) {
        const there = await numberOf(trace, where, values);
        if (there > 0) left.set(trace.store, Math.max(left.get(trace.store) ?? 0, there));
      }
      return [...left].map(([store, count]) => ({ store, count }));
    };
    for (let at = 0; at < PASSES && (await pass()) > 0; at += 1);
    let left = await stay();
    // a trigger keeps them: what we planted goes past it
    if (left.length > 0 && (await sql.pastTriggers(session))) {
      for (let at = 0; at < PASSES && (await pass()) > 0; at += 1);
      left = await stay();
    }
    return left;
  });
}
