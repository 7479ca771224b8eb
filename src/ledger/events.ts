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

const ACTIONS = [
  "erase",
  "anonymise",
  "redact",
  "remove-rows",
  "soft-delete",
  "unlink",
  "keep",
  "ask",
] as const satisfies readonly ActionKind[];
const METHODS = ["account", "document", "eid", "email", "in_person", "letter", "phone", "video", "other"] as const;
const EXCEPTIONS = [
  "art17-3-a",
  "art17-3-b",
  "art17-3-c",
  "art17-3-d",
  "art17-3-e",
  "art12-5",
  "art12-6",
  "art11-2",
] as const;
const CHECKS = ["pass", "fail", "unverifiable", "not_searchable"] as const;
/** Why a request is not carried out: Art. 12(5) and 12(6), Art. 17(3), or because nobody asks for it any more. */
const REFUSALS = [
  "unfounded",
  "excessive",
  "identity_unconfirmed",
  "exception",
  "withdrawn",
  "duplicate",
  "other",
] as const;
/** More gaps than these are counted, not listed. */
export const GAPS_LISTED = 1000;

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
const hold = pattern(/^H-\d{4}-\d{4,8}$/u, "closed");
const restore = pattern(/^B-\d{4}-\d{4,8}$/u, "closed");
/** How it was looked at again: searched anew, not at all, only declared in the data map, a third party's word. */
const verification = { method: oneOf("requery", "none", "declared", "attested"), residual: count, at: instant };

const plannedStep = {
  step: code,
  system: name,
  record: name,
  operation: oneOf(...ACTIONS),
  status: oneOf(...STATUSES),
  found: count,
  act: count,
  kept: count,
  waiting: count,
  blocked: count,
  reason: optional(code),
};
const recordType = { system: name, record: name };
/** A place that was found and could not be acted on: a line that cannot be read, a view that keeps copies. */
const gap = { where: name, holds_identifier: flag };
/** The deadlines anew, and the days on which the time for an answer stood still. */
const deadline = {
  nominal: date,
  legal: date,
  extended: date,
  pauses: list(shape({ from: date, to: nullable(date) }), 100),
};
const residue = { mechanism: code, gone_by: nullable(dateOrInstant) };
/** `day`: the civil date at the controller. `words`: the commitment of what was typed, see docs/ledger-format.md. */
const ending = {
  request,
  at: instant,
  day: date,
  by: actor,
  reason: oneOf(...REFUSALS),
  exception: optional(oneOf(...EXCEPTIONS)),
  words: optional(digest),
};

