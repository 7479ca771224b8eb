import type { Finding } from "../model/search.ts";
import type { Readers } from "../planner/readers.ts";

/**
 * Readers beside an eraser, for the units of one system one after the other: none of them shares a connection with it, and
 * each call sees what is there then.
 */
export interface LaneReaders extends AsyncDisposable {
  /** For one unit, which does not close them; what they find on the way is told to it. */
  lend(report: (finding: Finding) => void): Readers;
  /** After a failure: the next unit opens new ones. */
  renew(): Promise<void>;
}

export function laneReaders(open: (report: (finding: Finding) => void) => Readers): LaneReaders {
  let report: (finding: Finding) => void = () => {};
  let readers: Readers | undefined;
  const close = async (): Promise<void> => {
    const old = readers;
    readers = undefined;
    await old?.[Symbol.asyncDispose]();
  };
  return {
    lend(to) {
      return {
        async of(system) {
          report = to;
          return await (readers ??= open((finding) => report(finding))).of(system);
        },
        [Symbol.asyncDispose]: async () => await Promise.resolve(),
      };
    },
    renew: close,
    [Symbol.asyncDispose]: close,
  };
}
