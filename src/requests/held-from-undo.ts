import type { Conflict, RestoredUnit } from "../executor/restore.ts";
import { keepsWhole } from "../model/pre-image.ts";
import { NOTHING_EXCLUDED } from "../planner/excluded.ts";
import { judgeAgain, knownOfPeople } from "../planner/judge-again.ts";
import { type Context, readersFor, today } from "./context.ts";
import { lookForHolds } from "./holds-in-force.ts";
import { legallyHeld } from "./kept-images.ts";
import { knownOf } from "./plan-request.ts";

const NONE: ReadonlySet<string> = new Set();

/** What a conflict is called that a legal hold makes. */
export const UNDER_LEGAL_HOLD = "legal_hold";

/** What a legal hold covers stays as it is: nothing of it is given back. Throws HOLD_UNREADABLE. */
export async function heldFromUndo(
  context: Context,
  id: string,
  units: readonly RestoredUnit[],
): Promise<readonly Conflict[]> {
  await using legal = await lookForHolds(context, id);
  if (legal.holds.length === 0) return [];
  await using readers = readersFor(context, id, () => {});
  const { read } = context.state;
  const known = knownOfPeople(await knownOf(read, id));
  const { received, createdAt } = await read.requests.get(id);
  const conflicts: Conflict[] = [];
  for (const { plan, parts } of units)
    for (const { step, images } of parts) {
      const named = new Set(images.map(({ key }) => key));
      const subjects = [...new Set(step.records.flatMap((record) => (named.has(record.key) ? record.subjects : [])))];
      const judged = await judgeAgain({
        map: context.map,
        readers,
        record: step.record,
        keys: [...named],
        known: known(subjects),
        today: today(context),
        made: { received, entered: createdAt },
        legal,
        excluded: NOTHING_EXCLUDED,
        onlyLegal: true,
      });
      // what is gone cannot be looked at: its people are known
      const gone = keepsWhole(step.target) ? await legallyHeld(context, id, { plan, step: step.step, images }) : NONE;
      const held = [...named].filter((key) => {
        const now = judged?.decided.get(key);
        return gone.has(key) || (now?.kind === "kept" && now.holds !== undefined);
      });
      const { system, name } = step.target.record;
      if (held.length > 0)
        conflicts.push({ system, record: name, plan, step: step.step, keys: held, constraint: UNDER_LEGAL_HOLD });
    }
  return conflicts;
}
