import { meaningOf } from "../datamap/meaning.ts";
import { Failure } from "../errors.ts";
import type { DataMap } from "../model/datamap.ts";
import type { ApprovedPlan, Plan } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import { sameName } from "../model/same-name.ts";
import { ENDED_STATES } from "../model/status.ts";
import type { Approval } from "../state/plan-store.ts";
import { refuseAsked } from "./asked.ts";

/** Who may sign, and what. */
export interface Signing {
  readonly request: ErasureRequest;
  readonly plan: Plan | undefined;
  /** Whether a run of this plan has begun, or ended. */
  readonly begun: boolean;
  readonly map: DataMap;
  readonly by: string;
  /** The public key with which they act, base64; where the data map has `people`. */
  readonly key?: string;
  readonly role?: string;
  /** The digest the person has seen, where they gave one. */
  readonly digest?: string;
  /** `system.record` names that the person accepts although nothing was searched there. */
  readonly acceptNotSearched?: readonly string[];
  readonly at: Date;
}

/** `system.record` names of a plan that could not be searched for somebody of the request: no identifier leads there, or nothing is there. */
export function notSearched(plan: Plan): readonly string[] {
  return [...unledTo(plan), ...emptyIn(plan)];
}

/** No identifier of the request leads there. */
function unledTo({ steps }: Plan): readonly string[] {
  return steps
    .filter((step) => step.reason !== "empty_pattern")
    .filter((step) => step.reason === "no_identifier" || (step.unsearched?.length ?? 0) > 0)
    .map(({ system, record }) => `${system}.${record}`);
}

/** A pattern of theirs matches nothing. */
function emptyIn({ steps }: Plan): readonly string[] {
  return steps.filter(({ reason }) => reason === "empty_pattern").map(({ system, record }) => `${system}.${record}`);
}

/** The approval of this plan. Throws IDENTITY_UNCONFIRMED, NOTHING_TO_APPROVE, ASK, NOT_SEARCHED, FOUR_EYES, PLAN_STALE, PLAN_ALTERED. */
export function approve({
  request,
  plan,
  begun,
  map,
  by,
  key,
  role,
  digest,
  acceptNotSearched = [],
  at,
}: Signing): Approval {
  // due work has nobody behind it
  if (request.kind !== "due" && request.identity?.result !== "ok")
    throw new Failure("IDENTITY_UNCONFIRMED", `the identity behind ${request.id} is not confirmed`);
  if (plan === undefined) throw new Failure("NOTHING_TO_APPROVE", `${request.id} has no plan`);
  if (begun || ENDED_STATES.includes(request.state))
    throw new Failure(
      "NOTHING_TO_APPROVE",
      `${request.id} is ${request.state}: its plan is not waiting for an approval`,
    );
  // what nobody has decided waits in due work, and keeps no other from its turn
  if (request.kind !== "due") refuseAsked(map, plan.system);
  refuseOld(plan, map, at);
  if (digest !== undefined && !isDigestOf(plan, digest))
    throw new Failure("PLAN_ALTERED", "the digest is not that of the latest plan", {
      help: `Look at that plan before it is signed: \`expunge approve ${request.id}\` shows it in a terminal, with its digest.`,
    });
  // a key is one person, whatever a later data map calls them
  const same = sameName(by, request.createdBy) || (key !== undefined && key === request.createdKey);
  if ((map.approval.fourEyes || request.purge !== undefined) && same)
    throw new Failure(
      "FOUR_EYES",
      `${request.id} was opened by the same person`,
      request.purge === undefined
        ? {}
        : { help: "What goes before its day is approved by somebody else, whatever `approval.four_eyes` says." },
    );
  // with `people` the key says who may approve
  if (
    map.people === undefined &&
    map.approval.roles.length > 0 &&
    (role === undefined || !map.approval.roles.includes(role))
  )
    throw new Failure(
      "FOUR_EYES",
      `this data map wants an approval in a role: --role ${map.approval.roles.join(" or --role ")}`,
      {
        help: "Approve in one of these roles.",
      },
    );
  const accepted = acceptedOf(plan, acceptNotSearched);
  return {
    plan: plan.id,
    digest: plan.digest,
    by,
    ...(role === undefined ? {} : { role }),
    ...(accepted.length === 0 ? {} : { accepted }),
    at: at.toISOString(),
  };
}

