/** What ended requests kept because of a hold that has ended since. */
import { createHmac } from "node:crypto";
import type { HeldBefore } from "../planner/due-rules.ts";
import type { HeldPointers } from "../state/sealed-store.ts";
import { type Context, readersFor } from "./context.ts";

/**
 * By record type: what was to be kept until a day before `today` and nobody has erased yet. Only requests that were carried
 * out leave pointers, so that everything here is what somebody with a confirmed identity wanted erased.
 */
export async function endedHolds(context: Context, today: string): Promise<ReadonlyMap<string, HeldBefore>> {
  const all = Map.groupBy(await context.state.read.sealed.heldUntil(today), ({ record }) => record);
  return new Map(
    [...all].map(([record, pointers]) => [
      record,
      {
        keys: [...new Set(pointers.flatMap((some) => some.pointers.map(({ key }) => key)))],
        stillTheirs: async (keys) => await stillTheirs(context, pointers, new Set(keys)),
      },
    ]),
  );
}

/**
 * The records are read as they were searched then, and compared by the fingerprint that they were left with: over what
 * they were matched by among others, so that a key that was given to somebody else since leads nowhere.
 */
export async function stillTheirs(
  context: Context,
  all: readonly HeldPointers[],
  wanted: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const theirs = new Set<string>();
  for (const { request, target, digestKey, pointers } of all) {
    const known = new Map(
      pointers.flatMap(({ key, fingerprint }) => (wanted.has(key) ? [[key, fingerprint] as const] : [])),
    );
    if (target === undefined || known.size === 0) continue;
    await using readers = readersFor(withDigests(context, digestKey), request, () => {});
    const reader = await readers.of(target.record.system);
    for await (const { key, fingerprint } of reader.locate(target, { by: "keys", keys: [...known.keys()] }))
      if (known.get(key) === fingerprint) theirs.add(key);
  }
  return theirs;
}

/** Readers' digests by this key. */
export function withDigests(context: Context, key: Uint8Array): Context {
  return {
    ...context,
    io: async (request, hooks) => ({
      ...(await context.io(request, hooks)),
      digest: (parts) => createHmac("sha256", key).update(JSON.stringify(parts)).digest("hex"),
    }),
  };
}
