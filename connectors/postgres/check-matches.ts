import type { Finding } from "../../src/model/search.ts";
import { changedFields } from "../../src/sql/record-table.ts";
import { comparison, isText } from "./columns.ts";
import { areComparable } from "./edges.ts";
import { finding } from "../../src/sql/findings.ts";
import type { MatchRef, Resolved } from "./resolved.ts";
import { refusedWhere } from "./where.ts";

const UNSEARCHABLE = new Set(["bytea", "tsvector", "tsquery", "xml"]);

/** Whether every matched column can be searched exactly for what it is matched with. */
export function* checkMatches(resolved: Resolved): Generator<Finding> {
  const { table, matches, where: filters, target } = resolved;
  for (const ref of matches) {
    const { column, path, type, separator } = ref;
    const where = `column ${column.name} of table ${table.shown} is ${column.declared}`;
    if (separator !== undefined && !isText(column.type)) {
      yield finding(resolved, "FIELD_REFUSED", "error", `${where}: only texts are split into lists`, {
        column: column.name,
      });
      continue;
    }
    if (path !== undefined || separator !== undefined || type === undefined) continue;
    if (column.shape === "json")
      yield finding(resolved, "NOT_SEARCHABLE", "error", `${where}: match on a path inside it`, {
        column: column.name,
      });
    else if (UNSEARCHABLE.has(type.name) || ["C", "R"].includes(column.type.category))
      yield finding(resolved, "NOT_SEARCHABLE", "error", `${where}: it cannot be searched for a value`, {
        column: column.name,
      });
    else if (!fits(ref))
      yield finding(
        resolved,
        "TYPE_MISMATCH",
        "error",
        `${where}, which holds no value of identity type ${ref.match.type}`,
        { column: column.name },
      );
    else if (typeof ref.source === "object" && !areComparable(ref.source, type))
      yield finding(
        resolved,
        "TYPE_MISMATCH",
        "error",
        `${where}, and what it is matched with is ${ref.source.name}: nobody can tell which of their values are equal`,
        {
          column: column.name,
          help: "Match columns of one type, or a column that holds the value as the other one does.",
        },
      );
  }
  for (const { column, message, help } of refusedWhere(table, filters))
    yield finding(resolved, "TYPE_MISMATCH", "error", message, { column, help });
  for (const name of changedFields(target.changes).documents) {
    const column = table.columns.get(name);
    if (column !== undefined && column.shape !== "json")
      yield finding(
        resolved,
        "FIELD_REFUSED",
        "error",
        `\`in\` names column ${column.name}, which is ${column.declared}, not JSON`,
        { column: column.name },
      );
  }
}

function fits({ match, type }: MatchRef): boolean {
  if (type === undefined) return true;
  const text = isText(type);
  switch (match.type) {
    case "email":
    case "phone":
      return text;
    case "integer":
      return text || type.category === "N";
    case "uuid":
      return text || type.name === "uuid";
    case "string":
      return text || comparison(type) !== "exact" || type.category === "E";
    case "edge":
      return true;
  }
}