/** What somebody ordered of a legal hold; `by` entered it. `words`: the commitment of the case, or of the reason. */
const holding = { hold, at: instant, day: date, by: actor, ordered_by: actor, words: digest };

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
  "request.extended": {
    request,
    at: instant,
    day: date,
    by: actor,
    reason: oneOf("complex", "many"),
    notified_on: date,
    due: date,
  },
  "identity.checked": {
    request,
    at: instant,
    method: oneOf(...METHODS),
    result: oneOf("more_needed", "failed"),
    by: actor,
    due: optional(shape(deadline)),
  },
  "identity.verified": {
    request,
    at: instant,
    method: oneOf(...METHODS),
    result: oneOf("ok"),
    by: actor,
    due: optional(shape(deadline)),
  },
  decision: {
    request,
    at: instant,
    plan,
    plan_digest: digest,
    map_digest: digest,
    rules_digest: optional(digest),
    approver: actor,
    role: optional(code),
    /** The public key of whoever approved, and what it signed: docs/ledger-format.md. */
    key: optional(pattern(/^[A-Za-z0-9+/]{43}=$/u, "closed")),
    signature: optional(pattern(/^[A-Za-z0-9+/]{86}==$/u, "closed")),
    decision: oneOf("granted", "partial", "refused"),
    exceptions: list(oneOf(...EXCEPTIONS), 20),
    /** Record types that were not searched for somebody, and that the approver accepted as such. */
    not_searched: optional(list(shape(recordType), 10_000)),
    /** Records that the plan leaves out on purpose, and the commitment of the words why. */
    excluded: optional(shape({ records: count, words: digest })),
    /** Of what is marked as deleted and goes before its day: the commitment of the words why. */
    early: optional(digest),
  },
  "erasure.started": {
    request,
    at: instant,
    plan,
    plan_digest: digest,
    by: actor,
    day: optional(date),
    steps: optional(list(shape(plannedStep), 10_000)),
  },
  "target.result": {
    request,
    plan_digest: digest,
    step: code,
    /** 1 for the first attempt of this plan's step. */
    attempt: count,
    ...recordType,
    operation: oneOf(...ACTIONS),
    status: oneOf(...STATUSES),
    found: count,
    matched: count,
    affected: count,
    gone: count,
    deleted: count,
    changed: count,
    already_gone: count,
    /** Of those: still there, and as the rule wants them before anything was done. */
    as_wanted: optional(count),
    own: count,
    kept: count,
    minimised: count,
    waiting: count,
    /** Of those: marked as deleted before the plan was made, by whomever. */
    marked_before: optional(count),
    blocked: count,
    failed: count,
    /** Of a batch: what came of each person's records here, by their place in the request, from 1; those of whom there are any. */
    people: optional(
      list(
        shape({
          person: count,
          done: count,
          already_gone: count,
          as_wanted: optional(count),
          kept: count,
          waiting: count,
          blocked: count,
          failed: count,
        }),
        100_000,
      ),
    ),
    reason: optional(code),
    until: optional(dateOrInstant),
    law: list(name, 20),
    /** What is kept is used for what it is kept for, and nothing else (`while_held.restrict`). */
    restricted: optional(flag),
    /** Figures of the data map's `assert`: keyed digests of what each would have been without this step, and was with it. */
    assertions: optional(list(shape({ name, held: flag, before: digest, after: digest }), 100)),
    gaps: list(shape(gap), GAPS_LISTED),
    more_gaps: optional(count),
    residue: list(shape(residue), 50),
    connector: version,
    started: instant,
    finished: instant,
    verification: optional(shape(verification)),
  },
  /** Somebody took back what runs had marked as deleted, as far as nothing stood in the way. */
  "erasure.undone": {
    request,
    at: instant,
    day: date,
    by: actor,
    /** Hex commitment of the reason that was typed. */
    words: optional(digest),
    partial: flag,
    steps: list(
      shape({
        plan,
        step: code,
        system: name,
        record: name,
        status: oneOf(...STATUSES),
        restored: count,
        hidden: count,
      }),
      1000,
    ),
  },
  /** Somebody brought records back that no open request had marked as deleted. `link`: whose they are. */
  "bin.restored": { restore, at: instant, day: date, by: actor, ...recordType, restored: count, hidden: count },
  /** What could have been given back no more: the window had ended. */
  "undo.destroyed": { request, at: instant, day: date, plan },
  /** One a `verify`: what was seen when everything was looked for again. */
  verification: {
    request,
    at: instant,
    day: date,
    plan_digest: digest,
    by: optional(actor),
    state: oneOf(...REQUEST_STATES),
    exit: count,
    residual: count,
    /**
     * `new`: those of the residual that no plan knew; they came after it, or came back. `gone`: of what was to be kept,
     * records that are not there any more.
     */
    checks: list(
      shape({
        ...recordType,
        result: oneOf(...CHECKS),
        ...verification,
        new: optional(count),
        gone: optional(count),
        /** Of what waited: copies that had gone by themselves. */
        followed: optional(count),
        reason: optional(code),
      }),
      10_000,
    ),
    gaps: list(shape({ ...recordType, ...gap }), GAPS_LISTED),
    more_gaps: optional(count),
    residue: list(shape({ system: name, record: optional(name), ...residue }), 10_000),
  },
  "approval.standing": {
    request,
    at: instant,
    day: date,
    by: actor,
    plan: name,
    plan_digest: digest,
    meaning: digest,
    up_to: count,
    records: list(shape({ ...recordType, act: count }), 10_000),
  },
  "gaps.accepted": {
    request,
    at: instant,
    day: date,
    by: actor,
    records: list(shape({ ...recordType, gaps: count }), 10_000),
    words: digest,
  },
  "erasure.completed": {
    request,
    at: instant,
    day: optional(date),
    by: optional(actor),
    plan_digest: optional(digest),
    state: oneOf(...REQUEST_STATES),
    exit: count,
    totals: shape({
      erase: count,
      change: count,
      keep: count,
      wait: count,
      blocked: count,
      failed: optional(count),
      nothing: count,
    }),
    residual: optional(count),
    checks: optional(list(shape({ ...recordType, result: oneOf(...CHECKS), ...verification }), 10_000)),
    residue: optional(list(shape({ system: name, record: optional(name), ...residue }), 10_000)),
    /** The commitment of why a person closed it. */
    words: optional(digest),
  },
  "request.refused": ending,
  "request.cancelled": ending,
  /** `people`: how many it is about; 0: it holds the whole of its record types. `records`: none, whatever belongs to them. */
  "hold.added": { ...holding, people: count, records: list(shape(recordType), 10_000), until: optional(date) },
  "hold.extended": { ...holding, until: date },
  /** `keeps_until`: the last day on which it keeps records all the same. */
  "hold.released": { ...holding, keeps_until: optional(date) },
  "key.destroyed": {
    request: optional(request),
    hold: optional(hold),
    at: instant,
    what: oneOf("sealed_keys", "held_keys", "hold_keys", "pseudonym_epoch", "signing_key"),
    epoch: optional(count),
  },
  "policy.changed": { at: instant, map_digest: digest, rules_digest: optional(digest), by: actor },
} as const satisfies Record<string, Shape>;

