import type { Reader } from "../port/connector.ts";

/** Readers by system, each opened at its first use and closed together. The planner and the verifier hold nothing else. */
export interface Readers extends AsyncDisposable {
  of(system: string): Promise<Reader>;
}

export function openReaders(open: (system: string) => Promise<Reader>): Readers {
  const opened = new Map<string, Promise<Reader>>();
  return {
    of(system) {
      const known = opened.get(system);
      if (known !== undefined) return known;
      const reader = open(system);
      opened.set(system, reader);
      return reader;
    },
    async [Symbol.asyncDispose]() {
      const settled = await Promise.allSettled(opened.values());
      await Promise.allSettled(
        settled.flatMap((one) => (one.status === "fulfilled" ? [one.value[Symbol.asyncDispose]()] : [])),
      );
    },
  };
}

/** Waits for all of them, then throws the first failure: nothing still works on a reader that is being closed. */
export async function sideBySide<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
