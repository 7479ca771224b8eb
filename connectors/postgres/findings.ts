import type { FailureCode } from "../../src/errors.ts";
import type { Finding } from "../../src/model/search.ts";
import { changedFields, minimised, type Resolved } from "./resolved.ts";

export function finding(
  resolved: Resolved,
  code: FailureCode,
  severity: Finding["severity"],
  message: string,
  more: { column?: string; help?: string } = {},
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
export function minimisedNames(resolved: Resolved): readonly string[] {
  const { record, changes } = resolved.target;
  return changes.minimise?.kind !== "minimise" || record.holds.length === 0 ? [] : minimised(resolved, changes.minimise).map(({ name }) => name);
}
