import type { ErasureRequest } from "../model/request.ts";
import type { Reads } from "../state/state.ts";

/** A person who acted, and the opaque name under which the ledger has them. */
export interface NamedActor {
  readonly actor: string;
  readonly name: string;
}

/** Those that the state knows, of the actors that the entries name. Never signed: the state says so, the ledger does not. */
export async function namesOf(
  reads: Reads,
  request: ErasureRequest,
  actors: ReadonlySet<string>,
  actorIdOf: (name: string) => string,
): Promise<readonly NamedActor[]> {
  const names = new Set([request.createdBy, ...(request.identity === undefined ? [] : [request.identity.by])]);
  for (const plan of await reads.plans.ofRequest(request.id)) {
    const approval = await reads.plans.approval(plan.id);
    if (approval !== undefined) names.add(approval.by);
  }
  return [...names].map((name) => ({ actor: actorIdOf(name), name })).filter(({ actor }) => actors.has(actor));
}
