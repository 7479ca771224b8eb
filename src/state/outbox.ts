/** What the ledger is still to be told: written with what it tells of, in one transaction. */
import type { JsonObject } from "../model/json.ts";
import { set, setting, type Settings } from "./settings.ts";
import { nextNumber, one, type Sql, stored, text, toStored } from "./sql.ts";

export interface OutboxEntry {
  /** The same event always has the same id: the ledger takes it once. */
  readonly id: string;
  readonly type: string;
  readonly core: JsonObject;
  readonly link?: JsonObject;
}

export interface OutboxReads {
  /** Oldest first. */
  unsealed(limit: number): Promise<readonly OutboxEntry[]>;
  /** Whether this event was posted and the ledger is still to be told. */
  waits(id: string): Promise<boolean>;
  /** Whether this event was ever posted. */
  knows(id: string): Promise<boolean>;
  /** Digest of the data map that the ledger was last told of. */
  mapTold(): Promise<string | undefined>;
  /** The largest head of the ledger that this state saw; without a root where an earlier version left it. */
  ledgerHead(): Promise<Settings["ledger"] | undefined>;
}

export interface Outbox extends OutboxReads {
  /** Adds entries for the ledger; those known by id are left as they are. */
  post(entries: readonly OutboxEntry[]): Promise<void>;
  noteMap(digest: string): Promise<void>;
  /** The ledger has these, and this is its head now. */
  sealed(ids: readonly string[], head: Required<Settings["ledger"]>): Promise<void>;
}

export function outboxStore(sql: Sql): Outbox {
  return {
    ledgerHead: async () => await setting(sql, "ledger"),
    mapTold: async () => await setting(sql, "map"),
    noteMap: async (digest) => await set(sql, "map", digest),
    waits: async (id) =>
      (await one(sql, "select 1 as found from outbox where id = ? and sealed = 0", [id])) !== undefined,
    knows: async (id) => (await one(sql, "select 1 as found from outbox where id = ?", [id])) !== undefined,
    unsealed: async (limit) =>
      (await sql.all("select entry from outbox where sealed = 0 order by seq limit ?", [limit])).map((row) =>
        stored<OutboxEntry>(text(row, "entry")),
      ),
    async post(entries) {
      for (const entry of entries)
        await sql.run("insert into outbox (id, seq, entry) values (?, ?, ?) on conflict (id) do nothing", [
          entry.id,
          await nextNumber(sql, "outbox"),
          toStored(entry),
        ]);
    },
    async sealed(ids, head) {
      for (const id of ids) await sql.run("update outbox set sealed = 1, entry = '{}' where id = ?", [id]);
      const known = await setting(sql, "ledger");
      // another process may have seen a later one
      if (known === undefined || known.root === undefined || known.size < head.size) await set(sql, "ledger", head);
    },
  };
}
