import { Failure } from "../errors.ts";
import { holdStore } from "./hold-store.ts";
import { imageStore } from "./image-store.ts";
import { journalStore } from "./journal.ts";
import { keyMarkStore } from "./key-marks.ts";
import { takeLease } from "./lease.ts";
import { leaseStore } from "./leases.ts";
import { migrateFrom1, migrateFrom2 } from "./migrate.ts";
import { outboxStore } from "./outbox.ts";
import { planStore } from "./plan-store.ts";
import { plantedStore } from "./planted-store.ts";
import { requestStore } from "./request-store.ts";
import { SCHEMA_VERSION, schema } from "./schema.ts";
import { sealedStore } from "./sealed-store.ts";
import { standingStore } from "./standing-store.ts";
import { set, setting } from "./settings.ts";
import type { Database, Sql } from "./sql.ts";
import type { State, Tx, UnitOfWork } from "./state.ts";
import { type ProcessName, thisProcess } from "./this-process.ts";
import { undoStore } from "./undo-store.ts";
import { unitOfWork } from "./unit-of-work.ts";

export interface Opening {
  /** 32 bytes; wraps the key of every request. */
  readonly sealingKey: Uint8Array;
  /** Default: this process. */
  readonly me?: ProcessName;
  /** How long a lease holds without a sign of life, in milliseconds. */
  readonly lasting?: number;
}

/**
 * The state in this database, which is made or brought to this version where it is not. Owns the database from then on.
 * Throws STATE_UNREADABLE for a later version.
 */
export async function openState(
  database: Database,
  { sealingKey, me = thisProcess(), lasting }: Opening,
): Promise<State> {
  let destroyed = false;
  const cut = async (): Promise<void> => {
    destroyed = false;
    try {
      if (await database.cut()) await open(async (sql) => await set(sql, "traces", undefined));
    } catch (error) {
      // what was to be saved is; the next opening tries again
      if (!(error instanceof Failure)) throw error;
    }
  };
  const open = unitOfWork(database, async () => {
    if (destroyed) await cut();
  });
  const cutLater = (sql: Sql) => async (): Promise<void> => {
    destroyed = true;
    await set(sql, "traces", true);
  };
  const stores = (sql: Sql) => ({
    requests: requestStore(sql),
    plans: planStore(sql),
    journal: journalStore(sql),
    outbox: outboxStore(sql),
    keys: keyMarkStore(sql),
    standing: standingStore(sql),
    planted: plantedStore(sql, sealingKey),
    sealed: sealedStore(sql, sealingKey, cutLater(sql)),
    images: imageStore(sql, sealingKey, cutLater(sql)),
    undos: undoStore(sql),
    legalHolds: holdStore(sql, sealingKey, cutLater(sql)),
  });
  const txOn = (sql: Sql): Tx => ({ atomically, ...stores(sql), leases: leaseStore(sql, me, lasting) });
  const atomically: UnitOfWork["atomically"] = async (work) => await open(async (sql) => await work(txOn(sql)));
  try {
    if ((await database.version(database.read)) !== SCHEMA_VERSION)
      await open(async (sql) => await makeOrMigrate(database, sql, txOn(sql)));
    // a process that died after destroying something left its traces
    if ((await setting(database.read, "traces")) !== undefined) await cut();
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
  return {
    atomically,
    read: stores(database.read),
    lease: async (names, judge) => await takeLease(atomically, names, judge, lasting),
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

async function makeOrMigrate(database: Database, sql: Sql, tx: Tx): Promise<void> {
  const version = await database.version(sql);
  if (version === SCHEMA_VERSION) return;
  if (version === 0) for (const statement of schema(database.dialect)) await sql.run(statement);
  else if (version === 1 || version === 2) {
    if (version === 1) await migrateFrom1(sql, database.dialect, tx);
    await migrateFrom2(sql, database.dialect);
  } else
    throw new Failure(
      "STATE_UNREADABLE",
      `${database.name} has version ${version}, this expunge reads version ${SCHEMA_VERSION}`,
    );
  await database.setVersion(sql, SCHEMA_VERSION);
}
