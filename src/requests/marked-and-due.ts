/** What requests marked as deleted in record types whose rows do not say since when: the state knows it. */
import { dateColumnOf } from "../model/marker.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { HeldBefore } from "../planner/due-rules.ts";
import { recordTypes } from "../planner/targets.ts";
import { purgeDay } from "../retention/purge-day.ts";
import { type Context, readersFor } from "./context.ts";
import { markedBefore, type MarkedStep, markedByRequest } from "./marked-records.ts";

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
  const { timezone } = map.controller.calendar;
  const due = new Map<string, Marked[]>();
  for (const { id: request, state: now } of await state.read.requests.list()) {
    if (!OPEN_STATES.includes(now)) continue;
    const found: Marked[] = [];
    for await (const step of markedByRequest(state.read, request)) found.push({ ...step, request, byUs: true });
    for await (const step of markedBefore(state.read, request))
      // whoever looks for what is due does not list buckets: an object is known by the request that found it
      if (types.get(step.head.record)?.marker?.kind === "delete_marker") found.push({ ...step, request, byUs: false });
    for (const marked of found) {
      const type = types.get(marked.head.record);
      if (type === undefined) continue;
      const day = marked.byUs ? purgeDay(type, marked.at, timezone) : asOf;
      if (day === undefined || day > asOf) continue;
      const some = due.get(marked.head.record) ?? [];
      due.set(marked.head.record, some);
      some.push(marked);
    }
  }
  const held = new Map<string, HeldBefore>();
  for (const [record, steps] of due) {
    const look = async (keys: readonly string[]): Promise<Looked> =>
      await lookAgain(context, steps, { wanted: new Set(keys), asOf });
    const all = [...new Set(steps.flatMap(({ records }) => records.map(({ key }) => key)))];
    const { later } = types.get(record)?.marker?.kind === "delete_marker" ? await look(all) : NOT_LATER;
    const keys = all.filter((key) => !later.has(key));
    if (keys.length > 0) held.set(record, { keys, stillTheirs: async (some) => (await look(some)).theirs });
  }
  return held;
}

/** What a run marked, or what it left alone because somebody else had. */
interface Marked extends MarkedStep {
  readonly request: string;
  readonly byUs: boolean;
}

interface Looked {
  /** Marked still, and what the request was searched by leads to: a key may be another's by now. */
  readonly theirs: ReadonlySet<string>;
  /** Marked, but not by us, or not since then: their own day is to come, or nobody knows it. */
  readonly later: ReadonlySet<string>;
}

const NOT_LATER: Pick<Looked, "later"> = { later: new Set() };

async function lookAgain(
  context: Context,
  steps: readonly Marked[],
  { wanted, asOf }: { readonly wanted: ReadonlySet<string>; readonly asOf: string },
): Promise<Looked> {
  const { map } = context;
  const theirs = new Set<string>();
  const marks = new Set<string>();
  for (const { request, plan, head, records, byUs } of steps) {
    const before = new Map(records.flatMap(({ key, fingerprint }) => (wanted.has(key) ? [[key, fingerprint]] : [])));
    if (before.size === 0) continue;
    const { record: type } = head.target;
    // only a step's first piece has them
    const parts = await context.state.read.sealed.parts(request, plan);
    const lookups = parts.find((part) => part.head.step === head.step)?.head.lookups ?? [];
    await using readers = readersFor(context, request, () => {});
    const reader = await readers.of(head.target.record.system);
    for await (const { key, marked } of reader.locate(head.target, { by: "subjects", lookups })) {
      if (marked === undefined || !before.has(key)) continue;
      marks.add(key);
      // a system that knows says whether it is what we hid; what somebody else hid, or wrote and hid since, has a day of its own
      const isOurs = byUs && (marked.over === undefined || marked.over === before.get(key));
      const day = isOurs ? asOf : purgeDay(type, marked.since, map.controller.calendar.timezone);
      if (day !== undefined && day <= asOf) theirs.add(key);
    }
  }
  return { theirs, later: marks.difference(theirs) };
}
