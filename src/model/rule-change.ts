import type { Change } from "./change.ts";
import type { RecordType } from "./datamap.ts";

/** What the record type's own rule does to a record it acts on. */
export function ruleChange(record: RecordType): Change {
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
    case "ask":
      return fieldsChange(record);
  }
}

/** The change that `fields` and `paths` describe, whatever the rule does. */
export function fieldsChange(record: RecordType): Change {
  return { kind: "fields", fields: record.fields, paths: record.paths, ...(record.in === undefined ? {} : { in: record.in }) };
}
