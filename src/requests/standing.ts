/** Standing approvals of the data map: what may run without asking, and why not. */
import { meaningOf } from "../datamap/meaning.ts";
import type { DataMap, StandingApproval } from "../model/datamap.ts";
import type { Plan } from "../model/plan.ts";
import { decidingTypes } from "../planner/deciding-types.ts";
import { civilDateFromText } from "../retention/civil-date.ts";
import type { Reads, Tx } from "../state/state.ts";
import { type Context, today } from "./context.ts";

/** What the rules of these record types mean, with those of whatever has a say in what becomes of their records. */
export function standingMeaning(map: DataMap, records: readonly string[]): string {
  const wanted = decidingTypes(map, records);
  const systems = map.systems.map((system) => ({
    ...system,
    records: system.records.filter(({ id }) => wanted.has(id)),
  }));
  return meaningOf({ ...map, systems: systems.filter((system) => system.records.length > 0) });
}

/** Why nothing may run under a standing approval now, in words; undefined where it may. */
export async function whyNotStanding(
  context: Context,
  reads: Pick<Reads, "standing">,
  { records, approvedOn, reviewBy }: StandingApproval,
): Promise<string | undefined> {
  const { map } = context;
  if (reviewBy !== undefined && reviewBy < today(context)) return `it was to be looked at again by ${reviewBy}`;
  const known = await reads.standing.known(records);
  if (known === undefined)
    // the map's word is enough where one person may do both
    return map.approval.fourEyes ? "no person has approved a plan of it yet" : undefined;
  if (known.meaning === standingMeaning(map, records)) return undefined;
  const agreed = civilDateFromText(known.at, map.controller.calendar.timezone) ?? "";
  // a day that has not come is nobody's agreement
  const isLater = approvedOn !== undefined && approvedOn > agreed && approvedOn <= today(context);
  if (!map.approval.fourEyes && isLater) return undefined;
  return "its rules have changed since they were approved";
}

/** A person has approved this plan: what standing approvals it covers whole mean from now on what they mean now. */
export async function noteStanding(tx: Tx, { map, now }: Context, plan: Plan): Promise<void> {
  if (plan.as_of === undefined) return;
  const planned = new Set(plan.steps.map(({ system, record }) => `${system}.${record}`));
  for (const { records } of map.approval.standing ?? [])
    if (records.every((id) => planned.has(id)))
      await tx.standing.note(records, { meaning: standingMeaning(map, records), at: now().toISOString() });
}
