import type { IO } from "../../src/port/connector.ts";
import { Refusal } from "./errors.ts";
import type { Database } from "./session.ts";

/** What a batch did, written down before its COMMIT. Rows are named by keyed digests. */
export interface BatchNote {
  readonly xid: string;
  /** Step -> digests of the keys that were changed. */
  readonly done: Readonly<Record<string, readonly string[]>>;
  /** Step -> rows of our own making that were redacted. */
  readonly own: Readonly<Record<string, number>>;
}

/** What earlier attempts did for certain. */
export interface Settled {
  isDone(step: string, key: string): boolean;
  ownIn(step: string): number;
  /** A COMMIT of which nobody knows yet how it ended. */
  readonly inDoubt: boolean;
}

const WAIT_MS = 250;
const WAITS = 20;

export function keyDigest(key: string, io: IO): string {
  return io.digest(["key", key]).slice(0, 24);
}

export function noteText(note: BatchNote): string {
  return JSON.stringify({ postgres: 1, ...note });
}

/** Asks the server how each noted transaction ended. Those it no longer knows are taken as undone: their rows are looked at again. */
export async function settle(database: Database, notes: readonly string[], io: IO): Promise<Settled> {
  const done = new Map<string, Set<string>>();
  const own = new Map<string, number>();
  let inDoubt = false;
  for (const note of notes.map(parseNote)) {
    if (note === undefined) continue;
    const status = await statusOf(database, note.xid);
    if (status === "in progress") inDoubt = true;
    if (status !== "committed") continue;
    for (const [step, digests] of Object.entries(note.done)) done.set(step, (done.get(step) ?? new Set()).union(new Set(digests)));
    for (const [step, count] of Object.entries(note.own)) own.set(step, (own.get(step) ?? 0) + count);
  }
  return {
    isDone: (step, key) => done.get(step)?.has(keyDigest(key, io)) ?? false,
    ownIn: (step) => own.get(step) ?? 0,
    inDoubt,
  };
}

async function statusOf(database: Database, xid: string): Promise<string | undefined> {
  for (let waits = WAITS; ; waits -= 1) {
    const status = await askStatus(database, xid);
    // the connection of a killed run may live on for a moment
    if (status !== "in progress" || waits === 0) return status;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}

async function askStatus(database: Database, xid: string): Promise<string | undefined> {
  await using transaction = await database.read();
  try {
    const [row] = await transaction.query("SELECT pg_catalog.pg_xact_status($1::text::xid8)", [xid]);
    return row?.[0] ?? undefined;
  } catch (error) {
    // another server's transaction id
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function parseNote(text: string): BatchNote | undefined {
  const note: unknown = JSON.parse(text);
  if (typeof note !== "object" || note === null || !("xid" in note) || typeof note.xid !== "string") return undefined;
  const done =
    "done" in note ? entries(note.done).map(([step, keys]) => [step, Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : []] as const) : [];
  const own = "own" in note ? entries(note.own).map(([step, count]) => [step, typeof count === "number" ? count : 0] as const) : [];
  return { xid: note.xid, done: Object.fromEntries(done), own: Object.fromEntries(own) };
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
