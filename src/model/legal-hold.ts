/** A legal hold: somebody ordered that records stay, whatever any rule says. Identifiers are sealed beside it, never in it. */
import type { CivilDate } from "./civil-date.ts";
import type { Subject } from "./subject.ts";

/** Words that a person typed, and what opens the ledger's commitment of them (base64). */
export interface Salted {
  readonly words: string;
  readonly salt: string;
}

export interface LegalHold {
  /** `H-2026-0001` */
  readonly id: string;
  /** In the officer's words. They may name people: they stay in the state. */
  readonly case: Salted;
  /** Who ordered it; never who typed it. */
  readonly by: string;
  /** Civil date at the controller. */
  readonly since: CivilDate;
  /** The last day of it; absent: it is open. */
  readonly until?: CivilDate;
  /** `system.record`; none: whatever belongs to its people. */
  readonly records: readonly string[];
  /** How many people it is about; 0: the whole of its record types. */
  readonly people: number;
  /** Instant and actor. */
  readonly added: Typed;
  readonly extended?: readonly (Typed & { readonly until: CivilDate; readonly by: string; readonly reason: Salted })[];
  readonly released?: Released;
  /** Instant at which what was sealed of it was destroyed. */
  readonly ended?: string;
}

/** Who typed something, and when. */
export interface Typed {
  readonly at: string;
  readonly actor: string;
}

export interface Released extends Typed {
  readonly day: CivilDate;
  readonly by: string;
  readonly reason: Salted;
  /** The last day on which it keeps records: before `day`, unless the data map wants a wait. */
  readonly keepsUntil: CivilDate;
}

/** A legal hold that keeps records now, with whom it is about. */
export interface HoldInForce {
  readonly id: string;
  /** The case, in the officer's words. */
  readonly says: string;
  readonly until?: CivilDate;
  /** `system.record`; none: whatever belongs to its people. */
  readonly records: readonly string[];
  /** None: the whole of its record types. */
  readonly subjects: readonly Subject[];
}

/** The last day on which it keeps records; undefined: nobody knows yet. */
export function lastDayOf({ until, released }: Pick<LegalHold, "until" | "released">): CivilDate | undefined {
  return [until, released?.keepsUntil].flatMap((day) => day ?? []).toSorted()[0];
}

/** `today`: civil date at the controller. */
export function isInForce(hold: Pick<LegalHold, "until" | "released" | "ended">, today: CivilDate): boolean {
  const last = lastDayOf(hold);
  return hold.ended === undefined && (last === undefined || today <= last);
}
