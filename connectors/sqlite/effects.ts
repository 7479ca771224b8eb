/** What statements set off, as SQLite itself tells it when it prepares them: triggers and foreign keys, at every depth. */
import { constants } from "node:sqlite";
import type { Write } from "../../src/model/change.ts";
import { deletes, updates } from "../../src/sql/findings.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { type Deed, quoted } from "./database.ts";
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

interface Done {
  readonly verb: "DELETE" | "UPDATE";
  readonly deeds: readonly Deed[];
  /** SQLite does not take the statement at all. */
  readonly refused: boolean;
}

/** All that happens when rows of this record type are deleted or changed as its rules say. */
function deedsOf({ database }: Place, resolved: Resolved): readonly Done[] {
  const { table } = resolved;
  const sets = updates(resolved).filter((column) => !(table.columns.get(column)?.generated ?? true));
  const name = `main.${quoted(table.name)}`;
  const told = (verb: Done["verb"], text: string): Done => {
    try {
      return { verb, deeds: database.authorised(text), refused: false };
    } catch (error) {
      if (!(error instanceof Refusal) || error.contention) throw error;
      return { verb, deeds: [], refused: true };
    }
  };
  return [
    ...(deletes(resolved) ? [told("DELETE", `DELETE FROM ${name} WHERE 0 = ?`)] : []),
    ...(sets.length > 0
      ? [
          told(
            "UPDATE",
            `UPDATE ${name} SET ${sets.map((column) => `${quoted(column)} = NULL`).join(", ")} WHERE 0 = ?`,
          ),
        ]
      : []),
  ];
}

/** What SQLite would not do in this table, whatever the row: a foreign key leads to columns that are not unique, a trigger names what is not there. */
export function refusedIn(place: Place, resolved: Resolved): readonly Done["verb"][] {
  return deedsOf(place, resolved).flatMap(({ verb, refused }) => (refused ? [verb] : []));
}

/** Triggers of the table itself that these changes set off. */
export function firing(place: Place, resolved: Resolved) {
  return deedsOf(place, resolved).flatMap(({ verb, deeds }) =>
    place.catalog.triggers.flatMap((one) =>
      one.table === resolved.table.name && deeds.some(({ trigger }) => trigger === one.name) ? [{ ...one, verb }] : [],
    ),
  );
}

/** What triggers write when rows of this table are put back or set as they were. */
export function restoringEffectsOf(place: Place, { table }: Resolved): readonly Effect[] {
  const columns = [...table.columns.values()].flatMap(({ name, generated }) => (generated ? [] : [quoted(name)]));
  const name = `main.${quoted(table.name)}`;
  const list = columns.join(", ");
  return effectsIn(place, [
    place.database.authorised(`INSERT INTO ${name} (${list}) SELECT ${list} FROM ${name} WHERE 0 = ?`),
    place.database.authorised(`UPDATE ${name} SET ${columns.map((one) => `${one} = NULL`).join(", ")} WHERE 0 = ?`),
  ]);
}

/** What triggers write, at every depth. */
export function effectsOf(place: Place, resolved: Resolved): readonly Effect[] {
  return effectsIn(
    place,
    deedsOf(place, resolved).map(({ deeds }) => deeds),
  );
}

function effectsIn(place: Place, all: readonly (readonly Deed[])[]): readonly Effect[] {
  const on = new Map(place.catalog.triggers.map(({ name, table }) => [name, table]));
  const effects = all.flatMap((deeds) =>
    deeds.flatMap(({ code, table, trigger, schema }): Effect[] => {
      const verb = VERBS.get(code);
      if (verb === undefined || trigger === null || schema !== "main" || table.startsWith("sqlite_")) return [];
      const readsOld = deeds.some(
        (one) => one.code === constants.SQLITE_READ && one.trigger === trigger && one.table === on.get(trigger),
      );
      return [{ trigger, verb, table, readsOld }];
    }),
  );
  return [...new Map(effects.map((effect) => [JSON.stringify(effect), effect])).values()];
}

/** What triggers of these record types write into others of them. An audit trail follows its source anyway. */
export function writesOf(place: Place, targets: readonly Resolved[]): readonly Write[] {
  const writes = targets.flatMap((one) =>
    effectsOf(place, one).flatMap(({ trigger, table }) =>
      targets.flatMap(({ target: { record }, table: to }): Write[] => {
        const { id } = one.target.record;
        return to.name !== table || record.id === id || record.auditOf.includes(id)
          ? []
          : [{ trigger, from: id, to: record.id }];
      }),
    ),
  );
  return [...new Map(writes.map((write) => [JSON.stringify(write), write])).values()];
}
