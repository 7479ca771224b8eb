/** A document as expunge looks at it: whose it is, what of it counts as its content, what it exports. */
import { Failure } from "../../src/errors.ts";
import type { Change, PlannedRecord } from "../../src/model/change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import { comparable } from "../../src/model/fold.ts";
import type { Lookup, Target } from "../../src/model/search.ts";
import { whereTest, type StoredValue } from "../../src/record-files/where-test.ts";
import type { IO } from "../../src/port/connector.ts";
import { changedOccurrences, type ElementsOf, type Rule } from "./change.ts";
import { isoDate } from "./date-text.ts";
import type { ConcreteIndex } from "./indices.ts";
import { at, compact, textOf, type JsonNode } from "./json-text.ts";
import { fieldOf, type MatchField } from "./mapping.ts";
import { occurrences, parsePath, type Path } from "./paths.ts";

export interface Document {
  readonly index: string;
  readonly id: string;
  readonly routing?: string;
  readonly source: JsonNode;
}

/** What is read in the documents of one index. */
export interface Shape {
  readonly target: Target;
  readonly columns: readonly MatchField[];
  readonly rules: readonly Rule[];
  readonly where: readonly Filter[];
  readonly exports: readonly { readonly name: string; readonly path: Path; readonly dateFormat?: string }[];
}

/** A field that a condition reads. */
interface Filter {
  readonly path: Path;
  passes(stored: StoredValue): boolean;
  readonly dateFormat?: string;
  /** The index takes what stands there for a number, though it may be spelled as a string. */
  readonly numeric: boolean;
}

/** One way in which a document matches: by one column, or (mode `all`) by one value of every column. */
type Way = readonly Hit[];

interface Hit {
  readonly column: MatchField;
  /** Folded. */
  readonly text: string;
  readonly elements: ElementsOf;
}

export interface Found {
  readonly subjects: readonly number[];
  readonly tokens: readonly string[];
  readonly elements: ReadonlySet<JsonNode>;
}

export function keyOf({ index, id, routing }: Omit<Document, "source">): string {
  return JSON.stringify(routing === undefined ? [index, id] : [index, id, routing]);
}

export function shapeOf(target: Target, index: ConcreteIndex, columns: readonly MatchField[]): Shape {
  return {
    target,
    columns,
    rules: target.changes.rule?.kind === "fields" ? rulesOf(index, rulesIn(target.changes.rule)) : [],
    where: Object.entries(target.where ?? {}).map(([name, values]) => filterOf(index, name, values)),
    exports: target.exports.map((name) => ({ name, path: parsePath(name), ...dateFormatOf(index, parsePath(name)) })),
  };
}

function filterOf(index: ConcreteIndex, name: string, values: readonly string[]): Filter {
  const field = fieldOf(index, parsePath(name));
  // an alias or a sub-field (`state.keyword`) has its values elsewhere in the document
  const path = field.kind === "field" ? field.source : parsePath(name);
  return { path, passes: whereTest(values), ...dateFormatOf(index, path), numeric: field.kind === "field" && NUMBERS.has(field.type) };
}

const NUMBERS: ReadonlySet<string> = new Set(["long", "integer", "short", "byte", "unsigned_long", "double", "float", "half_float", "scaled_float"]);

/** The rules of a change by path; a document's paths start at its root, so that nothing lies `in` a column. */
export function rulesIn({ fields, documents }: Extract<Change, { kind: "fields" }>): FieldRules {
  return Object.assign({}, fields, ...documents.map(({ paths }) => paths));
}

export function rulesOf(index: ConcreteIndex, fields: FieldRules): Rule[] {
  return Object.entries(fields).map(([name, rule]) => ({ path: parsePath(name), rule, ...dateFormatOf(index, parsePath(name)) }));
}

function dateFormatOf(index: ConcreteIndex, path: Path): { dateFormat?: string } {
  const field = fieldOf(index, path);
  return field.kind === "field" && field.type.startsWith("date") ? { dateFormat: textOf(at(field.definition, "format")) ?? "" } : {};
}

/** Top-level names that a search must bring along, for `_source`. */
export function neededNames(shape: Shape): string[] {
  const paths = [
    ...shape.columns.map(({ source }) => source),
    ...shape.rules.map(({ path }) => path),
    ...shape.where.map(({ path }) => path),
    ...shape.exports.map(({ path }) => path),
  ];
  return [...new Set(paths.map(({ names }) => names[0] ?? "").filter((name) => name !== "_id"))];
}

/** Whose a document is, for all lookups at once. */
export function documentMatcher(io: IO, shape: Shape, lookups: readonly Lookup[]): (document: Document) => Found | undefined {
  const { mode } = shape.target.record.match;
  const tables = new Map(shape.columns.map((field) => [field, new Map<string, number[]>()]));
  for (const { subject, values } of lookups) {
    if (mode === "all" && shape.columns.some(({ column }) => (values[column.column] ?? []).length === 0)) continue;
    for (const [{ column }, table] of tables) {
      for (const value of values[column.column] ?? []) {
        const text = comparable(value, column.type, column.fold);
        const known = table.get(text);
        if (known === undefined) table.set(text, [subject]);
        else if (!known.includes(subject)) known.push(subject);
      }
    }
  }
  const subjectsOf = ({ column, text }: Hit) => new Set(tables.get(column)?.get(text));
  return (document) => {
    const subjects = new Set<number>();
    const matched = waysOf(document, shape, (column, text) => tables.get(column)?.has(text) === true).flatMap((way) => {
      const of = [...way.map(subjectsOf).reduce((left, right) => left.intersection(right))];
      for (const subject of of) subjects.add(subject);
      return of.map((subject) => ({ way, token: tokenOf(io, subject, way) }));
    });
    if (matched.length === 0) return undefined;
    const passes = shape.where.every((filter) => storedAt(document, filter).some((stored) => filter.passes(stored)));
    return passes ? { subjects: [...subjects].toSorted((a, b) => a - b), ...found(matched) } : undefined;
  };
}