/** Whole, or as the screens show it: its first sixteen digits and a mark. */
export function isDigestOf({ digest }: Plan, given: string): boolean {
  const typed = given
    .trim()
    .toLowerCase()
    .replace(/(?:…|\.{3})$/u, "");
  return typed.length >= SHOWN_DIGITS && digest.startsWith(typed);
}

/** Enough that nobody makes another plan with the same beginning. */
const SHOWN_DIGITS = 16;

/** Who signs knows what was not searched, by name: a name that was searched, or is none, is a slip. */
function acceptedOf(plan: Plan, given: readonly string[]): readonly string[] {
  const unsearched = notSearched(plan);
  if (given.some((name) => !unsearched.includes(name)))
    throw new Failure("USAGE", "--accept-not-searched names something that is not among what was not searched", {
      help:
        unsearched.length === 0
          ? "Everything was searched; leave the flag out."
          : `Not searched: ${unsearched.join(", ")}.`,
    });
  const left = unsearched.filter((name) => !given.includes(name));
  if (left.length === 0) return unsearched;
  const empty = emptyIn(plan).filter((name) => left.includes(name));
  const unled = left.filter((name) => !empty.includes(name));
  const why = [
    ...(unled.length === 0 ? [] : [`no identifier of the request leads to ${unled.join(", ")}`]),
    ...(empty.length === 0 ? [] : [`a pattern of ${empty.join(", ")} matches nothing`]),
  ];
  const instead = [
    ...(unled.length === 0 ? [] : ["open a request with an identifier that leads there"]),
    ...(empty.length === 0 ? [] : ["correct the pattern in the data map and plan again"]),
  ].join(", ");
  throw new Failure("NOT_SEARCHED", `${why.join(", and ")}: nothing was searched there`, {
    help: `${instead.charAt(0).toUpperCase()}${instead.slice(1)}, or accept it: --accept-not-searched ${left.join(" --accept-not-searched ")}.`,
    details: left,
  });
}

/**
 * The only maker of an approved plan. `unaltered`: whether plan and sealed keys are what the digest was made over. A run
 * that has begun goes on after the plan's last day; one that has ended answers again whatever the data map says by now.
 */
export function approvedPlan(
  plan: Plan,
  approval: Approval | undefined,
  map: DataMap,
  how: { readonly at: Date; readonly begun: boolean; readonly ended?: boolean; readonly unaltered: boolean },
): ApprovedPlan {
  if (approval === undefined && map.approval.required)
    throw new Failure("NOT_APPROVED", `plan ${plan.id} of ${plan.request} is not approved`);
  if (!how.begun) refuseOld(plan, map, how.at);
  if (how.ended !== true) refuseOtherRules(plan, map);
  if (!how.unaltered || (approval !== undefined && approval.digest !== plan.digest))
    throw new Failure("PLAN_ALTERED", `plan ${plan.id} is not what was approved`);
  return brand(plan);
}

/** Whether nobody can run the plan any more, approved or not: its last day has passed, or the rules mean something else. */
export function isOld(plan: Plan, map: DataMap, at: Date): boolean {
  return hasExpired(plan, at) || hasOtherRules(plan, map);
}

function hasExpired(plan: Plan, at: Date): boolean {
  return at.toISOString() > plan.expires_at;
}

/** A comment, a word or another order of keys changes no rule. */
function hasOtherRules(plan: Plan, map: DataMap): boolean {
  return meaningOf(map, plan.system) !== plan.map;
}

/** Throws PLAN_STALE, PLAN_EXPIRED. */
export function refuseOld(plan: Plan, map: DataMap, at: Date): void {
  refuseOtherRules(plan, map);
  if (hasExpired(plan, at))
    throw new Failure(
      "PLAN_EXPIRED",
      `plan ${plan.id} was valid until ${plan.expires_at.slice(0, 16).replace("T", " ")} UTC`,
    );
}

function refuseOtherRules(plan: Plan, map: DataMap): void {
  if (hasOtherRules(plan, map))
    throw new Failure("PLAN_STALE", "the rules of the data map have changed since the plan");
}

function brand(plan: Plan): ApprovedPlan {
  return plan as ApprovedPlan;
}
