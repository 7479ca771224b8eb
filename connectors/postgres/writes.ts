import type { Write } from "../../src/model/change.ts";
import type { Catalog } from "./catalog.ts";
import { deletes, updates } from "../../src/sql/findings.ts";
import { waysInto } from "./references.ts";
import type { Place, Resolved } from "./resolved.ts";
import { firingTables, type Verb } from "./triggers.ts";

/** Record types that find rows of this table, of tables above it or of its partitions. `oid` may be one that the catalog does not know. */
export function recordsAt(catalog: Catalog, oid: string): readonly string[] {
  const table = catalog.table(oid);
  if (table === undefined) return [];
  return [
    ...new Set([
      ...catalog.recordsOver(table),
      ...catalog.recordsBelow(table).flatMap((one) => catalog.recordsOver(one)),
    ]),
  ];
}

/**
 * What triggers and rules of these record types are known to write into others of them: through functions they call,
 * through tables of no record type, and through rows that a cascade takes. An audit trail follows its source anyway.
 */
export async function writesOf(place: Place, targets: readonly Resolved[]): Promise<readonly Write[]> {
  const writes = new Map<string, Write>();
  for (const resolved of targets) {
    const { record } = resolved.target;
    for (const { trigger, oid } of await reachedBy(place, resolved)) {
      for (const { target } of targets.filter((one) => recordsAt(place.catalog, oid).includes(one.target.record.id))) {
        if (target.record.id === record.id || target.record.auditOf.includes(record.id)) continue;
        const write = { trigger, from: record.id, to: target.record.id };
        writes.set(JSON.stringify(write), write);
      }
    }
  }
  return [...writes.values()];
}

interface Step {
  readonly oid: string;
  readonly verb: Verb;
  /** The trigger of the record type's own table that leads here; undefined at that table. */
  readonly trigger?: string;
}

/** Tables that a change of this record type's rows is known to write to, each with the trigger that it begins with. */
async function reachedBy(
  { session, catalog, block, triggers: book }: Place,
  resolved: Resolved,
): Promise<readonly { trigger: string; oid: string }[]> {
  const verbs: Verb[] = [
    ...(deletes(resolved) ? (["delete"] as const) : []),
    ...(updates(resolved).length > 0 ? (["update"] as const) : []),
  ];
  const queue: Step[] = verbs.map((verb) => ({ oid: resolved.table.oid, verb }));
  if (deletes(resolved)) {
    for (const { foreignKey, segment } of waysInto(catalog, block, resolved.table))
      if (foreignKey.onDelete === "cascade" && segment.records.length === 0)
        queue.push({ oid: segment.table.oid, verb: "delete" });
  }
  const seen = new Set<string>();
  const reached: { trigger: string; oid: string }[] = [];
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const { oid, verb, trigger: first } = step;
    if (seen.has(`${oid} ${verb}`)) continue;
    seen.add(`${oid} ${verb}`);
    const table = catalog.table(oid);
    const oids = table === undefined ? [oid] : firingTables(catalog, table);
    const triggers = (await book.triggersOf(session, oids)).filter(
      ({ verbs: of, language }) => of.includes(verb) && language === "plpgsql",
    );
    const rules = (await book.rulesOf(session, oids)).filter((rule) => rule.verb === verb);
    for (const { name, source } of [
      ...triggers,
      ...rules.map((rule) => ({ name: rule.name, source: rule.definition })),
    ]) {
      for (const { oid: to, write } of (await book.writtenBy(session, source)).written) {
        reached.push({ trigger: first ?? name, oid: to });
        queue.push({ oid: to, verb: write.verb, trigger: first ?? name });
      }
    }
  }
  return reached;
}
