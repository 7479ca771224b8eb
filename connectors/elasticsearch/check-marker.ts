/** Whether documents of an index can be marked as deleted as the data map says, as far as its mapping alone can tell. */
import { at, textOf } from "../../src/documents/json-text.ts";
import { parsePath, type Path } from "../../src/documents/path.ts";
import type { FailureCode } from "../../src/errors.ts";
import type { Marker } from "../../src/model/datamap.ts";
import { markerColumns, marksOf, SAMPLE_STAMP } from "../../src/model/marker.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { shown } from "../../src/model/shown.ts";
import { instantText } from "./date-text.ts";
import type { ConcreteIndex } from "./indices.ts";
import { fieldOf, growthOf, NUMBER_TYPES, type MappedField } from "./mapping.ts";

const TEXTS: ReadonlySet<string> = new Set(["keyword", "wildcard", "text", "match_only_text", "search_as_you_type"]);

/** Of indices that hold documents. */
export function* markFindings(target: Target, indices: readonly ConcreteIndex[]): Generator<Finding> {
  const { rule } = target.changes;
  const { marker } = target.record;
  if (marker === undefined) return;
  for (const index of indices)
    for (const column of markerColumns(marker)) {
      const problem = rule?.kind === "mark" ? cannotMark(index, rule.marker, column) : undefined;
      const finding = problem ?? notThere(index, column);
      if (finding === undefined) continue;
      const { what, ...rest } = finding;
      yield {
        ...rest,
        record: target.record.id,
        column,
        message: `Index ${shown(index.name)}, field ${column}: ${what}.`,
      };
    }
}

interface Problem extends Pick<Finding, "severity" | "help"> {
  readonly code: FailureCode;
  readonly what: string;
}

/** Why a mark cannot be written there. */
function cannotMark(index: ConcreteIndex, marker: Marker, column: string): Problem | undefined {
  const refuse = (what: string, help = "Name another field of the documents.", code: FailureCode = "FIELD_REFUSED") =>
    ({ code, severity: "error", what, help }) as const;
  const path = parsePath(column);
  const field = fieldOf(index, path);
  if (column === "_id") return refuse("a document's id cannot be changed");
  if (field.kind === "missing") {
    const above = scalarAbove(index, path);
    if (above !== undefined) return refuse(`nothing can lie in ${shown(above.name)}, which is ${above.type}`);
    const growth = growthOf(index, path);
    return growth.startsWith("strict")
      ? refuse(
          `there is no such field, and the mapping takes no new ones (dynamic: ${growth})`,
          "Add the field to the mapping, or name one that is there.",
          "COLUMN_MISSING",
        )
      : undefined;
  }
  const value = marksOf(marker, SAMPLE_STAMP).get(column) ?? "";
  const misfit = value === SAMPLE_STAMP.at ? noInstant(field) : noValue(field, value);
  return misfit === undefined ? undefined : refuse(misfit);
}

function noInstant({ type, definition }: MappedField): string | undefined {
  if (type === "date" || type === "date_nanos") {
    const format = textOf(at(definition, "format")) ?? "";
    const known = instantText(format, new Date(SAMPLE_STAMP.at), undefined) !== undefined;
    return known ? undefined : "it is a date in a format that expunge cannot write";
  }
  return TEXTS.has(type) || type === "flattened" ? undefined : `it is ${type}: no instant can be written into it`;
}

function noValue({ type }: MappedField, value: string): string | undefined {
  const fits =
    TEXTS.has(type) ||
    (type === "boolean" && (value === "true" || value === "false")) ||
    (NUMBER_TYPES.has(type) && value.trim() !== "" && Number.isFinite(Number(value)));
  return fits ? undefined : `it is ${type} and takes no such value`;
}

/** A field on the way that is no object. */
function scalarAbove(index: ConcreteIndex, { names }: Path): MappedField | undefined {
  for (let length = names.length - 1; length > 0; length -= 1) {
    const field = fieldOf(index, parsePath(names.slice(0, length).join(".")));
    if (field.kind === "field")
      return ["object", "nested", "flattened", "passthrough"].includes(field.type) ? undefined : field;
  }
  return undefined;
}

/** Nothing is wrong, but whoever wrote the name should look again. */
function notThere(index: ConcreteIndex, column: string): Problem | undefined {
  const path = parsePath(column);
  const field = fieldOf(index, path);
  if (field.kind === "field") return undefined;
  const growth = growthOf(index, path);
  const unseen = field.open === "enabled: false" || growth === "false";
  return {
    code: unseen ? "NOT_SEARCHABLE" : "COLUMN_MISSING",
    severity: "warning",
    what: unseen
      ? "it is not indexed there: no search can leave out what is marked"
      : "nothing is marked there yet, or it has another name; the first mark adds it to the mapping, and `undo` leaves it there",
    help: "Correct the name, or add the field to the mapping.",
  };
}
