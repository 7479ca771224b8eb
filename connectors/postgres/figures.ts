/** Figures of `assert`, as PostgreSQL reads them. */
import type { Asserted, Assertion } from "../../src/model/assertion.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { IO } from "../../src/port/connector.ts";
import { assertedOf, FIGURE_SECONDS, figureFailure, refusedFigure } from "../../src/sql/asserted.ts";
import type { Database } from "./session.ts";
import type { Session, Transaction } from "./transaction.ts";

const LIMIT = `SET LOCAL statement_timeout = '${FIGURE_SECONDS}s'`;
const SAVE = `SAVEPOINT expunge_figure; ${LIMIT}`;
const BACK = "ROLLBACK TO SAVEPOINT expunge_figure; RELEASE SAVEPOINT expunge_figure";
/** A bound value makes the server take one statement and no more. */
const ONLY_ONE = "$1::text IS NULL";

/**
 * As they would be without what the transaction did, and as they are with it, both of one moment: the snapshot in which this
 * statement saw the second is handed to another session, which sees all of it but what is not committed. What others commit
 * meanwhile is in both or in neither, whatever the isolation. Nothing can be written afterwards.
 */
export async function figuresAround(
  transaction: Transaction,
  database: Database,
  block: SystemBlock,
  io: IO,
): Promise<readonly Asserted[]> {
  const { assertions = [], name } = block;
  if (assertions.length === 0) return [];
  const figures = assertions.map(({ query }) => `(${query}\n)::text`).join(", ");
  try {
    await transaction.several(`${LIMIT}; SET LOCAL transaction_read_only = on`);
    const [row = []] = await transaction.query(`SELECT pg_catalog.pg_export_snapshot(), ${figures} WHERE ${ONLY_ONE}`, [
      null,
    ]);
    const [snapshot, ...after] = row;
    await using others = await database.readAs(snapshot ?? "", [LIMIT]);
    const [before = []] = await others.query(`SELECT ${figures} WHERE ${ONLY_ONE}`, [null]);
    return assertedOf(block, before, after, io);
  } catch (error) {
    throw figureFailure(error, `${name}: ${assertions.map((one) => one.name).join(", ")}`);
  }
}

/** The same figures in a transaction whose snapshot is fixed; it goes on afterwards. */
export async function figuresIn(
  session: Session,
  { assertions = [], name }: SystemBlock,
): Promise<readonly (string | null)[]> {
  if (assertions.length === 0) return [];
  await session.several(`${SAVE}; SET LOCAL transaction_read_only = on`);
  try {
    const figures = assertions.map(({ query }) => `(${query}\n)::text`).join(", ");
    return (await session.query(`SELECT ${figures} WHERE ${ONLY_ONE}`, [null]))[0] ?? [];
  } catch (error) {
    throw figureFailure(error, `${name}: ${assertions.map((one) => one.name).join(", ")}`);
  } finally {
    // a connection that broke has nothing to go back to
    await session.query(BACK).catch(() => {});
  }
}

/** Reads it read-only, twice in one statement: chance and the clock show. */
export async function tryFigure(session: Session, { name, query }: Assertion, system: string): Promise<string | null> {
  const where = `${system}: ${name}`;
  await refuseVolatile(session, query, where);
  const text = `SELECT f.figure::text, (${query}\n)::text, pg_catalog.pg_typeof(f.figure)::text FROM (SELECT (${query}\n) OFFSET 0) AS f (figure) WHERE ${ONLY_ONE}`;
  await session.several(SAVE);
  try {
    const [row] = await session.query(text, [null]);
    const [figure = null, again = null, type] = row ?? [];
    if (figure !== again) throw refusedFigure(where, "two reads at the same moment give two figures");
    if (type === "double precision" || type === "real")
      throw refusedFigure(
        where,
        "the figure is a floating-point number, whose last digits depend on the order of the rows",
        "Cast what is summed: sum(amount::numeric).",
      );
    return figure;
  } catch (error) {
    throw figureFailure(error, where);
  } finally {
    // a connection that broke has nothing to go back to
    await session.query(BACK).catch(() => {});
  }
}

const CALL = /(?:\b(?<schema>[\p{L}_][\p{L}\p{N}_$]*)\s*\.\s*)?\b(?<name>[\p{L}_][\p{L}\p{N}_$]*)\s*\(/gu;
const QUOTED_CALL = /(?:"(?<schema>[^"]+)"\s*\.\s*)?"(?<name>[^"]+)"\s*\(/gu;

/** Of a volatile function each statement sees what is committed then: it would not be of one moment. */
async function refuseVolatile(session: Session, query: string, where: string): Promise<void> {
  const calls = [
    ...[...query.matchAll(CALL)].map(({ groups }) =>
      [groups?.["schema"], groups?.["name"]].map((one) => one?.toLowerCase()),
    ),
    ...[...query.matchAll(QUOTED_CALL)].map(({ groups }) => [groups?.["schema"], groups?.["name"]]),
  ];
  if (calls.length === 0) return;
  const rows = await session.query(
    `SELECT DISTINCT p.proname::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       JOIN unnest($1::text[], $2::text[]) AS c (schema, name) ON p.proname = c.name AND (n.nspname = c.schema OR (c.schema = '' AND pg_catalog.pg_function_is_visible(p.oid)))
     WHERE p.provolatile = 'v' AND p.prokind = 'f' ORDER BY 1`,
    [calls.map(([schema = ""]) => schema), calls.map(([, name = ""]) => name)],
  );
  if (rows.length > 0)
    throw refusedFigure(
      where,
      `the query calls what the database takes for volatile: ${rows.map(([name]) => `${name}()`).join(", ")}`,
      "Declare a function that only reads as STABLE, or write out what it asks.",
    );
}
