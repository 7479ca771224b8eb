import { at, textOf } from "../../src/documents/json-text.ts";
import { parsePath } from "../../src/documents/path.ts";
import { surelyBefore } from "../../src/model/due-rows.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { DueSelection } from "../../src/model/search.ts";
import type { ConcreteIndex } from "./indices.ts";
import { fieldOf, NUMBER_TYPES, type MappedField } from "./mapping.ts";

/**
 * One query that finds every document with a date that may be due, or with one that the server could not read. Where the
 * field is no indexed date, every document that has it; where the mapping cannot tell even that, every document: nothing
 * is left out because a mapping cannot search it.
 */
export function dueQuery(index: ConcreteIndex, { column, before }: DueSelection): JsonObject {
  const field = fieldOf(index, parsePath(column));
  if (field.kind !== "field" || field.nested !== undefined) return { match_all: {} };
  const range: Json = { lt: surelyBefore(before), format: "yyyy-MM-dd" };
  const found: JsonObject | undefined =
    field.type.startsWith("date") && isIndexed(field)
      ? { range: { [field.name]: range } }
      : tellsThatItIsThere(field)
        ? { exists: { field: field.name } }
        : undefined;
  if (found === undefined) return { match_all: {} };
  return { bool: { minimum_should_match: 1, should: [found, { term: { _ignored: { value: field.name } } }] } };
}

const WITH_COLUMNS: ReadonlySet<string> = new Set(["keyword", "date", "date_nanos", "boolean", ...NUMBER_TYPES]);

function isIndexed({ definition }: MappedField): boolean {
  return textOf(at(definition, "index")) !== "false";
}

function tellsThatItIsThere(field: MappedField): boolean {
  if (field.type === "text") return isIndexed(field);
  return WITH_COLUMNS.has(field.type) && (isIndexed(field) || textOf(at(field.definition, "doc_values")) !== "false");
}