/** The same for these subjects by the tokens that a fingerprint bears: no lookup is needed to know the values again. */
export function matchAgain(io: IO, shape: Shape, record: PlannedRecord, document: Document): Omit<Found, "subjects"> {
  const known = new Set(tokensOf(record.fingerprint));
  const ways = waysOf(document, shape, () => true);
  return found(ways.flatMap((way) => record.subjects.map((subject) => ({ way, token: tokenOf(io, subject, way) }))).filter(({ token }) => known.has(token)));
}

function found(matched: readonly { readonly way: Way; readonly token: string }[]): Omit<Found, "subjects"> {
  return {
    tokens: [...new Set(matched.map(({ token }) => token))].toSorted(),
    elements: new Set(matched.flatMap(({ way }) => way.flatMap(({ elements }) => [...elements.values()]))),
  };
}

const DIGEST = 64;
const TOKEN = 32;

/**
 * The digest of what match, holds, conditions and fields read, then a token for each matched value of each subject: by
 * them the person's elements of a shared document are known again where no lookup is at hand.
 */
export function fingerprintOf(io: IO, shape: Shape, document: Document, matched: Found): string {
  const parts: (string | null)[] = [document.index, document.id, ...matched.tokens];
  const add = (name: string, nodes: readonly JsonNode[]) => parts.push(name, ...nodes.map(compact));
  for (const { name, path } of shape.exports) add(name, nodesAt(document, path));
  for (const { path } of shape.where) add(path.text, nodesAt(document, path));
  for (const rule of shape.rules)
    add(
      rule.path.text,
      changedOccurrences(document.source, rule, shape.columns, matched.elements).map(({ node }) => node),
    );
  return io.digest(parts) + matched.tokens.join("");
}

export function bearsTokens(fingerprint: string): boolean {
  return fingerprint.length > DIGEST;
}

function tokensOf(fingerprint: string): string[] {
  return Array.from({ length: Math.floor((fingerprint.length - DIGEST) / TOKEN) }, (_, index) =>
    fingerprint.slice(DIGEST + index * TOKEN, DIGEST + (index + 1) * TOKEN),
  );
}

function tokenOf(io: IO, subject: number, way: Way): string {
  return io.digest(["match", String(subject), ...way.flatMap(({ column, text }) => [column.column.column, text])]).slice(0, TOKEN);
}

/** The exported values as texts. Throws TYPE_MISMATCH where a document holds a date in a form not known. */
export function exportedValues(system: string, shape: Shape, document: Document): Record<string, readonly string[]> {
  const values: Record<string, readonly string[]> = {};
  for (const { name, path, dateFormat } of shape.exports) {
    const where = `${system}, index ${document.index}, field ${name}`;
    const texts = new Set(
      nodesAt(document, path)
        .filter((node) => node.kind !== "scalar" || node.type !== "null")
        .map((node) => {
          if (node.kind !== "scalar") return compact(node);
          if (dateFormat === undefined) return node.text;
          const iso = isoDate(node, dateFormat);
          if (iso === undefined)
            throw new Failure("TYPE_MISMATCH", `${where}: a document holds a date in a form that is not understood.`, {
              help: "Use ISO 8601 or epoch milliseconds in the field that a hold or condition reads.",
            });
          return iso;
        }),
    );
    values[name] = [...texts];
  }
  return values;
}

function waysOf(document: Document, shape: Shape, accept: (column: MatchField, text: string) => boolean): Way[] {
  const hits = shape.columns.map((column) => hitsOf(document, column).filter(({ text }) => accept(column, text)));
  if (shape.target.record.match.mode === "any") return hits.flat().map((hit) => [hit]);
  let ways: Way[] = [[]];
  for (const some of hits) ways = ways.flatMap((way) => some.filter((hit) => way.every((other) => together(hit, other))).map((hit) => [...way, hit]));
  return ways.filter((way) => way.length > 0);
}

/** In mode `all`, values from one array must come from the same element. */
function together(hit: Hit, other: Hit): boolean {
  return [...hit.elements].every(([name, element]) => !other.elements.has(name) || other.elements.get(name) === element);
}

function hitsOf(document: Document, column: MatchField): Hit[] {
  const { type, fold } = column.column;
  if (column.kind === "id") return [{ column, text: comparable(document.id, type, fold), elements: new Map() }];
  return occurrences(document.source, column.source, true).flatMap(({ node, elements }) => {
    const text = textOf(node);
    if (text === undefined) return [];
    return [{ column, text: comparable(column.kind === "integer" ? wholeNumber(text) : text, type, fold), elements }];
  });
}

/** `42.0` and `42` are one value of an integer field. */
function wholeNumber(text: string): string {
  return text.replace(/^(-?\d+)\.0+$/u, "$1");
}

function nodesAt(document: Document, path: Path): JsonNode[] {
  if (path.text === "_id") return [{ kind: "scalar", type: "string", text: document.id, start: 0, end: 0 }];
  return occurrences(document.source, path, true).map(({ node }) => node);
}

/** A date as it is spelled, and as it is exported. */
function storedAt(document: Document, { path, dateFormat, numeric }: Filter): StoredValue[] {
  return nodesAt(document, path).flatMap((node) => {
    if (node.kind !== "scalar" || node.type === "null") return [];
    const iso = dateFormat === undefined ? undefined : isoDate(node, dateFormat);
    return [{ text: node.text, number: numeric || node.type === "number" }, ...(iso === undefined ? [] : [{ text: iso, number: false }])];
  });
}
