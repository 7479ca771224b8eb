/** A document as expunge looks at it: whose it is, what of it counts as its content, what it exports, what is changed in it. */
import { Failure } from "../../src/errors.ts";
import { changesIn, type DocumentRule, type ValueChange } from "../../src/documents/changes.ts";
import { canonical, compact, type JsonNode } from "../../src/documents/json-text.ts";
import { everyHit, type DocumentColumn, type Hit, type Matching } from "../../src/documents/matching.ts";
import { occurrences, type Occurrence, type Path, type Reading } from "../../src/documents/path.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import { comparable } from "../../src/model/fold.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import { dateForm, isoDate } from "./date-text.ts";
import { dateFormatOf, filterOf, pathOf } from "./field-values.ts";
import type { ConcreteIndex } from "./indices.ts";
import type { MatchField } from "./mapping.ts";
import { markShapeOf, type MarkShape } from "./marker.ts";
import { shown } from "../../src/model/shown.ts";

export interface Document {
  readonly index: string;
  readonly id: string;
  readonly routing?: string;
  readonly source: JsonNode;
}

/** What is read in the documents of one index. */
export interface Shape {
  readonly target: Target;
  readonly matching: Matching<Document>;
  /** What the record type's own rule changes; none where it deletes. */
  readonly rules: readonly DocumentRule[];
  /** What `fields` change where a held record keeps it from being deleted. */
  readonly heldBy: readonly DocumentRule[];
  /** How its documents are marked as deleted. */
  readonly marks?: MarkShape;
  readonly exports: readonly { readonly name: string; readonly path: Path; readonly dateFormat?: string }[];
}

/** Routing makes ids: two documents of one index may share one. */
export function keyOf({ index, id, routing }: Omit<Document, "source">): string {
  return JSON.stringify(routing === undefined ? [index, id] : [index, id, routing]);
}

export function shapeOf(target: Target, index: ConcreteIndex, columns: readonly MatchField[]): Shape {
  const { changes, record, where = {} } = target;
  return {
    target,
    matching: {
      columns: columns.map(columnOf),
      mode: record.match.mode,
      where: Object.entries(where).map(([name, values]) => filterOf(index, name, values)),
      read: (document, path) => valuesAt(document, path, { leaves: true }),
    },
    rules: rulesOf(index, changes.rule),
    heldBy: rulesOf(index, changes.heldBy),
    ...(record.marker === undefined ? {} : { marks: markShapeOf(index, record.marker) }),
    exports: target.exports.map((name) => {
      const path = pathOf(index, name);
      return { name, path, ...dateFormatOf(index, path) };
    }),
  };
}

/** Every value under the path; a document's own id is one. */
export function valuesAt({ id, source }: Document, path: Path, reading: Reading): readonly Occurrence[] {
  if (path.text !== "_id") return occurrences(source, path, { ...reading, dots: true });
  const node: JsonNode = { kind: "scalar", type: "string", text: id, start: 0, end: 0 };
  return [
    { node, place: { container: { kind: "array", items: [node], start: 0, end: 0 }, index: 0 }, elements: new Map() },
  ];
}

function columnOf({ column, kind, source }: MatchField): DocumentColumn {
  const { type, fold } = column;
  if (kind !== "integer") return { column, path: source, comparable: (text) => comparable(text, type, fold) };
  return {
    column,
    path: source,
    comparable: (text) => comparable(wholeNumber(text), type, fold),
    stored: (text) => comparable(indexedNumber(text), type, fold),
  };
}

/** `42.0` and `42` are one value of an integer field. */
export function wholeNumber(text: string): string {
  return text.replace(/^(-?\d+)\.0+$/u, "$1").replace(/^-0$/u, "0");
}

/** What the server makes of a text in an integer field: `"0042"` is indexed as 42. Whoever asks for 0042 means a code, and no number. */
function indexedNumber(text: string): string {
  return wholeNumber(text.replace(/^\+?(-?)0+(?=\d)/u, "$1"));
}

/** The rules of a change, each where its values lie; none for a change of another kind. */
export function rulesOf(index: ConcreteIndex, change: Change | undefined): DocumentRule[] {
  if (change?.kind !== "fields") return [];
  return Object.entries(rulesIn(change)).map(([name, rule]) => {
    const path = pathOf(index, name);
    const { dateFormat } = dateFormatOf(index, path);
    return { name, path, rule, ...(dateFormat === undefined ? {} : { date: dateForm(dateFormat) }) };
  });
}

/** The rules of a change by path; a document's paths start at its root, so that nothing lies `in` a column. */
export function rulesIn({ fields, documents }: Extract<Change, { kind: "fields" }>): FieldRules {
  return Object.fromEntries([fields, ...documents.map(({ paths }) => paths)].flatMap((rules) => Object.entries(rules)));
}

