/** The system of record of what was begun and what came of it: units, notes, receipts. See docs/decisions. */
import type { Residue } from "../model/change.ts";
import type { Gap } from "../model/search.ts";
import type { Status } from "../model/status.ts";
import { integer, nextNumber, type Sql, stored, text, toStored } from "./sql.ts";

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
  /** Keyed digests of the records that were held or waiting only when they were about to be acted on. */
  readonly late?: readonly string[];
  /** One a person of a batch, in the request's order. */
  readonly people?: readonly PersonCounts[];
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
  readonly kept: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly failed: number;
}

export interface JournalReads {
  units(plan: string): Promise<readonly UnitRow[]>;
  notes(plan: string, unit: string): Promise<readonly string[]>;
  receipts(plan: string): Promise<readonly Receipt[]>;
  /** What attempts came to that did not get a unit done, oldest first. */
  attempts(plan: string): Promise<readonly Receipt[]>;
}

export interface Journal extends JournalReads {
  /** Adds the units of a plan; those that were begun already stay as they are. */
  add(plan: string, units: readonly Omit<UnitRow, "state" | "plan">[]): Promise<void>;
  /** Durable before the first effect. */
  intend(plan: string, unit: string): Promise<void>;
  /** The number of the attempt at the unit that begins now, from 1; those that a crash cut short count too. */
  nextAttempt(plan: string, unit: string): Promise<number>;
  /** Keeps what an attempt came to that left the unit undone. */
  attempted(plan: string, receipts: readonly Receipt[]): Promise<void>;
  note(plan: string, unit: string, text: string): Promise<void>;
  /** The unit is done. A receipt that is there already stays. */
  attest(plan: string, unit: string, receipts: readonly Receipt[]): Promise<void>;
}

/** Stands where notes name their unit; no unit is called so. */
const ATTEMPTS = "attempts";

export function journalStore(sql: Sql): Journal {
  const note = async (plan: string, unit: string, content: string): Promise<void> => {
    const seq = await nextNumber(sql, `note/${plan}/${unit}`);
    await sql.run("insert into note (plan, unit, seq, text) values (?, ?, ?, ?)", [plan, unit, seq, content]);
  };
  const notes = async (plan: string, unit: string): Promise<readonly string[]> =>
    (await sql.all("select text from note where plan = ? and unit = ? order by seq", [plan, unit])).map((row) => text(row, "text"));
  return {
    async units(plan) {
      const rows = await sql.all("select plan, id, phase, system, steps, after, state from unit where plan = ? order by phase, seq", [plan]);
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
    notes,
    attempts: async (plan) => (await notes(plan, ATTEMPTS)).map((content) => stored<Receipt>(content)),
    receipts: async (plan) => (await sql.all("select body from receipt where plan = ? order by step", [plan])).map((row) => stored<Receipt>(text(row, "body"))),
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
      await sql.run("update unit set state = 'intended' where plan = ? and id = ? and state = 'ready'", [plan, unit]);
    },
    note,
    nextAttempt: async (plan, unit) => await nextNumber(sql, `attempt/${plan}/${unit}`),
    async attempted(plan, receipts) {
      for (const receipt of receipts) await note(plan, ATTEMPTS, toStored(receipt));
    },
    async attest(plan, unit, receipts) {
      for (const receipt of receipts)
        await sql.run("insert into receipt (plan, step, body) values (?, ?, ?) on conflict (plan, step) do nothing", [plan, receipt.step, toStored(receipt)]);
      await sql.run("update unit set state = 'done' where plan = ? and id = ?", [plan, unit]);
      await sql.run("delete from note where plan = ? and unit = ?", [plan, unit]);
    },
  };
}

function unitState(word: string): UnitState {
  return word === "done" || word === "intended" ? word : "ready";
}
