import type { RecordType } from "../model/datamap.ts";
import type { ConfigIssue } from "../port/connector.ts";

/** What is wrong with a record type of a system whose records are rows of tables. */
export function tableIssues(kind: string, record: RecordType): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const say = (key: string, code: string, message: string, help: string) =>
    issues.push({ path: ["records", record.name, key], code, message, help });
  if (record.place.kind !== "table")
    say(
      "table",
      "PLACE_INVALID",
      `records of a ${kind} system are tables`,
      "Name it with `table: schema.table`, or leave it out: the record's own name is the default.",
    );
  if (Object.keys(record.paths).length > 0 && record.in.length === 0)
    say("paths", "COLUMN_UNNAMED", "`paths` need `in: COLUMN`, the JSON column they are read in", "Add `in: COLUMN`.");
  if (record.in.length > 0 && Object.keys(record.paths).length === 0)
    say(
      "in",
      "PATHS_UNNAMED",
      "`in` names a JSON column, but there are no `paths` to change in it",
      "Add `paths: { PATH: clear }`.",
    );
  if (record.in.some((column) => Object.hasOwn(record.fields, column)))
    say("in", "FIELD_TWICE", "the column of `in` cannot also stand under `fields`", "Name it in one place.");
  if (record.format !== undefined || record.versions !== undefined)
    say(
      record.format === undefined ? "versions" : "format",
      "KEY_UNUSED",
      "this key is for files and objects, not for tables",
      "Remove it.",
    );
  return issues;
}
