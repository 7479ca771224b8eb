/**
 * Whose a document is, and which of the values in it are whose. Values that stand in one array belong together where they
 * stand in the same element of it, and only there.
 */
import type { Lookup, MatchColumn } from "../model/search.ts";
import { textOf, type JsonNode, type JsonScalar } from "./json-text.ts";
import { isAtOrAbove, parsePath, type Elements, type Occurrence, type Path } from "./path.ts";

/** A matched column as a document has it. */
export interface DocumentColumn {
  readonly column: MatchColumn;
  /** Where its values stand. */
  readonly path: Path;
  /** The text by which a value that stands there, or one that is asked for, is compared. */
  comparable(text: string): string;
  /** The same of a value that stands there, where the store reads more into it than into one that is asked for. */
  stored?(text: string): string;
}

/** A constant that narrows the match. */
export interface Filter {
  readonly path: Path;
  passes(node: JsonScalar): boolean;
}

/** How documents of one shape are matched. */
export interface Matching<Document> {
  readonly columns: readonly DocumentColumn[];
  readonly mode: "any" | "all";
  readonly where: readonly Filter[];
  /** Every value under the path, an array at its end walked through. */
  read(document: Document, path: Path): readonly Occurrence[];
}

/** A value of a matched column, where it stands. */
export interface Hit {
  readonly column: DocumentColumn;
  /** As it compares. */
  readonly text: string;
  readonly node: JsonNode;
  readonly elements: Elements;
}

/** One way in which a document matches: by one column, or (mode `all`) by one value of every column. */
type Way = readonly Hit[];

export interface Matched {
  /** Ascending. */
  readonly subjects: readonly number[];
  /** The values that are these people's. */
  readonly hits: readonly Hit[];
  /** Others stand in an array that it was matched through. */
  readonly shared: boolean;
}

/** Looks at one document; `only`: as if nobody else had been asked for. Undefined: it is nobody's of them. */
export type Finder<Document> = (document: Document, only?: readonly number[]) => Matched | undefined;

/** Serves any number of documents and people: a hash look-up for each value. */
export function finder<Document>(matching: Matching<Document>, lookups: readonly Lookup[]): Finder<Document> {
  const asked = new Asked(matching, lookups);
  return (document, only) => {
    const all = waysIn(matching, document, (column, text) => asked.knows(column, text));
    const subjects = new Set<number>();
    const hits = new Set<Hit>();
    for (const way of all) {
      const of = asked.subjectsOf(way).filter((subject) => only?.includes(subject) ?? true);
      for (const subject of of) subjects.add(subject);
      if (of.length > 0) for (const hit of way) hits.add(hit);
    }
    if (subjects.size === 0) return undefined;
    const mine = [...hits];
    return {
      subjects: [...subjects].toSorted((a, b) => a - b),
      hits: mine,
      shared: isShared(matching, document, mine),
    };
  };
}

/** Every value of the matched columns, as if all were the person's: for where nobody says whose they are. */
export function everyHit<Document>(matching: Matching<Document>, document: Document): readonly Hit[] {
  return matching.columns.flatMap((column) => hitsOf(matching, document, column));
}

/** The lookups by value. Values of two lookups never make one match together. */
class Asked {
  readonly #lookups: readonly Lookup[];
  readonly #tables: ReadonlyMap<DocumentColumn, ReadonlyMap<string, ReadonlySet<number>>>;
  readonly #tuples: readonly (readonly { readonly columns: readonly string[]; readonly rows: ReadonlySet<string> }[])[];

