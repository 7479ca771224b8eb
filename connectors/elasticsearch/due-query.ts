import { at, textOf } from "../../src/documents/json-text.ts";
import { parsePath } from "../../src/documents/path.ts";
import { surelyBefore } from "../../src/model/due-rows.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { DueSelection } from "../../src/model/search.ts";
import type { ConcreteIndex } from "./indices.ts";
import { fieldOf } from "./mapping.ts";

/**
 * Queries that find every document with a date that may be due, or with one that the server could not read. Where the
 * field is no indexed date every document is read: nothing is left out because a mapping cannot search it.
 */
export function dueQueries(index: ConcreteIndex, { column, before }: DueSelection): readonly JsonObject[] {
  const field = fieldOf(index, parsePath(column));
  const isIndexed =
    field.kind === "field" && field.type.startsWith("date") && textOf(at(field.definition, "index")) !== "false";
  if (!isIndexed || field.nested !== undefined) return [{ match_all: {} }];
  const range: Json = { lt: surelyBefore(before), format: "yyyy-MM-dd" };
  return [{ range: { [field.name]: range } }, { term: { _ignored: { value: field.name } } }];
}
