/** What statements set off, as SQLite itself tells it when it prepares them: triggers and foreign keys, at every depth. */
import { constants } from "node:sqlite";
import type { Write } from "../../src/model/change.ts";
import { deletes, updates } from "../../src/sql/findings.ts";
import { quoted } from "./database.ts";
import type { Place, Resolved } from "./resolved.ts";

export interface Effect {
  readonly trigger: string;
  readonly verb: "insert" | "update" | "delete";
  readonly table: string;
  /** The trigger reads the row that goes or changes. */
  readonly readsOld: boolean;
}

const VERBS = new Map<number, Effect["verb"]>([
  [constants.SQLITE_INSERT, "insert"],
  [constants.SQLITE_UPDATE, "update"],
  [constants.SQLITE_DELETE, "delete"],
]);

/** What triggers write when rows of this record type are deleted or changed as its rules say. */
export function effectsOf(place: Place, resolved: Resolved): readonly Effect[] {
  const { table } = resolved;
  const name = `main.${quoted(table.name)}`;
  const sets = updates(resolved).filter((column) => !(table.columns.get(column)?.generated ?? true));
  const statements = [
    ...(deletes(resolved) ? [`DELETE FROM ${name} WHERE 0 = ?`] : []),
    ...(sets.length > 0 ? [`UPDATE ${name} SET ${sets.map((column) => `${quoted(column)} = NULL`).join(", ")} WHERE 0 = ?`] : []),
  ];
  const effects = new Map<string, Effect>();
  for (const statement of statements) {
    const deeds = place.database.authorised(statement);
    const fired = new Map(place.catalog.triggers.map((trigger) => [trigger.name, trigger.table]));
    for (const { code, table: to, trigger, schema } of deeds) {
      const verb = VERBS.get(code);
      if (verb === undefined || trigger === null || schema !== "main" || to.startsWith("sqlite_")) continue;
      const readsOld = deeds.some((one) => one.code === constants.SQLITE_READ && one.trigger === trigger && one.table === fired.get(trigger));
      effects.set(JSON.stringify([trigger, verb, to]), { trigger, verb, table: to, readsOld });
    }
  }
  return [...effects.values()];
}

/** What triggers of these record types write into others of them. An audit trail follows its source anyway. */
export function writesOf(place: Place, targets: readonly Resolved[]): readonly Write[] {
  const writes = targets.flatMap((one) =>
    effectsOf(place, one).flatMap(({ trigger, table }) =>
      targets.flatMap(({ target: { record }, table: to }): Write[] => {
        if (to.name !== table || record.id === one.target.record.id || record.auditOf.includes(one.target.record.id)) return [];
        return [{ trigger, from: one.target.record.id, to: record.id }];
      }),
    ),
  );
  return [...new Map(writes.map((write) => [JSON.stringify(write), write])).values()];
}
