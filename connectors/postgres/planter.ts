import type { SystemBlock } from "../../src/model/datamap.ts";
import type { PlantedPlace } from "../../src/model/planting.ts";
import type { IO, Planter } from "../../src/port/connector.ts";
import { type PlantingSession, sqlPlanter } from "../../src/sql/planter.ts";
import { failureOf } from "./errors.ts";
import { secretOf } from "./reader.ts";
import { attemptAll, openDatabase } from "./session.ts";
import { qualified, quoted, type SqlIdentifier } from "./sql.ts";
import type { Transaction } from "./transaction.ts";

const COLUMNS = `SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

/** As the application itself writes: with the data map's `session`, and no way past a trigger but to take away what we planted. */
export async function openPlanter(block: SystemBlock, io: IO): Promise<Planter> {
  const database = await openDatabase(block.name, secretOf(block), block.session, io);
  return sqlPlanter({
    async look(work) {
      await using transaction = await database.read();
      return await work(sessionOn(transaction));
    },
    async write(work) {
      const { transaction } = await database.write(false, ["SELECT 1"]);
      await using open = transaction;
      const made = await work(sessionOn(open));
      await open.commit();
      return made;
    },
    placed,
    quoted,
    param: (number) => `$${number}`,
    columns: async (session, place) => (await session.query(COLUMNS, [placed(place)])).map(([name]) => name ?? ""),
    whole: () => "expunge_row::text",
    text: (column) => `expunge_row.${quoted(column)}::text`,
    contains: (whole, param) => `pg_catalog.strpos(${whole}, ${param}::text) > 0`,
    overriding: "OVERRIDING SYSTEM VALUE",
    pastTriggers: async (session) =>
      (await attemptAll(transactionOf(session), [
        "SELECT pg_catalog.set_config('session_replication_role', 'replica', true)",
      ])) !== undefined,
    failure: (error) => failureOf(error, block.name),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  });
}

const TRANSACTIONS = new WeakMap<PlantingSession, Transaction>();

function transactionOf(session: PlantingSession): Transaction {
  const transaction = TRANSACTIONS.get(session);
  if (transaction === undefined) throw new Error("a session of another planter");
  return transaction;
}

function sessionOn(transaction: Transaction): PlantingSession {
  const session: PlantingSession = {
    query: async (text, values) => await transaction.query(text, values),
    async *each(text, values) {
      for await (const page of transaction.pages(text, values)) yield* page;
    },
    change: async (text, values) => await transaction.change(text, values),
  };
  TRANSACTIONS.set(session, transaction);
  return session;
}

/** A survey's name has its schema before the dot where the search path does not find it. */
function placed({ store, parts }: PlantedPlace): SqlIdentifier {
  if (parts !== undefined) return parts[0] === "" ? quoted(parts[1]) : qualified(parts[0], parts[1]);
  const dot = store.indexOf(".");
  return dot < 0 ? quoted(store) : qualified(store.slice(0, dot), store.slice(dot + 1));
}
