import type { FailureCode } from "../../src/errors.ts";
import type { Finding } from "../../src/model/search.ts";
import { minimised, type Resolved } from "./resolved.ts";

export function finding(
  resolved: Resolved,
  code: FailureCode,
  severity: Finding["severity"],
  message: string,
  more: { column?: string; help?: string } = {},
): Finding {
  return { code, severity, record: resolved.target.record.id, message, ...more };
}

/** Whether rows of this record type may be deleted. `keep` deletes what no hold asks for any more. */
export function deletes({ target: { record } }: Resolved): boolean {
  return record.do === "erase" || record.do === "remove-rows" || (record.do === "keep" && record.holds.length > 0);
}

/** Names of columns that may be changed: by fields, in a document, or while held. */
export function updates(resolved: Resolved): readonly string[] {
  const { record } = resolved.target;
  const fields = Object.entries(record.fields).flatMap(([name, rule]) => (rule.kind === "keep" ? [] : [name]));
  const document = record.in !== undefined && Object.keys(record.paths).length > 0 ? [record.in] : [];
  return [...new Set([...fields, ...document, ...minimisedNames(resolved)])];
}

/** What a held record loses. */
export function minimisedNames(resolved: Resolved): readonly string[] {
  const { whileHeld, holds } = resolved.target.record;
  return whileHeld?.keepOnly === undefined || holds.length === 0
    ? []
    : minimised(resolved, { kind: "minimise", keepOnly: whileHeld.keepOnly }).map(({ name }) => name);
}
