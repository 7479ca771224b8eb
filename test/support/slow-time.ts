import { setTimeout as sleep } from "node:timers/promises";
import type { Time } from "../../src/port/pace.ts";

/** A time in which waiting takes no time: the clock moves on by what is waited for. */
export interface SlowTime extends Time {
  /** Milliseconds of every wait so far. */
  readonly waits: number[];
}

/** `random`: always this number; 0.5 waits exactly as long as it says. */
export function slowTime(random = 0.5): SlowTime {
  let now = 1000;
  const waits: number[] = [];
  return {
    waits,
    clock: () => now,
    random: () => random,
    async sleep(ms, signal) {
      waits.push(ms);
      const until = now + ms;
      await sleep(0, undefined, { signal });
      now = Math.max(now, until);
    },
  };
}
