import type { Change, Changes } from "./change.ts";
import type { RecordType } from "./datamap.ts";

/** What becomes of a record type's records: the one reading of `do`. */
export function changesOf(record: RecordType): Changes {
  const rule = ruleChange(record);
  const keepOnly = record.whileHeld?.keepOnly;
  return {
    ...(rule === undefined ? {} : { rule }),
    ...(rule?.kind === "delete" && Object.keys(record.fields).length > 0 ? { heldBy: fieldsChange(record) } : {}),
    ...(keepOnly === undefined ? {} : { minimise: { kind: "minimise", keepOnly } }),
  };
}

function ruleChange(record: RecordType): Change | undefined {
  switch (record.do) {
    case "erase":
    case "remove-rows":
    // kept for as long as a hold asks for it; what no hold asks for any more goes
    case "keep":
      return { kind: "delete" };
    case "anonymise":
    case "redact":
    case "unlink":
    case "soft-delete":
      return fieldsChange(record);
    // a person must decide first
    case "ask":
      return undefined;
  }
}

function fieldsChange({ fields, paths, in: columns }: RecordType): Change {
  const inside = columns.length === 0 ? [{ paths }] : columns.map((column) => ({ in: column, paths }));
  return { kind: "fields", fields, documents: Object.keys(paths).length === 0 ? [] : inside };
}
