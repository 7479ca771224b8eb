import type { Finding } from "../../src/model/search.ts";
import { comparison, isArray, isJson, isText } from "./columns.ts";
import { finding } from "./findings.ts";
import { changedFields, type MatchRef, type Resolved } from "./resolved.ts";
import { refusedWhere } from "./where.ts";

const UNSEARCHABLE = new Set(["bytea", "tsvector", "tsquery", "xml"]);

/** Whether every matched column can be searched exactly for what it is matched with. */
export function* checkMatches(resolved: Resolved): Generator<Finding> {
  for (const ref of resolved.matches) {
    const { column } = ref;
    const where = `column ${column.name} of table ${resolved.table.shown} is ${column.declared}`;
    if (ref.path !== undefined) continue;
    if (isJson(column)) yield finding(resolved, "NOT_SEARCHABLE", "error", `${where}: match on a path inside it`, { column: column.name });
    else if (UNSEARCHABLE.has((column.type.element ?? column.type).name) || ["C", "R"].includes(column.type.category))
      yield finding(resolved, "NOT_SEARCHABLE", "error", `${where}: it cannot be searched for a value`, { column: column.name });
    else if (!fits(ref))
      yield finding(resolved, "TYPE_MISMATCH", "error", `${where}, which holds no value of identity type ${ref.match.type}`, { column: column.name });
  }
  for (const { column, message, help } of refusedWhere(resolved.table, resolved.where))
    yield finding(resolved, "TYPE_MISMATCH", "error", message, { column, help });
  for (const ref of resolved.exports) {
    const matched = resolved.matches.some(({ name }) => name === ref.name);
    const many = isArray(ref.column) || (ref.path?.includes("[]") ?? false);
    if (many && !matched)
      yield finding(
        resolved,
        "NOT_SEARCHABLE",
        "error",
        `${ref.name} of table ${resolved.table.shown} holds several values: no other record type, hold or condition can start from it`,
        { column: ref.column.name },
      );
  }
  for (const name of changedFields(resolved.target.changes).documents) {
    const column = resolved.table.columns.get(name);
    if (column !== undefined && !isJson(column))
      yield finding(resolved, "FIELD_REFUSED", "error", `\`in\` names column ${column.name}, which is ${column.declared}, not JSON`, { column: column.name });
  }
}

function fits({ match, column }: MatchRef): boolean {
  const type = isArray(column) ? (column.type.element ?? column.type) : column.type;
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
