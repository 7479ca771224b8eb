import { Failure } from "../errors.ts";
import type { DataMap } from "../model/datamap.ts";
import type { ApprovedPlan, Plan } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import { ENDED_STATES } from "../model/status.ts";
import type { Approval } from "../state/plan-store.ts";

/** Who may sign, and what. */
export interface Signing {
  readonly request: ErasureRequest;
  readonly plan: Plan | undefined;
  /** Whether a run of this plan has begun, or ended. */
  readonly begun: boolean;
  readonly map: DataMap;
  readonly by: string;
  readonly role?: string;
  /** The digest the person has seen, where they gave one. */
  readonly digest?: string;
  readonly at: Date;
}

/** The approval of this plan. Throws IDENTITY_UNCONFIRMED, NOTHING_TO_APPROVE, FOUR_EYES, PLAN_STALE, PLAN_ALTERED. */
export function approve({ request, plan, begun, map, by, role, digest, at }: Signing): Approval {
  if (request.identity?.result !== "ok") throw new Failure("IDENTITY_UNCONFIRMED", `the identity behind ${request.id} is not confirmed`);
  if (plan === undefined) throw new Failure("NOTHING_TO_APPROVE", `${request.id} has no plan`);
  if (begun || ENDED_STATES.includes(request.state))
    throw new Failure("NOTHING_TO_APPROVE", `${request.id} is ${request.state}: its plan is not waiting for an approval`);
  refuseOld(plan, map, at);
  if (digest !== undefined && digest !== plan.digest) throw new Failure("PLAN_ALTERED", "the digest is not that of the latest plan");
  if (map.approval.fourEyes && sameName(by, request.createdBy)) throw new Failure("FOUR_EYES", `${request.id} was opened by the same person`);
  if (map.approval.roles.length > 0 && (role === undefined || !map.approval.roles.includes(role)))
    throw new Failure("FOUR_EYES", `this data map wants an approval in a role: --role ${map.approval.roles.join(" or --role ")}`, {
      help: "Approve in one of these roles.",
    });
  return { plan: plan.id, digest: plan.digest, by, ...(role === undefined ? {} : { role }), at: at.toISOString() };
}

/**
 * The only maker of an approved plan. `unaltered`: whether plan and sealed keys are what the digest was made over. A run
 * that has begun goes on after the plan's last day.
 */
export function approvedPlan(
  plan: Plan,
  approval: Approval | undefined,
  map: DataMap,
  how: { readonly at: Date; readonly begun: boolean; readonly unaltered: boolean },
): ApprovedPlan {
  if (approval === undefined && map.approval.required) throw new Failure("NOT_APPROVED", `plan ${plan.id} of ${plan.request} is not approved`);
  if (!how.begun) refuseOld(plan, map, how.at);
  if (map.digest !== plan.map) throw new Failure("PLAN_STALE", "the data map has changed since the plan");
  if (!how.unaltered || (approval !== undefined && approval.digest !== plan.digest))
    throw new Failure("PLAN_ALTERED", `plan ${plan.id} is not what was approved`);
  return brand(plan);
}

/** One person is one person, however the name is typed: case, spaces, compositions and what does not show make no other. */
function sameName(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(name: string): string {
  return name
    .normalize("NFKC")
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{C}]/gu, "")
    .replaceAll(/\s+/gu, " ")
    .trim()
    .toLowerCase();
}

function refuseOld(plan: Plan, map: DataMap, at: Date): void {
  if (map.digest !== plan.map) throw new Failure("PLAN_STALE", "the data map has changed since the plan");
  if (at.toISOString() > plan.expires_at) throw new Failure("PLAN_EXPIRED", `plan ${plan.id} was valid until ${plan.expires_at}`);
}

function brand(plan: Plan): ApprovedPlan {
  return plan as ApprovedPlan;
}
