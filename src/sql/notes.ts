import { type Asserted, joinAsserted } from "../model/assertion.ts";
import type { IO } from "../port/connector.ts";
import { retry } from "../port/retry.ts";

/** What a batch did, written down before its COMMIT. Rows are named by keyed digests. */
export interface BatchNote {
  /** Of the transaction. */
  readonly xid: string;
  /** Step -> digests of the keys that were changed. */
  readonly done: Readonly<Record<string, readonly string[]>>;
  /** Step -> rows of our own making that were redacted. */
  readonly own: Readonly<Record<string, number>>;
  /** Figures that were compared before its end: keyed digests. */
  readonly asserted?: readonly Asserted[];
}

/** What earlier attempts did for certain. */
export interface Settled {
  isDone(step: string, key: string): boolean;
  ownIn(step: string): number;
  readonly asserted: readonly Asserted[] | undefined;
  /** A COMMIT of which nobody knows yet how it ended. */
  readonly inDoubt: boolean;
  /** Notes of which only their rows can tell whether they came true. */
  readonly untold: readonly BatchNote[];
  /** What this note says was done. */
  believe(note: BatchNote): void;
}

/** `rows`: the database keeps no account of its transactions, the noted rows tell. */
export type Fate = (id: string) => Promise<"committed" | "in progress" | "rows" | undefined>;

/** The connection of a killed run may live on for a moment. */
const LINGERING = { tries: 21, first: 250, most: 250 };

export function keyDigest(key: string, io: IO): string {
  return io.digest(["key", key]).slice(0, 24);
}

export function noteText(kind: string, note: BatchNote): string {
  return JSON.stringify({ [kind]: 1, ...note });
}

/** Asks the server how each noted transaction ended. Those it no longer knows are taken as undone: their rows are looked at again. */
export async function settleNotes(notes: readonly string[], fate: Fate, io: IO): Promise<Settled> {
  const done = new Map<string, Set<string>>();
  const own = new Map<string, number>();
  const untold: BatchNote[] = [];
  let inDoubt = false;
  let asserted: readonly Asserted[] | undefined;
  const believe = (note: BatchNote) => {
    for (const [step, digests] of Object.entries(note.done))
      done.set(step, (done.get(step) ?? new Set()).union(new Set(digests)));
    asserted = joinAsserted(asserted, note.asserted);
    for (const [step, count] of Object.entries(note.own)) own.set(step, (own.get(step) ?? 0) + count);
  };
  for (const note of notes.map(parseNote)) {
    if (note === undefined) continue;
    const ended = await retry(
      async () => await fate(note.xid),
      { ...LINGERING, value: (one) => one === "in progress" },
      io,
    );
    if (ended === "in progress") inDoubt = true;
    else if (ended === "rows") untold.push(note);
    else if (ended === "committed") believe(note);
  }
  return {
    isDone: (step, key) => done.get(step)?.has(keyDigest(key, io)) ?? false,
    ownIn: (step) => own.get(step) ?? 0,
    get asserted() {
      return asserted;
    },
    inDoubt,
    untold,
    believe,
  };
}

function parseNote(text: string): BatchNote | undefined {
  const note: unknown = JSON.parse(text);
  if (typeof note !== "object" || note === null || !("xid" in note) || typeof note.xid !== "string") return undefined;
  const done =
    "done" in note
      ? entries(note.done).map(
          ([step, keys]) => [step, Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : []] as const,
        )
      : [];
  const own =
    "own" in note
      ? entries(note.own).map(([step, count]) => [step, typeof count === "number" ? count : 0] as const)
      : [];
  const asserted = "asserted" in note && Array.isArray(note.asserted) ? note.asserted.filter(isAsserted) : [];
  return {
    xid: note.xid,
    done: Object.fromEntries(done),
    own: Object.fromEntries(own),
    ...(asserted.length === 0 ? {} : { asserted }),
  };
}

function isAsserted(one: unknown): one is Asserted {
  return (
    typeof one === "object" &&
    one !== null &&
    "name" in one &&
    typeof one.name === "string" &&
    "held" in one &&
    typeof one.held === "boolean" &&
    "before" in one &&
    typeof one.before === "string" &&
    "after" in one &&
    typeof one.after === "string"
  );
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
