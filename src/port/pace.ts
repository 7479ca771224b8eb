import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../errors.ts";

/** Time, as far as waiting needs it. A test gives its own, and waits for nothing. */
export interface Time {
  /** Milliseconds since some moment, ever growing: for the length of waits, and no date. */
  clock(): number;
  /** From 0 to 1: no two wait equally long. */
  random(): number;
  /** May throw anything where the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** How a system is waited for: one for each system, whoever asks it. Every wait ends at once at Ctrl-C. */
export interface Pace {
  clock(): number;
  random(): number;
  /** Throws INTERRUPTED where the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Before a question to the system: waits until it may be asked once more. Throws INTERRUPTED. */
  turn(signal: AbortSignal): Promise<void>;
  /** The system wants to be left alone for so long (`Retry-After`): nobody has a turn before. At most a minute is granted. */
  rest(ms: number): void;
}

/** Longer than this no server is waited for: the run ends, and the same command goes on later. */
export const LONGEST_REST_MS = 60_000;

/** For what must be finished, whatever is pressed. */
export const NEVER: AbortSignal = new AbortController().signal;

const REAL: Time = {
  clock: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => await sleep(ms, undefined, { signal }),
};

/** `perSecond`: how often the system may be asked, by all together; absent: as often as anybody likes. */
export function openPace({ perSecond, time = REAL }: { readonly perSecond?: number; readonly time?: Time } = {}): Pace {
  const apart = perSecond === undefined ? 0 : 1000 / perSecond;
  let next = 0;
  let rested = 0;
  const wait = async (ms: number, signal: AbortSignal) => {
    stopAt(signal);
    try {
      await time.sleep(ms, signal);
    } catch (error) {
      stopAt(signal);
      throw error;
    }
  };
  return {
    clock: () => time.clock(),
    random: () => time.random(),
    wait,
    async turn(signal) {
      stopAt(signal);
      const mine = Math.max(next, time.clock());
      if (apart > 0) next = mine + apart;
      // a rest may be asked for while somebody waits already
      for (let left = mine - time.clock(); (left = Math.max(mine, rested) - time.clock()) > 0;)
        await wait(left, signal);
    },
    rest(ms) {
      rested = Math.max(rested, time.clock() + Math.min(ms, LONGEST_REST_MS));
    },
  };
}

function stopAt(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure("INTERRUPTED", "stopped");
}
