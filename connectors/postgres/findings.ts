import type { FailureCode } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Finding, Gap } from "../../src/model/search.ts";
import { changedFields } from "../../src/sql/record-table.ts";
import type { Table } from "./catalog.ts";
import type { Resolved } from "./resolved.ts";

export function finding(
  resolved: Resolved,
  code: FailureCode,
  severity: Finding["severity"],
  message: string,
  more: { column?: string; help?: string; gap?: Gap } = {},
): Finding {
  return { code, severity, record: resolved.target.record.id, message, ...more };
}

/** Whether rows of this record type may be deleted. */
export function deletes({ target: { changes } }: Resolved): boolean {
  return changes.rule?.kind === "delete";
}

/** Names of columns that may be changed: by fields, in a document, or while held. */
export function updates(resolved: Resolved): readonly string[] {
  const { fields, documents } = changedFields(resolved.target.changes);
  const named = Object.entries(fields).flatMap(([name, rule]) => (rule.kind === "keep" ? [] : [name]));
  return [...new Set([...named, ...documents, ...minimisedNames(resolved)])];
}

/** What a held record loses. */
export function minimisedNames({ target: { record, changes }, minimised }: Resolved): readonly string[] {
  return changes.minimise?.kind !== "minimise" || record.holds.length === 0 ? [] : minimised(changes.minimise.keepOnly).map(({ name }) => name);
}

/** Whether the data map ignores a table: named as the search path finds it, or with its schema. */
export function isIgnored(block: SystemBlock, table: Pick<Table, "schema" | "name" | "shown">): boolean {
  const names = [table.shown, `${table.schema}.${table.name}`];
  return (block.ignore ?? []).some((entry) => names.some((name) => fits(entry, name) || fits(entry, `${block.name}.${name}`)));
}

/** `erp.log_*`: a star in the last part of an entry stands for anything. */
export function fits(entry: string, name: string): boolean {
  if (entry === name) return true;
  const last = entry.lastIndexOf(".") + 1;
  if (!entry.slice(last).includes("*") || !name.startsWith(entry.slice(0, last))) return false;
  const pattern = entry
    .slice(last)
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`))
    .join(".*");
  return new RegExp(`^${pattern}$`, "su").test(name.slice(last));
}
