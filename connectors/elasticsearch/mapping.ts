/** What an index's mapping says of a field: whether an exact search is possible, and by which field. */
import type { FailureCode } from "../../src/errors.ts";
import type { MatchColumn } from "../../src/model/search.ts";
import type { ConcreteIndex } from "./indices.ts";
import { at, itemsOf, membersOf, textOf, type JsonNode } from "../../src/documents/json-text.ts";
import { shown } from "../../src/model/shown.ts";
import { fieldName, parsePath, type Path } from "../../src/documents/path.ts";

export interface MappedField {
  readonly kind: "field";
  /** Full name, as queries take it. */
  readonly name: string;
  readonly type: string;
  readonly definition: JsonNode;
  /** The innermost nested object it lies in. */
  readonly nested?: string;
  /** Where its values lie in the document. */
  readonly source: Path;
}

/** `open`: the mapping lets documents hold values there that are not indexed. */
export type FieldInMapping =
  | MappedField
  | { readonly kind: "missing"; readonly open: false | "enabled: false" | "dynamic: false" | "flattened" };

/** How a matched column is searched in one index. */
export interface MatchField {
  readonly column: MatchColumn;
  readonly kind: "keyword" | "integer" | "boolean" | "id";
  readonly name: string;
  readonly nested?: string;
  readonly source: Path;
  /** Longer values are not in the index. */
  readonly ignoreAbove: number;
}

export interface Problem {
  readonly code: FailureCode;
  readonly column: string;
  readonly message: string;
}

const KEYWORDS: ReadonlySet<string> = new Set(["keyword", "wildcard"]);
const INTEGERS: ReadonlySet<string> = new Set(["long", "integer", "short", "byte", "unsigned_long"]);

/** The column's field, or why it cannot be searched exactly. */
export function matchField(index: ConcreteIndex, column: MatchColumn): MatchField | Problem {
  const problem = (code: FailureCode, what: string): Problem => ({
    code,
    column: column.column,
    message: `Index ${shown(index.name)}, field ${column.column}: ${what}.`,
  });
  if (column.column === "_id") {
    if (column.fold.length > 0 || column.type === "uuid")
      return problem(
        "NOT_SEARCHABLE",
        "document ids are compared exactly, and the identity's folds cannot be searched there",
      );
    return { column, kind: "id", name: "_id", source: parsePath("_id"), ignoreAbove: Infinity };
  }
  const name = fieldName(parsePath(column.column));
  if (isRuntime(index, name)) return problem("NOT_SEARCHABLE", "it is a runtime field, which documents do not hold");
  const field = fieldOf(index, parsePath(column.column));
  if (field.kind === "missing") {
    if (field.open !== false) return problem("NOT_SEARCHABLE", `it is stored but not indexed (${field.open})`);
    if (index.setting("index.mapping.total_fields.ignore_dynamic_beyond_limit") === "true")
      return problem(
        "NOT_SEARCHABLE",
        "it is not in the mapping, and this index drops fields beyond its limit from it",
      );
    return problem("COLUMN_MISSING", "there is no such field");
  }
  if (isCopied(index, field.name))
    return problem("NOT_SEARCHABLE", "it is filled by copy_to; match on the fields it is copied from");
  const hidden = notInSource(index, fieldName(field.source));
  if (hidden !== undefined) return problem("NOT_SEARCHABLE", `its values cannot be compared: ${hidden}`);
  if (INTEGERS.has(field.type)) {
    if (setting(field, "index") === "false") return problem("NOT_SEARCHABLE", "it is not indexed (index: false)");
    if (column.type !== "integer" && column.type !== "string" && column.type !== "edge")
      return problem("TYPE_MISMATCH", `it is ${field.type}, and the identity is ${column.type}`);
    return {
      column,
      kind: "integer",
      name: field.name,
      source: field.source,
      ignoreAbove: Infinity,
      ...nestedOf(field),
    };
  }
  // who is looked for is no truth value; a flag is
  if (field.type === "boolean" && column.type === "edge" && setting(field, "index") !== "false")
    return {
      column,
      kind: "boolean",
      name: field.name,
      source: field.source,
      ignoreAbove: Infinity,
      ...nestedOf(field),
    };
  if (field.type === "constant_keyword")
    return problem("NOT_SEARCHABLE", "it is one value for the whole index, which documents need not hold");
  const exact = KEYWORDS.has(field.type) ? field : keywordBelow(field, column);
  if (exact === undefined)
    return problem("NOT_SEARCHABLE", `it is ${field.type} without a keyword sub-field, and cannot be searched exactly`);
  if (setting(exact, "index") === "false") return problem("NOT_SEARCHABLE", "it is not indexed (index: false)");
  if (!normalizerFits(exact, column))
    return problem("NOT_SEARCHABLE", `its normalizer does not go with the identity's folds`);
  const ignoreAbove = setting(exact, "ignore_above") ?? index.setting("index.mapping.ignore_above");
  return {
    column,
    kind: "keyword",
    name: exact.name,
    source: field.source,
    ignoreAbove: ignoreAbove === undefined ? Infinity : Number(ignoreAbove),
    ...nestedOf(field),
  };
}

