import type { Period } from "../model/datamap.ts";

/** From when on a look at what a run did counts as the second one. */
export function settledFrom(completedAt: string, settle: Period): Date {
  return new Date(Date.parse(completedAt) + milliseconds(settle));
}

function milliseconds({ years, months, days, seconds }: Period): number {
  return ((years * 365 + months * 31 + days) * 86_400 + seconds) * 1000;
}
