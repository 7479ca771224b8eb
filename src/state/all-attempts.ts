import type { Receipt } from "./journal.ts";
import type { Reads } from "./state.ts";

/** Receipts of every attempt of every plan of the request, oldest plan first. */
export async function allAttempts(
  { plans, journal }: Pick<Reads, "plans" | "journal">,
  request: string,
): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for (const plan of await plans.ofRequest(request)) receipts.push(...(await journal.attempts(plan.id)));
  return receipts;
}
