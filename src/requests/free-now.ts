/** What open requests kept or wait for, and is free now as far as the state knows: their own next plan takes it, and no due work. */
import type { Disposition } from "../model/plan.ts";
import { isInForce } from "../model/legal-hold.ts";
import type { Finding } from "../model/search.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Reads } from "../state/state.ts";

export type FreeReads = Pick<Reads, "plans" | "sealed" | "legalHolds">;

/** By record type, how many records of the request's last run nothing known keeps any more. `today`: civil date at the controller. */
export async function freeNow(
  { plans, sealed, legalHolds }: FreeReads,
  { id, kind, state, plan }: ErasureRequest,
  today: string,
): Promise<ReadonlyMap<string, number>> {
  const free = new Map<string, number>();
  if (kind === "due" || plan === undefined || !OPEN_STATES.includes(state)) return free;
  if ((await plans.result(plan)) === undefined) return free;
  // what a plan kept is in its counts: unsealing its records would be for nothing
  if ((await plans.get(plan))?.steps.every(({ kept }) => kept === 0) === true) return free;
  // one that cannot be read keeps what it keeps
  const over = new Set(
    (await legalHolds.list()).flatMap(({ id: hold, hold: known }) =>
      known !== undefined && !isInForce(known, today) ? [hold] : [],
    ),
  );
  for await (const { record, records } of sealed.pieces(id, plan))
    for (const { disposition } of records)
      if (isOver(disposition, today, over)) free.set(record, (free.get(record) ?? 0) + 1);
  return free;
}

/** A legal hold that is over frees what it kept; with a law beside it the later of both ends, which `until` says, decides. */
function isOver(disposition: Disposition, today: string, over: ReadonlySet<string>): boolean {
  if (disposition.kind !== "kept" || disposition.reason === "excluded") return false;
  const { until, holds = [], reason } = disposition;
  if (until !== undefined && until < today) return true;
  return holds.length > 0 && holds.every((hold) => over.has(hold)) && reason === "legal_hold";
}

/** The same for a plan of due work, which leaves these to their requests. */
export async function freeWarnings(
  reads: FreeReads & Pick<Reads, "requests">,
  today: string,
): Promise<readonly Finding[]> {
  const warnings: Finding[] = [];
  for (const request of await reads.requests.list())
    for (const [record, count] of await freeNow(reads, request, today))
      warnings.push({
        code: "FREE_FOR_REQUEST",
        severity: "warning",
        record,
        message: `${count} that ${request.id} kept ${count === 1 ? "is" : "are"} free now: an open request's records are taken by its own plan`,
        help: `Plan it anew: expunge plan ${request.id}.`,
      });
  return warnings;
}
