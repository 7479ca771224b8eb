/** Which records open requests have found: nothing else takes them from under their plans. */
import type { Reads } from "../state/state.ts";
import { OPEN_STATES } from "../model/status.ts";

/** Whether an open request other than this one has found the record. */
export type WithRequest = (record: string, key: string) => boolean;

/**
 * Looks at what is sealed of every open request but this one. Due work whose run has ended is none: what it left is found
 * again by the next.
 */
export async function openRequestsHold(reads: Reads, except: string): Promise<WithRequest> {
  const held = new Map<string, Set<string>>();
  for (const { id, plan } of await holders(reads, except))
    for await (const { record, records, elsewhere = [] } of reads.sealed.pieces(id, plan)) {
      const mine = held.get(record) ?? new Set<string>();
      held.set(record, mine);
      for (const { key } of [...records, ...elsewhere]) mine.add(key);
    }
  return (record, key) => held.get(record)?.has(key) === true;
}

/** The same for many questions: looked at again only where a request has come, ended or been planned anew. */
export function openRequestsHoldNow(reads: Reads, except: string): () => Promise<WithRequest> {
  let known: { readonly of: string; readonly holds: WithRequest } | undefined;
  return async () => {
    const of = JSON.stringify(await holders(reads, except));
    if (known?.of !== of) known = { of, holds: await openRequestsHold(reads, except) };
    return known.holds;
  };
}

async function holders(
  reads: Reads,
  except: string,
): Promise<readonly { readonly id: string; readonly plan: string }[]> {
  const all: { id: string; plan: string }[] = [];
  for (const { id, plan, state, kind } of await reads.requests.list()) {
    if (id === except || plan === undefined || !OPEN_STATES.includes(state)) continue;
    if (kind === "due" && (await reads.plans.result(plan)) !== undefined) continue;
    all.push({ id, plan });
  }
  return all;
}
