/** Whom a record concerns beside the request that hid it. */
import { notTheirs } from "../executor/not-theirs.ts";
import type { Conflict, RestoredUnit } from "../executor/restore.ts";
import type { SealedStep } from "../model/plan.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { Readers } from "../planner/readers.ts";
import { samePlace } from "../planner/targets.ts";
import type { Reads } from "../state/state.ts";
import { type Context, readersFor } from "./context.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * Records that are not given back: at the key of which another record stands now, and which another open request found,
 * so that its person wants them gone too.
 */
export async function othersInUndo(
  context: Context,
  id: string,
  units: readonly RestoredUnit[],
): Promise<readonly Conflict[]> {
  const conflicts: Conflict[] = [];
  await using readers = readersFor(context, id, () => {});
  const others = await otherRequests(context.state.read, id);
  for (const { plan, parts } of units)
    for (const { step, images } of parts) {
      const keys = images.map(({ key }) => key);
      const say = (some: readonly string[], constraint: string): void => {
        if (some.length === 0) return;
        const { system, name } = step.target.record;
        conflicts.push({ system, record: name, plan, step: step.step, keys: some, constraint });
      };
      // what was removed or changed is known by its image, and not by whose it is now
      const theirs = step.target.changes.rule?.kind === "mark" ? await notTheirs(readers, step, keys) : NONE;
      say([...theirs], "changed");
      const found = await foundBy(context.state.read, readers, others, step, keys);
      say(
        [...found].filter((key) => !theirs.has(key)),
        "open_request",
      );
    }
  return conflicts;
}

/** Open requests but this one, with their latest plans. What is due goes by what is marked, and asks nobody. */
async function otherRequests(
  reads: Reads,
  except: string,
): Promise<readonly { readonly id: string; readonly plan: string }[]> {
  return (await reads.requests.list()).flatMap(({ id, plan, state, kind }) =>
    id === except || plan === undefined || kind === "due" || !OPEN_STATES.includes(state) ? [] : [{ id, plan }],
  );
}

async function foundBy(
  reads: Reads,
  readers: Readers,
  others: Awaited<ReturnType<typeof otherRequests>>,
  { target }: SealedStep,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const wanted = new Set(keys);
  const found = new Set<string>();
  const { rule } = target.changes;
  const isOfFile = target.record.place.kind === "files";
  for (const { id, plan } of others)
    for await (const piece of reads.sealed.pieces(id, plan)) {
      const { record, lookups, records, elsewhere = [] } = piece;
      // version 0.1 sealed no target beside a step
      const there = Object.hasOwn(piece, "target") ? piece.target : undefined;
      const isAlike = there !== undefined && samePlace(there.record, target.record);
      if (record !== target.record.id && !isAlike) continue;
      // a line has another name for each request: whoever they look for is looked for under ours
      if (isOfFile && there !== undefined && lookups.length > 0) {
        const named = rule?.kind === "mark" ? { ...there, namedWithout: rule.marker } : there;
        const reader = await readers.of(there.record.system);
        for await (const { key } of reader.locate(named, { by: "subjects", lookups }))
          if (wanted.has(key)) found.add(key);
        continue;
      }
      for (const { key } of [...records, ...elsewhere]) if (wanted.has(key)) found.add(key);
    }
  return found;
}