/** Those of a target's columns that can be searched in this index. */
export function searchable(index: ConcreteIndex, columns: readonly MatchColumn[]): MatchField[] {
  return columns.map((column) => matchField(index, column)).flatMap((field) => ("code" in field ? [] : [field]));
}

/** The field at a path, aliases and multi-fields resolved. */
export function fieldOf(index: ConcreteIndex, path: Path): FieldInMapping {
  const { names } = path;
  let open: false | "enabled: false" | "dynamic: false" | "flattened" = false;

  function within(
    object: JsonNode | undefined,
    from: number,
    nested: string | undefined,
    dynamic: boolean,
  ): MappedField | undefined {
    const here = textOf(at(object, "dynamic"));
    const grows = here === undefined ? dynamic : here !== "false" && here !== "runtime";
    for (let to = names.length; to > from; to -= 1) {
      const definition = at(object, "properties", names.slice(from, to).join("."));
      if (definition === undefined) continue;
      const name = names.slice(0, to).join(".");
      const type = textOf(at(definition, "type")) ?? "object";
      const inner = type === "nested" ? name : nested;
      if (to === names.length) return resolved(definition, type, name, inner);
      if (textOf(at(definition, "enabled")) === "false") open = "enabled: false";
      else if (type === "flattened" || type === "flat_object") open = "flattened";
      else if (type === "object" || type === "nested") return within(definition, to, inner, grows);
      else return below(definition, to, name, inner);
      return undefined;
    }
    if (!grows) open = "dynamic: false";
    return undefined;
  }

  function resolved(
    definition: JsonNode,
    type: string,
    name: string,
    nested: string | undefined,
  ): MappedField | undefined {
    const to = type === "alias" ? textOf(at(definition, "path")) : undefined;
    if (to !== undefined) {
      const aliased = fieldOf(index, parsePath(to));
      return aliased.kind === "field" ? aliased : undefined;
    }
    return { kind: "field", name, type, definition, source: path, ...(nested === undefined ? {} : { nested }) };
  }

  /** A multi-field that the data map names itself, `email.keyword`: its values are the parent's. */
  function below(
    parent: JsonNode,
    to: number,
    parentName: string,
    nested: string | undefined,
  ): MappedField | undefined {
    const definition = at(parent, "fields", names.slice(to).join("."));
    if (definition === undefined) return undefined;
    const source = parsePath(path.text.split(".").slice(0, to).join("."));
    return {
      kind: "field",
      name: `${parentName}.${names.slice(to).join(".")}`,
      type: textOf(at(definition, "type")) ?? "object",
      definition,
      source,
      ...(nested === undefined ? {} : { nested }),
    };
  }

  return within(index.mapping, 0, undefined, true) ?? { kind: "missing", open };
}

/** What the mapping does with a new field there: its nearest `dynamic`, as it is written. */
export function growthOf({ mapping }: ConcreteIndex, { names }: Path): string {
  let object = mapping;
  let growth = textOf(at(mapping, "dynamic")) ?? "true";
  for (let from = 0; from < names.length;) {
    const properties = at(object, "properties");
    const to = Array.from({ length: names.length - from }, (_, more) => names.length - more).find(
      (end) => at(properties, names.slice(from, end).join(".")) !== undefined,
    );
    if (to === undefined) break;
    object = at(properties, names.slice(from, to).join("."));
    growth = textOf(at(object, "dynamic")) ?? growth;
    from = to;
  }
  return growth;
}

