/** What a connector's check says of a record type, and what its rules would do. */
import type { FailureCode } from "../errors.ts";
import type { SystemBlock } from "../model/datamap.ts";
import { ignoreFits } from "../model/ignore.ts";
import type { Finding, Gap } from "../model/search.ts";
import { changedFields, type RecordTable } from "./record-table.ts";

/** A table as the data map's `ignore` may name it. */
export interface Nameable {
  readonly schema: string;
  readonly name: string;
  /** Its name where that is enough, else with its schema. */
  readonly shown: string;
}

export function finding(
  resolved: RecordTable,
  code: FailureCode,
  severity: Finding["severity"],
  message: string,
  more: { column?: string; table?: string; help?: string; gap?: Gap } = {},
): Finding {
  return { code, severity, record: resolved.target.record.id, message, ...more };
}

/** Whether rows of this record type may be deleted. */
export function deletes({ target: { changes } }: RecordTable): boolean {
  return changes.rule?.kind === "delete";
}

/** Names of columns that may be changed: by fields, in a document, or while held. */
export function updates(resolved: RecordTable): readonly string[] {
  const { fields, documents } = changedFields(resolved.target.changes);
  const named = Object.entries(fields).flatMap(([name, rule]) => (rule.kind === "keep" ? [] : [name]));
  return [...new Set([...named, ...documents, ...minimisedNames(resolved)])];
}

/** What a held record loses. */
export function minimisedNames({ target: { record, changes }, minimised }: RecordTable): readonly string[] {
  return changes.minimise?.kind !== "minimise" || record.holds.length === 0
    ? []
    : minimised(changes.minimise.keepOnly).map(({ name }) => name);
}

/** Whether the data map ignores a table: by its name where that is enough, or with its schema. */
export function isIgnored(block: SystemBlock, table: Nameable): boolean {
  const names = [table.shown, `${table.schema}.${table.name}`];
  return (block.ignore ?? []).some((entry) =>
    names.some((name) => ignoreFits(entry, name) || ignoreFits(entry, `${block.name}.${name}`)),
  );
}
