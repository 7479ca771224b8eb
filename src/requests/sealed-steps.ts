import type { PlannedSteps } from "../executor/planned-steps.ts";
import type { SealedPart } from "../state/sealed-store.ts";
import type { Reads } from "../state/state.ts";

/**
 * The steps of a plan from the sealed store, as `parts` were judged. Nobody seals another plan of the request while its
 * lease is held: what was judged is what is read later.
 */
export function sealedSteps(
  { sealed }: Pick<Reads, "sealed">,
  request: string,
  plan: string,
  parts: readonly SealedPart[],
): PlannedSteps {
  const of = (steps: readonly string[]): readonly SealedPart[] => parts.filter(({ head }) => steps.includes(head.step));
  return {
    heads: parts.map(({ head }) => head),
    pieces: (steps) => sealed.pieces(request, plan, of(steps)),
    whole: async (steps) => await sealed.steps(request, plan, of(steps)),
  };
}
