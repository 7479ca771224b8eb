/** What can be read off a trigger function's source. A reading, not a parser: it may see a write that is none, so what it finds is resolved in the catalog. */
export interface SourceFacts {
  readonly writes: readonly Write[];
  /** Names followed by a bracket: perhaps functions of the database. */
  readonly calls: readonly string[];
  /** Builds a statement at run time whose table the source does not show. */
  readonly dynamic: boolean;
  readonly readsOld: boolean;
  /** What it returns, in lower case: `old`, `new`, `null`, or something else. */
  readonly returns: readonly string[];
}

export interface Write {
  readonly verb: "insert" | "update" | "delete";
  readonly schema?: string;
  readonly table: string;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`;
const WRITES = new RegExp(
  String.raw`\b(insert\s+into|delete\s+from|update|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?(${NAME})(?:\s*\.\s*(${NAME}))?`,
  "giu",
);
const CALLS = new RegExp(String.raw`(?:(${NAME})\s*\.\s*)?(${NAME})\s*\(`, "giu");
/** What is run is more than one text, or its table is put in later. */
const HIDDEN =
  /\bexecute\s+(?!function\b|procedure\b|'(?:[^']|'')*'\s*(?:;|using\b|into\b))|\b(?:insert\s+into|delete\s+from|update|truncate|merge\s+into)\s+(?:'|%|\|\|)/iu;
const RETURNS = /\breturn\s+([^;]*);/giu;

export function readSource(source: string): SourceFacts {
  const text = withoutComments(source);
  return {
    writes: [...text.matchAll(WRITES)].flatMap(([, verb = "", first = "", second]): Write[] => {
      const table = unquoted(second ?? first);
      return [{ verb: verbOf(verb), table, ...(second === undefined ? {} : { schema: unquoted(first) }) }];
    }),
    calls: [...new Set([...text.matchAll(CALLS)].map(([, , name = ""]) => unquoted(name)))],
    dynamic: /\bexecute\b/iu.test(text) && HIDDEN.test(text),
    readsOld: /\bold\b/iu.test(text),
    returns: [...text.matchAll(RETURNS)].map(([, value = ""]) => value.trim().toLowerCase()),
  };
}

const READS = new RegExp(String.raw`\b(?:from|join)\s+(?:only\s+)?(${NAME})(?:\s*\.\s*(${NAME}))?`, "giu");

/** What stands behind FROM and JOIN: tables, and what only looks so. */
export function tablesReadIn(source: string): readonly { readonly schema?: string; readonly table: string }[] {
  return [...withoutComments(source).matchAll(READS)].map(([, first = "", second]) => ({
    table: unquoted(second ?? first),
    ...(second === undefined ? {} : { schema: unquoted(first) }),
  }));
}

/** Columns of the new row that a trigger's function assigns: `NEW.updated_at := now();`. */
export function assignedIn(source: string): readonly string[] {
  const text = withoutComments(source);
  const found = [...text.matchAll(ASSIGNS)].map(([, name = ""]) => unquoted(name));
  return [...new Set(found)];
}

const ASSIGNS = new RegExp(String.raw`(?<=;|\b(?:begin|then|else|loop)\b)\s*new\s*\.\s*(${NAME})\s*:?=`, "giu");

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//gu, " ").replace(/--[^\n]*/gu, " ");
}

function verbOf(words: string): Write["verb"] {
  const word = words.toLowerCase();
  return word.startsWith("insert") || word.startsWith("merge") ? "insert" : word === "update" ? "update" : "delete";
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}
