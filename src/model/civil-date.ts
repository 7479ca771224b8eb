/** A day of the calendar, `YYYY-MM-DD`, 0001-01-01 to 9999-12-31. Compares as text. */
export type CivilDate = string;

const FORM = /^\d{4}-\d{2}-\d{2}$/u;

/** Whether the text is a day that exists: `2026-02-29` is none. */
export function isCivilDate(text: string): boolean {
  if (!FORM.test(text) || text.startsWith("0000")) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}
