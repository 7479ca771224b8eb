/** Tells a record that has taken the key of another one. */
import { markerColumns } from "../model/marker.ts";
import type { SealedStep } from "../model/plan.ts";
import type { Readers } from "../planner/readers.ts";

/** Of these keys, those at which a record stands that these values do not lead to: a key may be given again. */
export async function notTheirs(
  readers: Readers,
  { target, lookups }: Pick<SealedStep, "target" | "lookups">,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const reader = await readers.of(target.record.system);
  const rule = target.changes.rule;
  const marked = rule?.kind === "mark" ? markerColumns(rule.marker) : [];
  // a constant that the mark itself has changed would find nothing
  const where = Object.fromEntries(Object.entries(target.where ?? {}).filter(([column]) => !marked.includes(column)));
  const left = new Set(keys);
  for await (const { key } of reader.locate({ ...target, where }, { by: "subjects", lookups })) left.delete(key);
  const there = new Set<string>();
  if (left.size === 0) return there;
  for await (const { key } of reader.locate(target, { by: "keys", keys: [...left] })) there.add(key);
  return there;
}
