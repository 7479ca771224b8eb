/** What requests marked as deleted in record types whose rows do not say since when: the state knows it. */
import { dateColumnOf } from "../model/marker.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { HeldBefore } from "../planner/due-rules.ts";
import { recordTypes } from "../planner/targets.ts";
import { purgeDay } from "../retention/purge-day.ts";
import { type Context, readersFor } from "./context.ts";
import { type MarkedStep, markedByRequest } from "./marked-records.ts";

/** By record type: what open requests marked, and what is to go for good on `asOf` at the latest. */
export async function markedAndDue(
  context: Context,
  asOf: string,
  of: ReadonlySet<string> | undefined,
): Promise<ReadonlyMap<string, HeldBefore>> {
  const { map, state } = context;
  const types = new Map(
    recordTypes(map).flatMap((type) =>
      type.marker !== undefined && dateColumnOf(type.marker) === undefined && (of?.has(type.id) ?? true)
        ? [[type.id, type] as const]
        : [],
    ),
  );
  if (types.size === 0) return new Map();
  const due = new Map<string, (MarkedStep & { readonly request: string })[]>();
  for (const request of await state.read.requests.list()) {
    if (!OPEN_STATES.includes(request.state)) continue;
    for await (const marked of markedByRequest(state.read, request.id)) {
      const type = types.get(marked.head.record);
      const day = type === undefined ? undefined : purgeDay(type, marked.at, map.controller.calendar.timezone);
      if (day === undefined || day > asOf) continue;
      const some = due.get(marked.head.record) ?? [];
      due.set(marked.head.record, some);
      some.push({ ...marked, request: request.id });
    }
  }
  return new Map(
    [...due].map(([record, steps]) => [
      record,
      {
        keys: [...new Set(steps.flatMap(({ records }) => records.map(({ key }) => key)))],
        stillTheirs: async (keys) => await stillTheirs(context, steps, new Set(keys)),
      },
    ]),
  );
}

/** Those that are marked still, and that what the request was searched by leads to: a key may be another's by now. */
async function stillTheirs(
  context: Context,
  steps: readonly (MarkedStep & { readonly request: string })[],
  wanted: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const theirs = new Set<string>();
  for (const { request, plan, head, records } of steps) {
    const ours = new Set(records.flatMap(({ key }) => (wanted.has(key) ? [key] : [])));
    if (ours.size === 0) continue;
    // only a step's first piece has them
    const parts = await context.state.read.sealed.parts(request, plan);
    const lookups = parts.find((part) => part.head.step === head.step)?.head.lookups ?? [];
    await using readers = readersFor(context, request, () => {});
    const reader = await readers.of(head.target.record.system);
    for await (const { key, marked } of reader.locate(head.target, { by: "subjects", lookups }))
      if (marked !== undefined && ours.has(key)) theirs.add(key);
  }
  return theirs;
}
