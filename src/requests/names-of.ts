import type { NamedAct } from "../reports/page.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Reads } from "../state/state.ts";
import { story } from "./story.ts";

/** Everything of the request's story that somebody is noted for. Never signed: the state says so, the ledger does not. */
export async function namesOf(
  reads: Reads,
  request: ErasureRequest,
  actorIdOf: (name: string) => string,
): Promise<readonly NamedAct[]> {
  return (await story(reads, request)).flatMap(({ at, by: name, did, result }) =>
    name === undefined ? [] : [{ at, did, ...(result === undefined ? {} : { result }), name, actor: actorIdOf(name) }],
  );
}
