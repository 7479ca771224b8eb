/**
 * Works on every item, so many at a time. All work has ended before the first failure is told: nothing still runs behind
 * its back. No further item is begun once the signal has come.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      signal.throwIfAborted();
      await work(item);
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: concurrency }, lane));
  for (const one of settled) if (one.status === "rejected") throw one.reason;
}
