import { Failure } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import type { ColumnRef, RowColumn } from "./record-table.ts";

/** A table, as far as names in the data map lead into it. */
export interface NamedColumns<C extends RowColumn> {
  readonly shown: string;
  readonly columns: ReadonlyMap<string, C>;
}

/**
 * A column by its exact name; else the longest leading part that is a JSON column, and the path in it. `split`: what
 * separates the values of a column's cells. Throws COLUMN_MISSING.
 */
export function resolveRef<C extends RowColumn>(
  table: NamedColumns<C>,
  name: string,
  record: string,
  split: Readonly<Record<string, string>> = {},
): ColumnRef<C> {
  const whole = table.columns.get(name);
  if (whole !== undefined) {
    const separator = Object.hasOwn(split, name) ? split[name] : undefined;
    return { name, column: whole, ...(separator === undefined ? {} : { separator }) };
  }
  for (let end = name.length - 1; end > 0; end -= 1) {
    if (name[end] !== "." && name[end] !== "[") continue;
    const column = table.columns.get(name.slice(0, end));
    if (column === undefined) continue;
    const rest = name.slice(end);
    if (column.shape === "array" && rest === "[]") return { name, column };
    if (column.shape !== "json")
      throw new Failure(
        "COLUMN_MISSING",
        `${record}: ${column.name} is no JSON column, so there is no path ${name} in it`,
        { details: { column: name } },
      );
    return { name, column, path: rest.startsWith(".") ? rest.slice(1) : rest };
  }
  throw noColumn(table, name, record);
}

/** A column by its exact name. Throws COLUMN_MISSING. */
export function columnOf<C extends RowColumn>(table: NamedColumns<C>, name: string, record: string): C {
  const column = table.columns.get(name);
  if (column === undefined) throw noColumn(table, name, record);
  return column;
}

/** COLUMN_MISSING, with the column that may have been meant. */
function noColumn(table: NamedColumns<RowColumn>, name: string, record: string): Failure {
  const meant = nearest(name, table.columns.keys());
  return new Failure("COLUMN_MISSING", `${record}: table ${table.shown} has no column ${name}`, {
    details: { column: name },
    ...(meant === undefined ? {} : { help: `Did you mean \`${meant}\`?` }),
  });
}
