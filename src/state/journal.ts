/** The system of record of what was begun and what came of it: units, notes, receipts. See docs/decisions. */
import type { Asserted } from "../model/assertion.ts";
import type { Residue } from "../model/change.ts";
import type { Restorable } from "../model/pre-image.ts";
import type { Gap } from "../model/search.ts";
import type { Status } from "../model/status.ts";
import { integer, nextNumber, one, type Sql, stored, text, toStored } from "./sql.ts";

/** `ready`: nothing begun. `intended`: an effect may have begun, and no receipt tells of it yet. `tried`: one does. `done`: nothing is left of it. */
export type UnitState = "ready" | "intended" | "tried" | "done";

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
  /** Of those: still there, and as the rule wants them before anything was done. */
  readonly asWanted?: number;
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
  /** Of the changed ones: they are marked as deleted, and there still. */
  readonly marked?: number;
  /** The day on which the last of what is marked goes for good, whoever marked it; null: nobody knows it. `until` may be that of a hold beside it. */
  readonly markedUntil?: string | null;
  /** Removed, changed or minimised, and kept to be put back. */
  readonly restorable?: Restorable;
  /** Keyed digests of the records that were to be marked and that no attempt of ours marked. */
  readonly notMarked?: readonly string[];
  /** Keyed digests of the records that were held or waiting only when they were about to be acted on. */
  readonly late?: readonly string[];
  /** Of an undo: keyed digests of the records that it did not give back. */
  readonly notBack?: readonly string[];
  /** Ids of the legal holds that keep some of them, planned or since. */
  readonly holds?: readonly string[];
  /**
   * The day on which the last of the marked ones goes for good; or the last day of the longest hold, where some are held
   * only since the plan. null: nobody knows it.
   */
  readonly until?: string | null;
  /** One a person of a batch, in the request's order. */
  readonly people?: readonly PersonCounts[];
  /** Figures of `assert` that the step's transactions were compared by. */
  readonly asserted?: readonly Asserted[];
  readonly gaps: readonly Gap[];
  /** What the system keeps for now, as this attempt saw it, dated from its day. */
  readonly residue?: readonly Residue[];
  readonly started: string;
  readonly finished: string;
}

/** What came of one person's records in one step. */
export interface PersonCounts {
  readonly done: number;
  readonly alreadyGone: number;
  readonly asWanted?: number;
  readonly kept: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
}

export interface JournalReads {
  units(plan: string): Promise<readonly UnitRow[]>;
  notes(plan: string, unit: string): Promise<readonly string[]>;
  /** Of each step the last one. */
  receipts(plan: string): Promise<readonly Receipt[]>;
  /** Those of every attempt, a step's oldest first. */
  attempts(plan: string): Promise<readonly Receipt[]>;
}

export interface Journal extends JournalReads {
  /** Adds the units of a plan; those that were begun already stay as they are. */
  add(plan: string, units: readonly Omit<UnitRow, "state" | "plan">[]): Promise<void>;
  /** Durable before the first effect. */
  intend(plan: string, unit: string): Promise<void>;
  note(plan: string, unit: string, text: string): Promise<void>;
  /**
   * What an attempt at a unit came to; `done`: nothing is left of it. → the receipts with the attempt's number, none where
   * the unit was done before.
   */
  attest(plan: string, unit: string, receipts: readonly Receipt[], done: boolean): Promise<readonly Receipt[]>;
  /** Of a plan that nobody goes on with any more: notes name records and hold digests of files. Receipts stay. */
  forgetNotes(plan: string): Promise<void>;
}

const RECEIPTS = "select step, body from receipt where plan = ? order by step, attempt";

export function journalStore(sql: Sql): Journal {
  return {
    async units(plan) {
      const rows = await sql.all(
        "select plan, id, phase, system, steps, after, state from unit where plan = ? order by phase, seq",
        [plan],
      );
      return rows.map((row) => ({
        plan: text(row, "plan"),
        id: text(row, "id"),
        phase: integer(row, "phase"),
        system: text(row, "system"),
        steps: stored<string[]>(text(row, "steps")),
        after: stored<string[]>(text(row, "after")),
        state: unitState(text(row, "state")),
      }));
    },
    notes: async (plan, unit) =>
      (await sql.all("select text from note where plan = ? and unit = ? order by seq", [plan, unit])).map((row) =>
        text(row, "text"),
      ),
    receipts: async (plan) => [
      ...new Map(
        (await sql.all(RECEIPTS, [plan])).map((row) => [text(row, "step"), stored<Receipt>(text(row, "body"))]),
      ).values(),
    ],
    attempts: async (plan) => (await sql.all(RECEIPTS, [plan])).map((row) => stored<Receipt>(text(row, "body"))),
    async add(plan, units) {
      // nothing was begun of those: the plan's units as they are seen now take their place
      await sql.run("delete from unit where plan = ? and state = 'ready'", [plan]);
      for (const [seq, unit] of units.entries())
        await sql.run(
          "insert into unit (plan, id, seq, phase, system, steps, after, state) values (?, ?, ?, ?, ?, ?, ?, 'ready') on conflict (plan, id) do nothing",
          [plan, unit.id, seq, unit.phase, unit.system, toStored(unit.steps), toStored(unit.after)],
        );
    },
    async intend(plan, unit) {
      await sql.run("update unit set state = 'intended' where plan = ? and id = ? and state <> 'done'", [plan, unit]);
    },
    async note(plan, unit, note) {
      const seq = await nextNumber(sql, `note/${plan}/${unit}`);
      await sql.run("insert into note (plan, unit, seq, text) values (?, ?, ?, ?)", [plan, unit, seq, note]);
    },
    async attest(plan, unit, receipts, done) {
      const state = await one(sql, "select state from unit where plan = ? and id = ?", [plan, unit]);
      if (state?.["state"] === "done") return [];
      const numbered: Receipt[] = [];
      for (const receipt of receipts) {
        const row = await one(sql, "select count(*) as attempts from receipt where plan = ? and step = ?", [
          plan,
          receipt.step,
        ]);
        const whole = { ...receipt, attempt: integer(row ?? {}, "attempts") + 1 };
        await sql.run("insert into receipt (plan, step, attempt, body) values (?, ?, ?, ?)", [
          plan,
          whole.step,
          whole.attempt,
          toStored(whole),
        ]);
        numbered.push(whole);
      }
      if (!done) {
        await sql.run("update unit set state = 'tried' where plan = ? and id = ? and state = 'intended'", [plan, unit]);
        return numbered;
      }
      await sql.run("update unit set state = 'done' where plan = ? and id = ?", [plan, unit]);
      await sql.run("delete from note where plan = ? and unit = ?", [plan, unit]);
      return numbered;
    },
    async forgetNotes(plan) {
      await sql.run("delete from note where plan = ?", [plan]);
    },
  };
}

function unitState(word: string): UnitState {
  return word === "done" || word === "intended" || word === "tried" ? word : "ready";
}
