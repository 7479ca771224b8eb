import { LONGEST_REST_MS, type Pace } from "./pace.ts";

/** How often something is tried, and how long between: each wait is twice as long as the one before, give or take half of it. */
export interface Backoff {
  /** The first one included. */
  readonly tries: number;
  /** Milliseconds, before the second try. */
  readonly first: number;
  /** Milliseconds, of the longest wait. */
  readonly most: number;
  /** Milliseconds after which nothing is tried again, however many tries are left. */
  readonly within?: number;
}

/** Whether it is worth another try; a number: the system has said how many milliseconds it wants to be left alone. */
export type Again = boolean | number;

/** What is worth another try. The connector knows; what is not named is not tried again. */
export interface Worth<T> {
  error?(error: unknown): Again;
  value?(value: T): Again;
}

interface World {
  readonly signal: AbortSignal;
  readonly pace: Pace;
}

/**
 * What `work` gives or throws in the end: whatever is worth it is tried again. `nth` counts from 1. Between two tries
 * Ctrl-C ends it at once: throws INTERRUPTED.
 */
export async function retry<T>(
  work: (nth: number) => Promise<T>,
  { tries, within, error: worthAfter, value: worthWith, ...waits }: Backoff & Worth<T>,
  world: World,
): Promise<T> {
  const wait = backOff(waits, world);
  const began = world.pace.clock();
  for (let nth = 1; ; nth += 1) {
    const ended = await endOf(work, nth);
    const again = "error" in ended ? (worthAfter?.(ended.error) ?? false) : (worthWith?.(ended.value) ?? false);
    if (typeof again === "number") world.pace.rest(again);
    const over = nth >= tries || (within !== undefined && world.pace.clock() - began >= within);
    if (again === false || over) {
      if ("error" in ended) throw ended.error;
      return ended.value;
    }
    await wait(typeof again === "number" ? Math.min(again, LONGEST_REST_MS) : 0);
  }
}

type Ended<T> = { readonly value: T } | { readonly error: unknown };

async function endOf<T>(work: (nth: number) => Promise<T>, nth: number): Promise<Ended<T>> {
  try {
    return { value: await work(nth) };
  } catch (error) {
    return { error };
  }
}

/** The waits between tries, for whoever goes round in a way of its own: each call waits longer. Throws INTERRUPTED. */
export function backOff(
  { first, most }: Pick<Backoff, "first" | "most">,
  { signal, pace }: World,
): (atLeast?: number) => Promise<void> {
  let next = Math.min(first, most);
  return async (atLeast = 0) => {
    const ms = next * (0.5 + pace.random());
    next = Math.min(next * 2, most);
    await pace.wait(Math.max(ms, atLeast), signal);
  };
}

/** Milliseconds of a `Retry-After` header: seconds, or a date of HTTP. Undefined where it says neither. */
export function retryAfter(header: string | null | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/u.test(text)) return Number(text) * 1000;
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/u.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
