/** Where the values of a field stand in the documents of an index, and how they compare. */
import { at, textOf } from "../../src/documents/json-text.ts";
import type { Filter } from "../../src/documents/matching.ts";
import { parsePath, type Path } from "../../src/documents/path.ts";
import { whereTest } from "../../src/record-files/where-test.ts";
import { isoDate } from "./date-text.ts";
import type { ConcreteIndex } from "./indices.ts";
import { NUMBER_TYPES, fieldOf } from "./mapping.ts";

/** An alias or a sub-field (`state.keyword`) has its values elsewhere in the document. */
export function pathOf(index: ConcreteIndex, name: string): Path {
  const path = parsePath(name);
  const field = fieldOf(index, path);
  return field.kind === "field" ? field.source : path;
}

/** A date is compared as it is spelled, and as it is exported; a number by its value, also where it is spelled as a string. */
export function filterOf(index: ConcreteIndex, name: string, values: readonly string[]): Filter {
  const path = pathOf(index, name);
  const { dateFormat } = dateFormatOf(index, path);
  const field = fieldOf(index, parsePath(name));
  const numeric = field.kind === "field" && NUMBER_TYPES.has(field.type);
  const passes = whereTest(values);
  return {
    path,
    passes(node) {
      if (node.type === "null") return false;
      const iso = dateFormat === undefined ? undefined : isoDate(node, dateFormat);
      return (
        passes({ text: node.text, number: numeric || node.type === "number" }) ||
        (iso !== undefined && passes({ text: iso, number: false }))
      );
    },
  };
}

export function dateFormatOf(index: ConcreteIndex, path: Path): { dateFormat?: string } {
  const field = fieldOf(index, path);
  return field.kind === "field" && field.type.startsWith("date")
    ? { dateFormat: textOf(at(field.definition, "format")) ?? "" }
    : {};
}
