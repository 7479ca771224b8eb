/** Delivers unit ids, at least once; may lose, repeat and reorder them. What happened is in the journal, never here. */
export interface Engine {
  /** Idempotent by id; offering again is always allowed. */
  offer(ids: readonly string[]): void;
  /** Hands each offered id to `handle` until none is left. `again` is asked after every round: ids that are due now. */
  work(handle: (id: string) => Promise<void>, options: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void>;
}

/** The engine of one process: a queue in memory. */
export function embeddedEngine(): Engine {
  const queue: string[] = [];
  return {
    offer(ids) {
      for (const id of ids) if (!queue.includes(id)) queue.push(id);
    },
    async work(handle, { concurrency, signal }) {
      const lane = async (): Promise<void> => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
          signal.throwIfAborted();
          await handle(id);
        }
      };
      const settled = await Promise.allSettled(Array.from({ length: concurrency }, lane));
      // every lane has ended before the first failure is told: nothing still runs behind its back
      for (const one of settled) if (one.status === "rejected") throw one.reason;
    },
  };
}