/** Top-level names that a search must bring along, for `_source`. */
export function neededNames(shape: Shape): string[] {
  const paths = [
    ...shape.matching.columns,
    ...shape.matching.where,
    ...shape.rules,
    ...shape.heldBy,
    ...(shape.marks?.cells ?? []),
    ...shape.exports,
  ].map(({ path }) => path);
  return [...new Set(paths.map(({ names }) => names[0] ?? "").filter((name) => name !== "_id"))];
}

/** What rules still have to change for the person whose values these are. */
export function ownChanges(
  io: IO,
  { matching }: Pick<Shape, "matching">,
  document: Document,
  rules: readonly DocumentRule[],
  hits: readonly Hit[],
): ValueChange[] {
  return changesIn(document, rules, matching, hits, {
    read: (one, path, leaves) => (path.text === "_id" ? [] : valuesAt(one, path, { leaves, below: true })),
    pseudonym: (value) => io.pseudonym(value),
  });
}

/** The digest of what match, filter, holds, conditions and fields read, whoever was asked for: the same by a search and by the id. */
export function fingerprintOf(io: IO, shape: Shape, document: Document): string {
  const { matching, rules, heldBy, exports } = shape;
  const parts: (string | null)[] = [document.index, document.id, document.routing ?? null];
  const add = (name: string, path: Path, reading: Reading) =>
    parts.push(name, ...valuesAt(document, path, reading).map(({ node }) => canonical(node)), null);
  for (const { column, path } of matching.columns) add(column.column, path, { leaves: true });
  for (const { path } of matching.where) add(path.text, path, { leaves: true });
  for (const { name, path } of exports) add(name, path, { leaves: true });
  for (const { name, path } of [...rules, ...heldBy]) add(name, path, { below: true });
  for (const { column, path } of marksSet(shape)) add(column, path, { below: true });
  return io.digest(parts);
}

/** What a rule that marks sets. */
function marksSet({ target, marks }: Shape): MarkShape["cells"] {
  return target.changes.rule?.kind === "mark" ? (marks?.cells ?? []) : [];
}

/** The exported values as texts. Throws TYPE_MISMATCH where a document holds a date in a form not known. */
export function exportedValues(system: string, shape: Shape, document: Document): Record<string, readonly string[]> {
  return Object.fromEntries(
    shape.exports.map(({ name, path, dateFormat }) => {
      const dates = shape.target.record.holds.some(({ from }) => from === name);
      const found = valuesAt(document, path, { leaves: true });
      const texts = found.flatMap(({ node }) => {
        if (node.kind !== "scalar") return [compact(node)];
        if (node.type === "null") return dates ? [""] : [];
        if (dateFormat === undefined) return [node.text];
        const iso = isoDate(node, dateFormat);
        if (iso === undefined)
          throw new Failure(
            "TYPE_MISMATCH",
            `${system}, index ${shown(document.index)}, field ${name}: a document holds a date in a form that is not understood.`,
            {
              help: "Use ISO 8601 or epoch milliseconds in the field that a hold or condition reads.",
            },
          );
        return [iso];
      });
      const missing = dates && hasBareElement(document, path, found) ? [""] : [];
      return [name, [...new Set([...texts, ...missing])]];
    }),
  );
}

/** Whether an object or element on the way has no value under the path. */
function hasBareElement(document: Document, { names, arrays }: Path, found: readonly Occurrence[]): boolean {
  return names.slice(1).some((_, at) => {
    const [above, inside] = [names.slice(0, at + 1), arrays.slice(0, at + 1)];
    const path = { text: above.join("."), names: above, arrays: inside };
    return valuesAt(document, path, { leaves: true }).some(
      ({ node: { start, end } }) => !found.some(({ node }) => node.start >= start && node.end <= end),
    );
  });
}

/** Whether the document has the record type's constants, wherever in it they stand. */
export function passesWhere({ matching }: Pick<Shape, "matching">, document: Document): boolean {
  return matching.where.every(({ path, passes }) =>
    matching.read(document, path).some(({ node }) => node.kind === "scalar" && passes(node)),
  );
}

/** A field's values as ISO dates; a text in a form that is not known stays as it is. */
export function dateTexts(index: ConcreteIndex, document: Document, name: string): readonly string[] {
  const path = pathOf(index, name);
  const { dateFormat } = dateFormatOf(index, path);
  return valuesAt(document, path, { leaves: true }).flatMap(({ node }) => {
    if (node.kind !== "scalar") return [compact(node)];
    if (node.type === "null") return [];
    return [(dateFormat === undefined ? undefined : isoDate(node, dateFormat)) ?? node.text];
  });
}

/** Everybody's values: for where nobody says whose a document is. */
export function allHits({ matching }: Shape, document: Document): readonly Hit[] {
  return everyHit(matching, document);
}