/** Forms of version 0.1 that are others now. Nobody makes them any more; ledgers hold them for years, and outboxes of then may. */
const OLDER = {
  "identity.verified": { ...SHAPES["identity.verified"], result: oneOf("ok", "more_needed", "failed") },
  "target.result": {
    request,
    plan_digest: digest,
    step: optional(code),
    ...recordType,
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
    law: list(name, 20),
    restricted: optional(flag),
    residue: list(shape(residue), 50),
    connector: version,
    started: instant,
    finished: instant,
    verification: optional(shape(verification)),
  },
  refused: {
    request,
    at: instant,
    by: actor,
    state: oneOf("refused", "cancelled"),
    exception: optional(oneOf(...EXCEPTIONS)),
  },
} as const satisfies Record<string, Shape>;

export type EventType = keyof typeof SHAPES;
export type OlderType = keyof typeof OLDER;

/** What a caller says of an event. `v` and `type` are added by the ledger. */
export type EventCore<K extends EventType> = ShapeOf<(typeof SHAPES)[K]>;
export type OlderCore<K extends OlderType> = ShapeOf<(typeof OLDER)[K]>;

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
  return NOW.get(type)?.wrong(core) === undefined;
}

/** The same for the form that version 0.1 gave the type. */
export function isOlderCore<K extends OlderType>(type: K, core: JsonObject): core is JsonObject & OlderCore<K> {
  return THEN.get(type)?.wrong(core) === undefined;
}

/**
 * Throws UNEXPECTED, naming the member and never its value, where type, core or link are not of the closed forms: whoever
 * makes an entry should ask before the effect that it tells of.
 */
export function checkEvent(type: string, core: JsonObject, link?: JsonObject): void {
  const [now, then] = [NOW.get(type), THEN.get(type)];
  if (now === undefined && then === undefined)
    throw new Failure("UNEXPECTED", "the ledger refuses an entry: ? (a type that is not known)");
  const fits = then !== undefined && then.wrong(core) === undefined;
  const at = fits ? undefined : (now ?? then)?.wrong(core);
  if (at !== undefined) throw new Failure("UNEXPECTED", `the ledger refuses an entry: ${type}${at}`);
  const linkAt = link === undefined ? undefined : LINK.wrong(link);
  if (linkAt !== undefined) throw new Failure("UNEXPECTED", `the ledger refuses an entry: ${type} link${linkAt}`);
}

/** The core as it is committed to. */
export function wholeCore(type: string, core: JsonObject): JsonObject {
  return { v: 1, type, ...core };
}

/** The code for how an identity was checked; what is typed there is free text and stays out. */
export function methodCode(typed: string): (typeof METHODS)[number] {
  return METHODS.find((method) => method === asWord(typed)) ?? "other";
}

/** The code for why a request was refused or cancelled; the words themselves are only committed to. */
export function refusalCode(typed: string): (typeof REFUSALS)[number] {
  const word = asWord(typed).replace(/^manifestly_/u, "");
  return REFUSALS.find((reason) => reason === word) ?? "other";
}

function asWord(typed: string): string {
  return typed
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, "_");
}

const NOW = fieldsOf(SHAPES);
const THEN = fieldsOf(OLDER);

function fieldsOf(shapes: Readonly<Record<string, Shape>>): ReadonlyMap<string, Field<Json>> {
  return new Map(Object.entries(shapes).map(([type, members]) => [type, shape(members)]));
}