/** Why a value of this field is not, or not as it was given, in the stored document. */
export function notInSource(index: ConcreteIndex, name: string): string | undefined {
  const source = at(index.mapping, "_source");
  if (textOf(at(source, "enabled")) === "false" || sourceMode(index) === "disabled") return "_source is disabled";
  const covers = (pattern: JsonNode) => {
    const glob = (textOf(pattern) ?? "").replace(/[.*+?^${}()|[\]\\]/gu, (char) => (char === "*" ? ".*" : `\\${char}`));
    return new RegExp(`^(?:${glob})(?:\\..*)?$`, "u").test(name);
  };
  const includes = itemsOf(at(source, "includes"));
  if (itemsOf(at(source, "excludes")).some(covers)) return "it is excluded from _source";
  if (includes.length > 0 && !includes.some(covers)) return "it is not included in _source";
  return undefined;
}

/** Why a document of this index cannot be written again in whole: part of it is not stored. */
export function notRewritable(index: ConcreteIndex): string | undefined {
  const source = at(index.mapping, "_source");
  if (textOf(at(source, "enabled")) === "false" || sourceMode(index) === "disabled") return "_source is disabled";
  if (itemsOf(at(source, "includes")).length + itemsOf(at(source, "excludes")).length > 0)
    return "_source leaves out fields";
  return sourceMode(index) === "synthetic" ? "_source is synthetic" : undefined;
}

function sourceMode(index: ConcreteIndex): string {
  const mode = textOf(at(index.mapping, "_source", "mode")) ?? index.setting("index.mapping.source.mode");
  const synthetic = index.setting("index.mode") === "logsdb" || index.setting("index.mode") === "time_series";
  return (mode ?? (synthetic ? "synthetic" : "stored")).toLowerCase();
}

function setting(field: MappedField, name: string): string | undefined {
  return textOf(at(field.definition, name));
}

function nestedOf({ nested }: MappedField): { nested?: string } {
  return nested === undefined ? {} : { nested };
}

/** The best keyword sub-field: indexed, its normalizer no obstacle, with the most room. */
function keywordBelow(field: MappedField, column: MatchColumn): MappedField | undefined {
  const room = (candidate: MappedField) => Number(setting(candidate, "ignore_above") ?? Infinity);
  return membersOf(at(field.definition, "fields"))
    .map(({ key, value }): MappedField => ({
      ...field,
      name: `${field.name}.${key}`,
      type: textOf(at(value, "type")) ?? "object",
      definition: value,
    }))
    .filter(
      (candidate) =>
        KEYWORDS.has(candidate.type) && setting(candidate, "index") !== "false" && normalizerFits(candidate, column),
    )
    .toSorted((a, b) => room(b) - room(a))[0];
}

/** An exact search finds whatever the normalizer makes of equal values; a wider one only where it does no more than lower the case. */
function normalizerFits(field: MappedField, column: MatchColumn): boolean {
  const normalizer = setting(field, "normalizer");
  return normalizer === undefined || normalizer === "lowercase" || (column.fold.length === 0 && column.type !== "uuid");
}

/** Computed at each search, and in no document. */
export function isRuntime(index: ConcreteIndex, name: string): boolean {
  return at(index.mapping, "runtime", name) !== undefined;
}

export function isCopied(index: ConcreteIndex, name: string): boolean {
  return copyTargets(index).has(name);
}

/** Full names of the fields that others are copied to. */
function copyTargets(index: ConcreteIndex): ReadonlySet<string> {
  const targets = new Set<string>();
  const visit = (object: JsonNode | undefined) => {
    for (const { value } of membersOf(at(object, "properties"))) {
      const copy = at(value, "copy_to");
      for (const name of copy?.kind === "array" ? copy.items.map(textOf) : [textOf(copy)])
        if (name !== undefined) targets.add(name);
      visit(value);
    }
  };
  visit(index.mapping);
  return targets;
}

/** Types of fields that hold numbers, as mappings name them. */
export const NUMBER_TYPES: ReadonlySet<string> = new Set([
  "long",
  "integer",
  "short",
  "byte",
  "unsigned_long",
  "double",
  "float",
  "half_float",
  "scaled_float",
]);
