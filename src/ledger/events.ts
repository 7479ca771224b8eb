/** What may stand in the ledger: events of a closed set, each of a closed form, none with room for personal data. */
import { Failure } from "../errors.ts";
import type { ActionKind } from "../model/datamap.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { REQUEST_STATES, STATUSES } from "../model/status.ts";
import {
  constant,
  count,
  date,
  dateOrInstant,
  type Field,
  flag,
  instant,
  label,
  list,
  nullable,
  oneOf,
  optional,
  pattern,
  shape,
  type ShapeOf,
  type Shape,
} from "./fields.ts";

const ACTIONS = ["erase", "anonymise", "redact", "remove-rows", "soft-delete", "unlink", "keep", "ask"] as const satisfies readonly ActionKind[];
const METHODS = ["account", "document", "eid", "email", "in_person", "letter", "phone", "video", "other"] as const;
const EXCEPTIONS = ["art17-3-a", "art17-3-b", "art17-3-c", "art17-3-d", "art17-3-e", "art12-5", "art12-6", "art11-2"] as const;
const CHECKS = ["pass", "fail", "unverifiable", "not_searchable"] as const;

/** `R-2026-0001`, `D-2026-0001`. */
const request = pattern(/^[RD]-\d{4}-\d{4,8}$/u, "closed");
const plan = pattern(/^[A-Z]{1,2}-[0-9A-Za-z-]{1,40}$/u);
const digest = pattern(/^[0-9a-f]{64}$/u, "closed");
/** An opaque name, `actorId` makes one. */
const actor = pattern(/^[a-z]_[0-9a-f]{16,64}$/u, "closed");
/** A code: `lock_timeout`, `23514`. */
const code = pattern(/^[A-Za-z0-9_.:-]{1,64}$/u);
const name = label(200);
const version = pattern(/^[a-z][a-z0-9-]{0,40}@\d{1,6}\.\d{1,6}\.\d{1,6}(?:[.+-][0-9A-Za-z.+-]{1,40})?$/u, "closed");
/** How it was looked at again: searched anew, not at all, only declared in the data map, a third party's word. */
const verification = { method: oneOf("requery", "none", "declared", "attested"), residual: count, at: instant };

const SHAPES = {
  "request.received": {
    request,
    at: instant,
    right: optional(oneOf("erasure", "restriction")),
    received: date,
    regime: oneOf("eu", "uk", "ccpa"),
    due_nominal: date,
    due_legal: date,
    due_extended: date,
    subjects: count,
    controller: optional(name),
    by: optional(actor),
  },
  "identity.verified": { request, at: instant, method: oneOf(...METHODS), result: oneOf("ok", "more_needed", "failed"), by: actor },
  decision: {
    request,
    at: instant,
    plan,
    plan_digest: digest,
    map_digest: digest,
    rules_digest: optional(digest),
    approver: actor,
    role: optional(code),
    decision: oneOf("granted", "partial", "refused"),
    exceptions: list(oneOf(...EXCEPTIONS), 20),
  },
  "erasure.started": { request, at: instant, plan, plan_digest: digest, by: actor },
  "target.result": {
    request,
    plan_digest: digest,
    step: optional(code),
    system: name,
    record: name,
    operation: oneOf(...ACTIONS),
    status: oneOf(...STATUSES),
    found: count,
    matched: count,
    affected: count,
    gone: count,
    already_gone: count,
    own: count,
    kept: count,
    minimised: optional(count),
    waiting: count,
    blocked: count,
    reason: optional(code),
    until: optional(dateOrInstant),
    law: list(label(200), 20),
    /** What is kept is used for what it is kept for, and nothing else (`while_held.restrict`). */
    restricted: optional(flag),
    residue: list(shape({ mechanism: code, gone_by: nullable(dateOrInstant) }), 50),
    connector: version,
    started: instant,
    finished: instant,
    verification: optional(shape(verification)),
  },
  "erasure.completed": {
    request,
    at: instant,
    plan_digest: optional(digest),
    state: oneOf(...REQUEST_STATES),
    exit: count,
    totals: shape({ erase: count, change: count, keep: count, wait: count, blocked: count, nothing: count }),
    residual: optional(count),
    checks: optional(list(shape({ system: name, record: name, result: oneOf(...CHECKS), ...verification }), 10_000)),
    residue: optional(list(shape({ system: name, record: optional(name), mechanism: code, gone_by: nullable(dateOrInstant) }), 10_000)),
  },
  refused: { request, at: instant, by: actor, state: oneOf("refused", "cancelled"), exception: optional(oneOf(...EXCEPTIONS)) },
  "key.destroyed": {
    request: optional(request),
    at: instant,
    what: oneOf("sealed_keys", "held_keys", "pseudonym_epoch", "signing_key"),
    epoch: optional(count),
  },
  "policy.changed": { at: instant, map_digest: digest, rules_digest: optional(digest), by: actor },
} as const satisfies Record<string, Shape>;

export type EventType = keyof typeof SHAPES;

/** What a caller says of an event. `v` and `type` are added by the ledger. */
export type EventCore<K extends EventType> = ShapeOf<(typeof SHAPES)[K]>;

const LINK = shape({
  v: constant(1),
  epoch: count,
  pseudonym: optional(digest),
  pseudonyms: optional(list(digest, 100_000)),
  /** Name of the identity in the data map. */
  identity: optional(code),
});

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(SHAPES, type);
}

/** Whether the core, without `v` and `type`, is one of this type. */
export function isEventCore<K extends EventType>(type: K, core: JsonObject): core is JsonObject & EventCore<K> {
  return fieldOf(type).wrong(core) === undefined;
}

/**
 * Throws UNEXPECTED, naming the member and never its value, where type, core or link are not of the closed forms: whoever
 * makes an entry should ask before the effect that it tells of.
 */
export function checkEvent(type: string, core: JsonObject, link?: JsonObject): void {
  const at = isEventType(type) ? fieldOf(type).wrong(core) : " (a type that is not known)";
  if (at !== undefined) throw new Failure("UNEXPECTED", `the ledger refuses an entry: ${isEventType(type) ? type : "?"}${at}`);
  const linkAt = link === undefined ? undefined : LINK.wrong(link);
  if (linkAt !== undefined) throw new Failure("UNEXPECTED", `the ledger refuses an entry: ${type} link${linkAt}`);
}

/** The core as it is committed to. */
export function wholeCore(type: string, core: JsonObject): JsonObject {
  return { v: 1, type, ...core };
}

/** The code for how an identity was checked; what is typed there is free text and stays out. */
export function methodCode(typed: string): (typeof METHODS)[number] {
  const word = typed
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, "_");
  return METHODS.find((method) => method === word) ?? "other";
}

const FIELDS = new Map<string, Field<Json>>(Object.entries(SHAPES).map(([type, members]) => [type, shape(members)]));

function fieldOf(type: EventType): Field<Json> {
  const field = FIELDS.get(type);
  if (field === undefined) throw new Failure("UNEXPECTED", "an event type has no form");
  return field;
}
