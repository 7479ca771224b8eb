/** What the ledger is still to be told: written with what it tells of, in one transaction. */
import type { JsonObject } from "../model/json.ts";
import { nextNumber, type Sql, stored, text, toStored } from "./sql.ts";

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
}

export interface Outbox extends OutboxReads {
  /** Adds entries for the ledger; those known by id are left as they are. */
  post(entries: readonly OutboxEntry[]): Promise<void>;
  /** The ledger has these. */
  sealed(ids: readonly string[]): Promise<void>;
}

export function outboxStore(sql: Sql): Outbox {
  return {
    unsealed: async (limit) =>
      (await sql.all("select entry from outbox where sealed = 0 order by seq limit ?", [limit])).map((row) => stored<OutboxEntry>(text(row, "entry"))),
    async post(entries) {
      for (const entry of entries)
        await sql.run("insert into outbox (id, seq, entry) values (?, ?, ?) on conflict (id) do nothing", [
          entry.id,
          await nextNumber(sql, "outbox"),
          toStored(entry),
        ]);
    },
    async sealed(ids) {
      for (const id of ids) await sql.run("update outbox set sealed = 1, entry = '{}' where id = ?", [id]);
    },
  };
}