  constructor({ columns, mode }: Matching<never>, lookups: readonly Lookup[]) {
    this.#lookups = lookups;
    const tables = new Map(columns.map((column) => [column, new Map<string, Set<number>>()]));
    for (const [at, { values }] of lookups.entries()) {
      if (mode === "all" && columns.some(({ column }) => valuesOf(values, column.column).length === 0)) continue;
      for (const [column, table] of tables) {
        for (const value of valuesOf(values, column.column.column)) {
          const text = column.comparable(value);
          table.set(text, (table.get(text) ?? new Set()).add(at));
        }
      }
    }
    this.#tables = tables;
    this.#tuples = lookups.map(({ tuples = [] }) =>
      tuples.map((tuple) => ({
        columns: tuple.columns,
        rows: new Set(
          tuple.rows.map((row) =>
            rowText(
              row.map(
                (value, at) =>
                  columns.find(({ column }) => column.column === tuple.columns[at])?.comparable(value) ?? value,
              ),
            ),
          ),
        ),
      })),
    );
  }

  knows(column: DocumentColumn, text: string): boolean {
    return this.#tables.get(column)?.has(text) === true;
  }

  /** The people of whom one lookup has every value of the way, and has those together that must be. */
  subjectsOf(way: Way): readonly number[] {
    const lookups = way
      .map(({ column, text }) => this.#tables.get(column)?.get(text) ?? new Set<number>())
      .reduce((left, right) => left.intersection(right), new Set(this.#lookups.keys()));
    return [...lookups].filter((at) => this.#standTogether(way, at)).flatMap((at) => this.#lookups[at]?.subject ?? []);
  }

  #standTogether(way: Way, at: number): boolean {
    return (this.#tuples[at] ?? []).every(({ columns, rows }) => {
      const texts = columns.map((name) => way.find(({ column }) => column.column.column === name)?.text);
      return texts.every((text) => text !== undefined) && rows.has(rowText(texts));
    });
  }
}

function valuesOf(values: Lookup["values"], column: string): readonly string[] {
  return Object.hasOwn(values, column) ? (values[column] ?? []) : [];
}

function rowText(texts: readonly string[]): string {
  return JSON.stringify(texts);
}

function waysIn<Document>(
  matching: Matching<Document>,
  document: Document,
  accept: (column: DocumentColumn, text: string) => boolean,
): readonly Way[] {
  const hits = matching.columns.map((column) =>
    hitsOf(matching, document, column).filter(({ text }) => accept(column, text)),
  );
  let ways: Way[];
  if (matching.mode === "any") ways = hits.flat().map((hit) => [hit]);
  else {
    ways = [[]];
    for (const some of hits)
      ways = ways.flatMap((way) =>
        some
          .filter((hit) => way.every((other) => standTogether(hit.elements, other.elements)))
          .map((hit) => [...way, hit]),
      );
    ways = ways.filter((way) => way.length > 0);
  }
  if (ways.length === 0 || matching.where.length === 0) return ways;
  const constants = matching.where.map(({ path, passes }) =>
    matching.read(document, path).filter(({ node }) => node.kind === "scalar" && passes(node)),
  );
  return ways.filter((way) =>
    constants.every((some) => some.some(({ elements }) => way.every((hit) => standTogether(hit.elements, elements)))),
  );
}

function hitsOf<Document>(matching: Matching<Document>, document: Document, column: DocumentColumn): readonly Hit[] {
  return matching.read(document, column.path).flatMap(({ node, elements }) => {
    const text = textOf(node);
    return text === undefined
      ? []
      : [{ column, text: column.stored?.(text) ?? column.comparable(text), node, elements }];
  });
}

/** Where both lie in an array of one name, they lie in the same element of it. */
function standTogether(left: Elements, right: Elements): boolean {
  return [...left].every(([name, element]) => !right.has(name) || right.get(name) === element);
}

/**
 * An array that one of these came through has an element that holds none of these: somebody else's value, or an object of
 * which nothing says whose it is.
 */
function isShared<Document>(matching: Matching<Document>, document: Document, hits: readonly Hit[]): boolean {
  const arrays = new Set(hits.flatMap(({ elements }) => [...elements.keys()]));
  if (arrays.size === 0) return false;
  const mine = new Set(hits.flatMap(({ elements }) => [...elements.values()]));
  const innermost = new Set(hits.flatMap(({ elements }) => [...elements.keys()].at(-1) ?? []));
  for (const array of innermost)
    if (matching.read(document, parsePath(`${array}[]`)).some(({ node }) => !mine.has(node) && maySaySomebody(node)))
      return true;
  return everyHit(matching, document).some(({ text, elements }) => {
    const deepest = [...elements].findLast(([name]) => arrays.has(name));
    return text.trim() !== "" && deepest !== undefined && !mine.has(deepest[1]);
  });
}

/** A lone value is judged by what it says; what has members or elements may be somebody, where one of them says anything. */
function maySaySomebody(node: JsonNode): boolean {
  return node.kind !== "scalar" && saysAnything(node);
}

function saysAnything(node: JsonNode): boolean {
  if (node.kind === "scalar") return node.type !== "null" && node.text.trim() !== "";
  return node.kind === "object" ? node.members.some(({ value }) => saysAnything(value)) : node.items.some(saysAnything);
}

/**
 * Which of the values under a rule's path are this person's: those that are, or hold, one of these hits, where a matched
 * column lies at or below the path; else those in the same element of an array that a matched column goes through; else all.
 */
export function ownOf(
  path: Path,
  found: readonly Occurrence[],
  { columns, mode }: Pick<Matching<never>, "columns" | "mode">,
  hits: readonly Hit[],
): Occurrence[] {
  if (columns.some((column) => isAtOrAbove(path, column.path)))
    return found.filter(({ node, parts = [node] }) => hits.some((hit) => parts.some((part) => holds(part, hit.node))));
  return found.filter(({ elements }) => {
    const said = columns.flatMap((column) => {
      const shared = [...elements].findLast(([name]) => goesThrough(column.path, name));
      return shared === undefined
        ? []
        : [hits.some((hit) => hit.column === column && hit.elements.get(shared[0]) === shared[1])];
    });
    return said.length === 0 || (mode === "all" ? said.every(Boolean) : said.some(Boolean));
  });
}

function holds(outer: JsonNode, inner: JsonNode): boolean {
  return inner === outer || (inner.start >= outer.start && inner.end <= outer.end && inner.end > inner.start);
}

/** Whether the path leads into the array of this name. */
function goesThrough({ names }: Path, array: string): boolean {
  const plain = array.replace(/(?:\[\])+$/u, "");
  const path = names.join(".");
  return path === plain || path.startsWith(`${plain}.`);
}
