/** The system of record of what was begun and what came of it: units, notes, receipts, outbox. See docs/decisions. */
import type { DatabaseSync } from "node:sqlite";
import type { JsonObject } from "../model/json.ts";
import type { Gap } from "../model/search.ts";
import type { Status } from "../model/status.ts";
import { nextNumber, transact } from "./database.ts";
import { stored, text, toStored } from "./rows.ts";

/** `ready`: nothing begun. `intended`: an effect may have begun. `done`: attested. */
export type UnitState = "ready" | "intended" | "done";

export interface UnitRow {
  readonly plan: string;
  readonly id: string;
  /** Units of a lower phase end before those of a higher one begin. */
  readonly phase: number;
  readonly system: string;
  /** Steps in the order in which they are done. */
  readonly steps: readonly string[];
  /** Units that must be done before. */
  readonly after: readonly string[];
  readonly state: UnitState;
}

/**
 * What an attempt at a step came to; the last one of a step is known for good. Done means matched = affected = gone =
 * deleted + changed. deleted + changed + alreadyGone + kept + waiting + blocked + failed are all the records found.
 */
export interface Receipt {
  readonly plan: string;
  readonly step: string;
  readonly system: string;
  readonly record: string;
  /** Counts from 1. */
  readonly attempt: number;
  readonly status: Status;
  readonly matched: number;
  readonly affected: number;
  /** Absent, or as wanted, when read again. */
  readonly gone: number;
  readonly deleted: number;
  readonly changed: number;
  /** Of the kept ones: their other columns were cleared. */
  readonly minimised: number;
  readonly alreadyGone: number;
  /** Rows of our own making in an audit trail, redacted. */
  readonly own: number;
  /** Planned as such, or held since. */
  readonly kept: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
  /** Code of the worst of what is left. */
  readonly reason?: string;
  /** Words of the hold or condition. */
  readonly says?: string;
  readonly gaps: readonly Gap[];
  readonly started: string;
  readonly finished: string;
}

export interface OutboxEntry {
  /** The same event always has the same id: the ledger takes it once. */
  readonly id: string;
  readonly type: string;
  readonly core: JsonObject;
  readonly link?: JsonObject;
}

export interface Journal {
  /** Adds the units of a plan; those that were begun already stay as they are. */
  add(plan: string, units: readonly Omit<UnitRow, "state" | "plan">[]): void;
  units(plan: string): readonly UnitRow[];
  /** Durable before the first effect. */
  intend(plan: string, unit: string): void;
  notes(plan: string, unit: string): readonly string[];
  note(plan: string, unit: string, text: string): void;
  /** The unit is done: its receipts and their ledger entries, in one transaction. A receipt that is there already stays. */
  attest(plan: string, unit: string, receipts: readonly Receipt[], entries: readonly OutboxEntry[]): void;
  receipts(plan: string): readonly Receipt[];
  /** Adds entries for the ledger; those known by id are left as they are. */
  post(entries: readonly OutboxEntry[]): void;
  unsealed(limit: number): readonly OutboxEntry[];
  sealed(ids: readonly string[]): void;
}

export function journalStore(db: DatabaseSync): Journal {
  const post = (entries: readonly OutboxEntry[]): void => {
    const insert = db.prepare("insert into outbox (id, seq, entry) values (?, ?, ?) on conflict (id) do nothing");
    for (const entry of entries) insert.run(entry.id, nextNumber(db, "outbox"), toStored(entry));
  };
  return {
    add(plan, units) {
      transact(db, () => {
        // nothing was begun of those: the plan's units as they are seen now take their place
        db.prepare("delete from unit where plan = ? and state = 'ready'").run(plan);
        const insert = db.prepare(
          "insert into unit (plan, id, seq, phase, system, steps, after, state) values (?, ?, ?, ?, ?, ?, ?, 'ready') on conflict (plan, id) do nothing",
        );
        units.forEach((unit, seq) => insert.run(plan, unit.id, seq, unit.phase, unit.system, toStored(unit.steps), toStored(unit.after)));
      });
    },
    units: (plan) =>
      db
        .prepare("select plan, id, phase, system, steps, after, state from unit where plan = ? order by phase, seq")
        .all(plan)
        .map((row) => ({
          plan: text(row, "plan"),
          id: text(row, "id"),
          phase: Number(row["phase"]),
          system: text(row, "system"),
          steps: stored<string[]>(text(row, "steps")),
          after: stored<string[]>(text(row, "after")),
          state: unitState(text(row, "state")),
        })),
    intend(plan, unit) {
      db.prepare("update unit set state = 'intended' where plan = ? and id = ? and state = 'ready'").run(plan, unit);
    },
    notes: (plan, unit) =>
      db
        .prepare("select text from note where plan = ? and unit = ? order by seq")
        .all(plan, unit)
        .map((row) => text(row, "text")),
    note(plan, unit, note) {
      transact(db, () =>
        db.prepare("insert into note (plan, unit, seq, text) values (?, ?, ?, ?)").run(plan, unit, nextNumber(db, `note/${plan}/${unit}`), note),
      );
    },
    attest(plan, unit, receipts, entries) {
      transact(db, () => {
        const insert = db.prepare("insert into receipt (plan, step, body) values (?, ?, ?) on conflict (plan, step) do nothing");
        for (const receipt of receipts) insert.run(plan, receipt.step, toStored(receipt));
        post(entries);
        db.prepare("update unit set state = 'done' where plan = ? and id = ?").run(plan, unit);
        db.prepare("delete from note where plan = ? and unit = ?").run(plan, unit);
      });
    },
    receipts: (plan) =>
      db
        .prepare("select body from receipt where plan = ? order by step")
        .all(plan)
        .map((row) => stored<Receipt>(text(row, "body"))),
    post: (entries) => transact(db, () => post(entries)),
    unsealed: (limit) =>
      db
        .prepare("select entry from outbox where sealed = 0 order by seq limit ?")
        .all(limit)
        .map((row) => stored<OutboxEntry>(text(row, "entry"))),
    sealed(ids) {
      transact(db, () => {
        const update = db.prepare("update outbox set sealed = 1, entry = '{}' where id = ?");
        for (const id of ids) update.run(id);
      });
    },
  };
}

function unitState(word: string): UnitState {
  return word === "done" || word === "intended" ? word : "ready";
}
