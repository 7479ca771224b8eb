/** What legal holds keep, looked up in the systems; and holds as JSON shows them, never an identifier in it. */
import { createHmac, randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";
import { isInForce, lastDayOf, type LegalHold } from "../model/legal-hold.ts";
import { countHeld } from "../planner/legal-cover.ts";
import type { Reads } from "../state/state.ts";
import { type Context, readersFor, today } from "./context.ts";
import { withPeople } from "./holds-in-force.ts";

export interface HeldIn {
  readonly system: string;
  readonly record: string;
  readonly count: number;
}

/** A hold as commands tell it. */
export interface HoldLine {
  readonly id: string;
  /** In the officer's words; `null` where it cannot be read. */
  readonly case: string | null;
  readonly by: string | null;
  readonly since: string | null;
  /** The last day on which it keeps records; `null`: it is open. */
  readonly until: string | null;
  readonly state: "in_force" | "released_and_waiting" | "ended" | "unreadable";
  /** Record types to which it is limited. */
  readonly records: readonly string[];
  /** People it is about; 0: it holds the whole of its record types. */
  readonly people: number;
  /** Records held now; `null` where it could not be looked at. */
  readonly held: number | null;
  readonly held_in: readonly HeldIn[];
  readonly extended?: readonly { readonly until: string; readonly by: string; readonly reason: string }[];
  readonly released?: { readonly day: string; readonly by: string; readonly reason: string };
}

/** `warnings`: what could not be looked at, and why. */
export interface HoldLines {
  readonly holds: readonly HoldLine[];
  readonly warnings: readonly string[];
  /** Whether everything could be read and looked at. */
  readonly whole: boolean;
}

/** Holds with the records that they keep now. A system that does not answer takes nothing from the list. */
export async function holdLines(context: Context, ids?: readonly string[]): Promise<HoldLines> {
  const { legalHolds } = context.state.read;
  const lines: HoldLine[] = [];
  const warnings: string[] = [];
  for (const { id, hold } of await legalHolds.list()) {
    if (ids?.includes(id) === false) continue;
    if (hold === undefined) {
      lines.push(unreadableLine(id));
      warnings.push(`the legal hold ${id} cannot be read: nothing is planned or run before it can`);
      continue;
    }
    try {
      const held = isInForce(hold, today(context)) ? await look(context, hold) : [];
      lines.push(lineOf(hold, today(context), held));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      lines.push(lineOf(hold, today(context), undefined));
      warnings.push(`${id}: ${error.message}`);
    }
  }
  return { holds: lines, warnings, whole: warnings.length === 0 };
}

async function look(context: Context, hold: LegalHold): Promise<readonly HeldIn[]> {
  const inForce = await withPeople(context.state.read.legalHolds, hold);
  // no request is looked at whose key would make digests: nothing of these is stored or compared later
  const secret = randomBytes(32);
  const digest = (parts: readonly (string | null)[]): string =>
    createHmac("sha256", secret).update(JSON.stringify(parts)).digest("hex");
  await using readers = readersFor({ ...context, progress: () => {} }, hold.id, () => {}, digest);
  const counts = await countHeld({ map: context.map, readers, holds: [inForce] });
  return (counts.get(hold.id) ?? []).map(({ type, count }) => ({ system: type.system, record: type.name, count }));
}

function lineOf(hold: LegalHold, now: string, held: readonly HeldIn[] | undefined): HoldLine {
  const { id, by, since, records, people, extended, released } = hold;
  const keeps = isInForce(hold, now);
  return {
    id,
    case: hold.case.words,
    by,
    since,
    until: lastDayOf(hold) ?? null,
    state: keeps ? (released === undefined ? "in_force" : "released_and_waiting") : "ended",
    records,
    people,
    held: held === undefined ? null : held.reduce((sum, { count }) => sum + count, 0),
    held_in: held ?? [],
    ...(extended === undefined
      ? {}
      : { extended: extended.map((one) => ({ until: one.until, by: one.by, reason: one.reason.words })) }),
    ...(released === undefined
      ? {}
      : { released: { day: released.day, by: released.by, reason: released.reason.words } }),
  };
}

function unreadableLine(id: string): HoldLine {
  return {
    id,
    case: null,
    by: null,
    since: null,
    until: null,
    state: "unreadable",
    records: [],
    people: 0,
    held: null,
    held_in: [],
  };
}

/** Open requests that keep something for the sake of this hold: a new plan of each takes what is free. */
export async function requestsHeldBy(reads: Reads, id: string): Promise<readonly string[]> {
  const held: string[] = [];
  for (const { id: request, state, plan } of await reads.requests.list()) {
    if (plan === undefined || state === "closed" || state === "refused" || state === "cancelled") continue;
    const planned = (await reads.plans.get(plan))?.steps ?? [];
    const run: readonly unknown[] = (await reads.plans.result(plan))?.steps ?? [];
    if ([...planned, ...run].some((step) => namesHold(step, id))) held.push(request);
  }
  return held;
}

function namesHold(step: unknown, id: string): boolean {
  const holds: unknown = typeof step === "object" && step !== null ? Reflect.get(step, "holds") : undefined;
  return Array.isArray(holds) && holds.includes(id);
}
