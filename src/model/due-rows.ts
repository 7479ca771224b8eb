import { type CivilDate, civilDateFromText } from "./civil-date.ts";

/** Which records are due: those of a day before `before` in this column. */
export interface DueRows {
  readonly column: string;
  /** The first day that is not due. */
  readonly before: CivilDate;
  /** IANA time zone in which an instant has its day; a date, or a time without an offset, is taken as it is. */
  readonly zone: string;
  /** What stands in the column while the record lives, a date that means nothing; the record is not due then. */
  readonly live?: string;
}

/** `none`: there is no date. `unreadable`: what stands there is no date, and so is never due. */
export type DueState = "due" | "not_yet" | "none" | "unreadable";

/** What a record's texts in the column say. Of several dates the last one counts, and one that cannot be read may be any. */
export function dueState(texts: readonly string[], { before, zone, live }: DueRows): DueState {
  const days: CivilDate[] = [];
  for (const text of texts.map((one) => one.trim()).filter((one) => one !== "")) {
    const day = civilDateFromText(text, zone);
    if (live !== undefined && (text === live || isSentinel(text, day, live))) return "not_yet";
    if (day === undefined) return "unreadable";
    days.push(day);
  }
  if (days.length === 0) return "none";
  return days.every((day) => day < before) ? "due" : "not_yet";
}

/** A stand-in is written in the store's own way, and read in any zone: its day may be the one before or behind. */
function isSentinel(text: string, day: CivilDate | undefined, live: string): boolean {
  const stood = civilDateFromText(live, "UTC");
  if (stood === undefined) return false;
  return text.startsWith(stood) || (day !== undefined && Math.abs(Date.parse(day) - Date.parse(stood)) <= 86_400_000);
}

/** A day behind every instant that may be due, whatever the zone: for a server that knows none. */
export function surelyBefore(before: CivilDate): CivilDate {
  const at = new Date(Date.parse(`${before}T00:00:00Z`) + 2 * 86_400_000);
  return at.getUTCFullYear() > 9999 ? "9999-12-31" : at.toISOString().slice(0, 10);
}
