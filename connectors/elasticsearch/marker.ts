/** How documents of one index are marked as deleted: where the marker's values stand, and how each is written there. */
import { Failure } from "../../src/errors.ts";
import { canonical, parseJson, type JsonNode } from "../../src/documents/json-text.ts";
import type { Filter } from "../../src/documents/matching.ts";
import { occurrences, parsePath, type Path } from "../../src/documents/path.ts";
import { canSet, MANY, setValue, takeBack, valueText, type Stood } from "../../src/documents/set-value.ts";
import type { Marker } from "../../src/model/datamap.ts";
import { instantColumns, markerColumns, markOf, marksOf, type Stamp } from "../../src/model/marker.ts";
import { instantText, isoDate } from "./date-text.ts";
import { dateFormatOf, filterOf, pathOf } from "./field-values.ts";
import type { ConcreteIndex } from "./indices.ts";
import { fieldOf, NUMBER_TYPES } from "./mapping.ts";

/** One of the marker's values. */
interface MarkCell {
  /** As the data map names it. */
  readonly column: string;
  readonly path: Path;
  /** An instant is written there. */
  readonly isInstant: boolean;
  /** Type of its field; undefined where the mapping has none. */
  readonly type: string | undefined;
  /** Of a field of dates; `""`: the server's own. */
  readonly dateFormat?: string;
}

export interface MarkShape {
  readonly marker: Marker;
  readonly cells: readonly MarkCell[];
  /** Each value of a flag or status that says deleted, and what is equal to it. */
  readonly deleted: readonly { readonly value: string; readonly filter: Filter }[];
}

export function markShapeOf(index: ConcreteIndex, marker: Marker): MarkShape {
  const instants = new Set(instantColumns(marker));
  const values = marker.kind === "flag" ? [marker.deleted] : marker.kind === "status" ? marker.deleted : [];
  return {
    marker,
    cells: markerColumns(marker).map((column) => {
      const path = pathOf(index, column);
      const field = fieldOf(index, parsePath(column));
      const type = field.kind === "field" ? field.type : undefined;
      return { column, path, isInstant: instants.has(column), type, ...dateFormatOf(index, path) };
    }),
    deleted:
      marker.kind === "flag" || marker.kind === "status"
        ? values.map((value) => ({ value, filter: filterOf(index, marker.column, [value]) }))
        : [],
  };
}

/** Since when a document is marked, by whomever; undefined: it lives. */
export function markIn(
  { marker, cells, deleted }: MarkShape,
  source: JsonNode,
): { readonly since: string | null } | undefined {
  return markOf(marker, (column) => {
    const cell = cells.find((one) => one.column === column);
    if (cell === undefined) return null;
    const nodes = occurrences(source, cell.path, { leaves: true, dots: true }).flatMap(({ node }) =>
      node.kind === "scalar" && node.type !== "null" && node.text.trim() !== "" ? [node] : [],
    );
    if (deleted.length > 0 && marker.kind !== "delete_marker" && column === marker.column)
      return deleted.find(({ filter }) => nodes.some((node) => filter.passes(node)))?.value ?? null;
    const texts = nodes.map((node) => {
      const iso = cell.dateFormat === undefined ? undefined : isoDate(node, cell.dateFormat);
      return iso ?? node.text;
    });
    // of several the last one counts, and what stands for "alive" is none
    const said = texts.filter((text) => marker.kind !== "timestamp" || markOf(marker, () => text) !== undefined);
    return said.toSorted().at(-1) ?? texts[0] ?? null;
  });
}

/** Whether each of the marker's values has its one place. */
export function canMark({ cells }: MarkShape, source: JsonNode): boolean {
  return cells.every(({ path }) => canSet(source, path));
}

/** The values of the marker, as one text each: equal where they are. */
export function markTexts({ cells }: MarkShape, source: JsonNode): readonly string[] {
  return cells.map(({ path }) => valueText(source, path));
}

/** What `undo` needs of a document: what stood where the marks stand, in the order in which they were set, and what they are. */
type MarkImage = readonly { readonly column: string; readonly stood: Stood; readonly after: string }[];

export interface MarkedText {
  readonly text: string;
  readonly image: Uint8Array;
}

/** Undefined where a path leads to more than one place, or through something that is no object. */
export function marked(shape: MarkShape, document: string, stamp: Stamp): MarkedText | undefined {
  const values = marksOf(shape.marker, stamp);
  const set: { readonly column: string; readonly path: Path; readonly stood: Stood }[] = [];
  let text = document;
  for (const cell of shape.cells) {
    const { column, path } = cell;
    const made = setValue(text, path, (old) => jsonOf(cell, values.get(column) ?? "", old));
    if (made === MANY) return undefined;
    set.push({ column, path, stood: made.stood });
    text = made.text;
  }
  const after = parseJson(text);
  const image: MarkImage = set.map(({ path, ...one }) => ({ ...one, after: valueText(after, path) }));
  return { text, image: new Uint8Array(Buffer.from(JSON.stringify(image))) };
}

/** The document without the marks; undefined where it is as it was already, `changed` where it is neither that nor as the marks left it. */
export function unmarked(
  { cells }: MarkShape,
  document: string,
  bytes: Uint8Array,
): { readonly text: string } | "changed" | undefined {
  const image: MarkImage = JSON.parse(Buffer.from(bytes).toString());
  const places = image.map((one) => ({ ...one, path: cells.find(({ column }) => column === one.column)?.path }));
  const root = parseJson(document);
  const isAs = (wanted: (one: MarkImage[number]) => string): boolean =>
    places.every((one) => one.path !== undefined && valueText(root, one.path) === wanted(one));
  if (isAs(({ stood }) => (stood.kind === "value" ? canonical(parseJson(stood.text)) : ""))) return undefined;
  if (!isAs(({ after }) => after)) return "changed";
  let text: string | undefined = document;
  // the last one first: what was made for several goes with the first
  for (const { path, stood } of places.toReversed())
    text = text === undefined || path === undefined ? undefined : takeBack(text, path, stood);
  return text === undefined ? "changed" : { text };
}

/** JSON text of a mark, in the form of what it takes the place of. */
function jsonOf({ column, isInstant, type, dateFormat }: MarkCell, value: string, old: JsonNode | undefined): string {
  if (isInstant) {
    if (dateFormat === undefined) return JSON.stringify(value);
    const text = instantText(dateFormat, new Date(value), old);
    if (text !== undefined) return text;
    throw new Failure("FIELD_REFUSED", `field ${column}: no way is known to write an instant in its format`);
  }
  const stood = old?.kind === "scalar" ? old.type : "null";
  const isTruth = value === "true" || value === "false";
  if (isTruth && (stood === "boolean" || (stood !== "string" && (type ?? "boolean") === "boolean"))) return value;
  if (NUMBER.test(value) && (stood === "number" || (stood !== "string" && NUMBER_TYPES.has(type ?? "")))) return value;
  return JSON.stringify(value);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u;
