/**
 * Identifiers inside longer values of a matched field (`a@x ::: b@y`): no exact search finds them, nothing is done to
 * them, and that is said.
 */
import { Failure } from "../../src/errors.ts";
import type { MatchColumn, Lookup, Target } from "../../src/model/search.ts";
import { comparable } from "../../src/model/fold.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { IO } from "../../src/port/connector.ts";
import { textOf } from "../../src/documents/json-text.ts";
import type { Api } from "./api.ts";
import type { Dialect } from "./dialect.ts";
import { keyOf, neededNames, valuesAt, type Shape } from "./document.ts";
import type { ConcreteIndex } from "./indices.ts";
import type { MatchField } from "./mapping.ts";
import { inNested, patternOf } from "./query.ts";
import { searchAll } from "./search.ts";
import { shown } from "../../src/model/shown.ts";

/** More patterns than these cost the server more than one look at every value that has something between its parts. */
const PATTERNS = 20;
/** A shorter text stands in too many values to say anything. */
const TELLING = 8;
/** What stands beside an identifier where it is one of several in a text. `-`, `.`, `_`, `@` and the like may be parts of another one. */
const APART = String.raw`[\s,;:|<>"'()\[\]{}/\\=&]`;

/** Any value with such a sign in it, as the server's regular expressions write it: other white space than a blank stands for itself. */
const SEVERAL = `.*[ \t\r\n\u00a0,;:|<>"'()\\[\\]{}/\\\\=&].*`;

/** Reports how many documents of one index hold such a value. `goes`: keys of documents that are deleted whole anyway. */
export async function reportEmbedded(
  io: IO,
  api: Api,
  dialect: Dialect,
  target: Target,
  index: ConcreteIndex,
  shape: Shape,
  columns: readonly MatchField[],
  lookups: readonly Lookup[],
  goes: ReadonlySet<string>,
): Promise<void> {
  for (const field of columns) {
    const { column } = field;
    const values = field.kind === "keyword" ? valuesOf(column, lookups) : [];
    if (values.length === 0) continue;
    const found = new Set<string>();
    const isEmbedded = embeddedTest(column, values);
    const queries = [queryFor(field, values)];
    const where = `index ${shown(index.name)}, field ${column.column}`;
    const gap = { code: "GAP", severity: "warning", record: target.record.id, column: column.column } as const;
    try {
      for await (const document of searchAll(api, dialect, index.name, queries, neededNames(shape))) {
        const key = keyOf(document);
        const texts = valuesAt(document, field.source, { leaves: true }).flatMap(({ node }) => textOf(node) ?? []);
        if (!goes.has(key) && texts.some(isEmbedded)) found.add(key);
      }
    } catch (error) {
      // search.allow_expensive_queries: false
      if (!(error instanceof Failure) || error.code !== "NOT_SEARCHABLE") throw error;
      const message = `Index ${shown(index.name)}, field ${column.column}: the server refuses to look for identifiers inside longer values.`;
      io.report({ ...gap, message, gap: { where, holdsIdentifier: false } });
      continue;
    }
    if (found.size === 0) continue;
    io.report({
      ...gap,
      message: `Index ${shown(index.name)}, field ${column.column}: ${found.size === 1 ? "1 document holds" : `${found.size} documents hold`} an identifier inside a longer value, which no exact search finds.`,
      help: "Look at them by hand; keep one value in a field, or several as an array.",
      gap: { where, holdsIdentifier: true },
    });
  }
}

function valuesOf({ column, type }: MatchColumn, lookups: readonly Lookup[]): string[] {
  if (type === "edge" || type === "integer") return [];
  return [...new Set(lookups.flatMap(({ values }) => values[column] ?? []))].filter(
    (value) => value.length >= TELLING || value.includes("@"),
  );
}

/** A longer value may be too long for the index: then the document says that something of it is not there. */
function queryFor(field: MatchField, values: readonly string[]): JsonObject {
  const { fold, type } = field.column;
  const lower = fold.includes("lowercase") || type === "uuid";
  const how = { nfc: fold.includes("nfc"), trim: false, e164: fold.includes("e164"), lower };
  const should = values.map((value): JsonObject => {
    const pattern = `*${patternOf(value, how)}*`.replace(/(?<!\\)\*{2,}/gu, "*");
    return { wildcard: { [field.name]: { value: pattern, ...(lower ? { case_insensitive: true } : {}) } } };
  });
  const several: JsonObject = { regexp: { [field.name]: { value: SEVERAL, flags: "NONE" } } };
  const inside = inNested(field, values.length > PATTERNS ? several : { bool: { minimum_should_match: 1, should } });
  return field.ignoreAbove === Infinity
    ? inside
    : { bool: { minimum_should_match: 1, should: [inside, { term: { _ignored: { value: field.name } } }] } };
}

function embeddedTest({ type, fold }: MatchColumn, values: readonly string[]): (text: string) => boolean {
  const wanted = values.map((value) => comparable(value, type, fold));
  const tests = wanted.map(
    (value) =>
      new RegExp(`(?:^|${APART})${value.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`)}(?:$|${APART})`, "u"),
  );
  return (text) => {
    const plain = comparable(text, type, fold);
    return wanted.some((value, at) => plain !== value && plain.includes(value) && tests[at]?.test(plain) === true);
  };
}
