import type { Due } from "../model/request.ts";
import { count, day, tint } from "./show.ts";

/** A civil date as a day, an instant to the minute. */
export function when(text: string): string {
  return text.length === 10 ? day(text) : `${day(text.slice(0, 10))} ${text.slice(11, 16)} UTC`;
}

/** How long an answer is overdue, in a colour that is seen; empty where it is not. */
export function overdueText(
  { overdue, days_left }: { readonly overdue: boolean; readonly days_left: number | null },
  plain: boolean,
): string {
  return overdue ? tint(`OVERDUE by ${count(-(days_left ?? 0), "day")}`, "danger", plain) : "";
}

/** When the answer is due, how that came about, and whether that day has passed. */
export function dueText(
  due: Due,
  late: { readonly overdue: boolean; readonly days_left: number | null },
  plain: boolean,
): string {
  const { nominal, legal, extended, extension } = due;
  const overdue = late.overdue ? `: ${overdueText(late, plain)}` : "";
  if (extension !== undefined) return `${day(extended)}${overdue} (extended from ${day(legal)})`;
  const moved = nominal === legal ? "" : ` (${day(nominal)} is no working day)`;
  return `${day(legal)}${moved}${overdue}; ${day(extended)} if extended`;
}

/** A day on which something is gone; `null` where nothing sets one. */
export function goneBy(date: string | null | undefined): string {
  return date === null || date === undefined ? "no end is set" : `gone by ${when(date)}`;
}
