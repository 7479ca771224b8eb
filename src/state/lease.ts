import { Failure } from "../errors.ts";
import { LEASE_MS } from "./leases.ts";
import type { Lease, Tx, UnitOfWork } from "./state.ts";

/** Takes the names and keeps them by a sign of life every third of their time, until it is disposed of. */
export async function takeLease<T>(
  atomically: UnitOfWork["atomically"],
  given: readonly string[],
  judge: (tx: Tx) => Promise<T>,
  lasting = LEASE_MS,
): Promise<Lease & { readonly first: T }> {
  // somebody may stand twice in a batch, spelled in two ways
  const names = [...new Set(given)];
  const { fence, first } = await atomically(async (tx) => ({
    first: await judge(tx),
    fence: await tx.leases.take(names),
  }));
  const lost = new AbortController();
  const leased: UnitOfWork["atomically"] = async (work) =>
    await atomically(async (tx) => {
      try {
        await tx.leases.renew(fence, names);
      } catch (error) {
        lost.abort();
        throw error;
      }
      return await work(tx);
    });
  // one that cannot be written now is no loss yet: the next write says so
  const heart = setInterval(() => void leased(async () => {}).catch(() => {}), lasting / 3);
  heart.unref();
  return {
    first,
    overtaken: lost.signal,
    atomically: leased,
    async [Symbol.asyncDispose]() {
      clearInterval(heart);
      try {
        await atomically(async (tx) => await tx.leases.release(fence));
      } catch (error) {
        // it ends by itself
        if (!(error instanceof Failure)) throw error;
      }
    },
  };
}
