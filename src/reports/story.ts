/** The entries of one request, read: events by their kind, those of older versions in today's form. */
import {
  type EventCore,
  type EventType,
  isEventCore,
  isOlderCore,
  type OlderCore,
  type OlderType,
} from "../ledger/events.ts";
import type { JsonObject } from "../model/json.ts";
import type { Status } from "../model/status.ts";

/** Where an entry stands among the others, from 0: what came later is the later word. */
interface Placed {
  readonly place: number;
}

type Result = EventCore<"target.result">;

/** What an attempt at a step came to. `unsorted`: gone, but an older entry does not say whether deleted or changed. */
export type Told = Placed &
  Omit<Result, "connector"> & { readonly unsorted: number; readonly connector: string | null };

/** A verification. */
export type Look = Placed &
  Pick<
    EventCore<"verification">,
    "at" | "day" | "plan_digest" | "state" | "exit" | "residual" | "checks" | "gaps" | "residue" | "more_gaps"
  >;

/** How a request ended without an erasure. */
export interface Refusal extends Placed {
  readonly state: "refused" | "cancelled";
  readonly at: string;
  /** Civil date at the controller; older entries have an instant only, and its UTC day is taken. */
  readonly day: string;
  readonly reason: string | null;
  readonly exception: string | null;
}

export interface Story {
  readonly received: EventCore<"request.received"> | undefined;
  readonly extensions: readonly (Placed & EventCore<"request.extended">)[];
  /** What checks of the identity made of the deadlines. */
  readonly moved: readonly (Placed & NonNullable<EventCore<"identity.verified">["due"]>)[];
  readonly decisions: readonly EventCore<"decision">[];
  readonly begun: readonly (Placed & EventCore<"erasure.started">)[];
  readonly results: readonly Told[];
  readonly looks: readonly Look[];
  readonly undone: readonly (Placed & EventCore<"erasure.undone">)[];
  /** What could have been brought back no more. */
  readonly windowsEnded: readonly (Placed & EventCore<"undo.destroyed">)[];
  readonly accepted: readonly EventCore<"gaps.accepted">[];
  readonly completed: readonly EventCore<"erasure.completed">[];
  readonly refusals: readonly Refusal[];
  readonly destroyed: readonly EventCore<"key.destroyed">[];
}

/** `cores`: whole cores, oldest first. Those of types or forms this version does not know are left out. */
export function storyOf(cores: readonly JsonObject[]): Story {
  const completed = eventsOf(cores, "erasure.completed");
  return {
    received: eventsOf(cores, "request.received").at(-1),
    extensions: eventsOf(cores, "request.extended"),
    moved: byPlace([...eventsOf(cores, "identity.checked"), ...eventsOf(cores, "identity.verified")]).flatMap(
      ({ due, place }) => (due === undefined ? [] : [{ ...due, place }]),
    ),
    decisions: eventsOf(cores, "decision"),
    begun: eventsOf(cores, "erasure.started"),
    results: byPlace([
      ...eventsOf(cores, "target.result").map((result): Told => ({ ...result, unsorted: 0 })),
      ...olderOf(cores, "target.result").map(inTodaysForm),
    ]),
    looks: byPlace([...eventsOf(cores, "verification"), ...completed.flatMap(lookOf)]),
    undone: eventsOf(cores, "erasure.undone"),
    windowsEnded: eventsOf(cores, "undo.destroyed"),
    accepted: eventsOf(cores, "gaps.accepted"),
    completed,
    refusals: byPlace([
      ...eventsOf(cores, "request.refused").map((event) => refusal(event, "refused")),
      ...eventsOf(cores, "request.cancelled").map((event) => refusal(event, "cancelled")),
      ...olderOf(cores, "refused").map(({ place, at, state, exception }) => ({
        place,
        at,
        state,
        day: at.slice(0, 10),
        reason: null,
        exception: exception ?? null,
      })),
    ]),
    destroyed: eventsOf(cores, "key.destroyed"),
  };
}

function eventsOf<K extends EventType>(cores: readonly JsonObject[], wanted: K): readonly (Placed & EventCore<K>)[] {
  return cores.flatMap(({ v, type, ...core }, place) =>
    v === 1 && type === wanted && isEventCore(wanted, core) ? [{ ...core, place }] : [],
  );
}

function olderOf<K extends OlderType>(cores: readonly JsonObject[], wanted: K): readonly (Placed & OlderCore<K>)[] {
  return cores.flatMap(({ v, type, ...core }, place) =>
    v === 1 && type === wanted && isOlderCore(wanted, core) ? [{ ...core, place }] : [],
  );
}

function byPlace<T extends Placed>(events: readonly T[]): readonly T[] {
  return events.toSorted((a, b) => a.place - b.place);
}

const REMOVING: readonly string[] = ["erase", "remove-rows"];
const CHANGED: readonly Status[] = ["anonymised", "pseudonymised", "redacted"];

/** Version 0.1 counted minimised records with what was gone, and did not say what was deleted and what was changed. */
function inTodaysForm(older: Placed & OlderCore<"target.result">): Told {
  const { operation, status, step, minimised = 0 } = older;
  const without = (count: number): number => Math.max(count - minimised, 0);
  const gone = without(older.gone);
  const deleted = REMOVING.includes(operation) && (status === "deleted" || status === "already_gone");
  const changed = !REMOVING.includes(operation) || CHANGED.includes(status);
  return {
    ...older,
    step: step ?? "",
    attempt: 1,
    matched: without(older.matched),
    affected: without(older.affected),
    gone,
    deleted: deleted ? gone : 0,
    changed: !deleted && changed ? gone : 0,
    unsorted: deleted || changed ? 0 : gone,
    minimised,
    failed: 0,
    gaps: [],
  };
}

/** Version 0.1 told its last verification where the request closed, and no other. */
function lookOf({
  place,
  at,
  day,
  plan_digest = "",
  state,
  exit,
  residual,
  checks,
  residue,
}: Placed & EventCore<"erasure.completed">): readonly Look[] {
  return checks === undefined
    ? []
    : [
        {
          place,
          at,
          day: day ?? at.slice(0, 10),
          plan_digest,
          state,
          exit,
          residual: residual ?? 0,
          checks,
          gaps: [],
          residue: residue ?? [],
        },
      ];
}

function refusal(
  { place, at, day, reason, exception }: Placed & EventCore<"request.refused">,
  state: Refusal["state"],
): Refusal {
  return { place, at, day, state, reason, exception: exception ?? null };
}
