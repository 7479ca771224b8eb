/** The statement that finds rows by people's values. */
import type { Lookup } from "../../src/model/search.ts";
import { castTo, canBe, folded, isAscii, isCitext, pathTexts, spellings, textOf } from "./columns.ts";
import { spelledAs } from "./edges.ts";
import { keyRows, sameKey } from "./keys.ts";
import { comparableIn, type MatchRef, type Resolved, stateTexts, valuesFor } from "./resolved.ts";
import { type Binder, equal, EQUALS, qualified, quoted } from "./sql.ts";
import { whereTexts } from "./where.ts";

/** Where to look, the whole table or some rows of it: SQL after FROM, with the table as `t`. */
export type SearchIn = (bound: Binder) => string;

export function wholeTable({ table }: Resolved): SearchIn {
  return () => `${qualified(table.schema, table.name)} AS t`;
}

/** The rows of these keys. */
export function byKey({ table, key }: Resolved, keys: readonly string[]): SearchIn {
  return (bound) =>
    `${keyRows(key, keys, bound, "k")} JOIN ${qualified(table.schema, table.name)} AS t ON ${sameKey(key, "t", "k")}`;
}

/**
 * Rows `c0 … (what stateTexts select), s (number of the lookup), h (JSON array: by matched column the text that
 * matched)`, those of one row one after the other. Undefined where no value can match.
 */
export function searchText(
  resolved: Resolved,
  lookups: readonly Lookup[],
  bound: Binder,
  where: SearchIn,
): string | undefined {
  const { matches, target, key } = resolved;
  const from = where(bound);
  const selected = stateTexts(resolved, "t");
  const select = (lookup: string, hits: readonly string[]) =>
    [
      ...selected.map((text, at) => `${text} AS c${at}`),
      `${lookup}::text AS s`,
      `pg_catalog.to_json(ARRAY[${hits.map((hit) => `${hit}::text`).join(", ")}]::text[])::text AS h`,
      ...key.parts.map((part, at) => `${part.sql("t")} AS o${at}`),
    ].join(", ");
  const filters = whereTexts(resolved.where, bound);
  const branch = (used: readonly number[], also: (first: number) => readonly string[]) => {
    const joins = used.map((at) => joinText(resolved, at, lookups, bound));
    if (joins.includes(undefined)) return undefined;
    const [first = 0, ...rest] = used;
    const conditions = [...rest.map((at) => `l${at}.s = l${first}.s`), ...also(first), ...filters];
    const hits = matches.map((_, at) => (used.includes(at) ? `h${at}.v` : "NULL"));
    return `SELECT ${select(`l${first}.s`, hits)} FROM ${from} ${joins.join(" ")}${conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`}`;
  };
  const all = matches.map((_, at) => at);
  const branches =
    target.record.match.mode === "all"
      ? [branch(all, (first) => tupleTexts(resolved, lookups, first, bound))]
      : all.map((at) => branch([at], () => []));
  const used = branches.filter((text) => text !== undefined);
  if (used.length === 0) return undefined;
  const columns = [...selected.map((_, at) => `c${at}`), "s", "h"].map((name) => `q.${name}`);
  return `SELECT ${columns.join(", ")} FROM (${used.join(" UNION ALL ")}) AS q ORDER BY ${key.parts.map((_, at) => `q.o${at}`).join(", ")}, q.s, q.h`;
}

/** A value of a lookup as it is bound; none where it can be no value of the column. */
function spelledFor(ref: MatchRef, value: string): readonly string[] {
  const { type, source, by, folds, match } = ref;
  if (match.type === "edge" && type !== undefined && by !== "text") {
    const spelled = spelledAs(value, type, source === "other" ? undefined : source);
    return spelled === undefined ? [] : [spelled];
  }
  if (type === undefined || by === "text" ? value.includes("\0") : !canBe(value, type)) return [];
  return by === "text" ? spellings(comparableIn(ref, value), folds) : [comparableIn(ref, value)];
}

/** How a stored value is read: laterals that lead to it, the value (as `h.v` where there are several, as `h.n` of a document), and its text. */
function storedValue(ref: MatchRef, at: number, bound: Binder): { readonly laterals: string; readonly value: string } {
  const stored = `t.${quoted(ref.column.name)}`;
  if (ref.path !== undefined) {
    const { laterals, value } = pathTexts(ref, `j${at}`, bound);
    const text = `(${value} #>> '{}')`;
    // 1.0 is the number 1; a text that reads so is another text
    const number = `pg_catalog.${ref.column.type.name}_typeof(${value}) = 'number' AND ${text} ~ '^-?[0-9]{1,100}[.][0-9]{1,100}$'`;
    const compared = `CASE WHEN ${number} THEN pg_catalog.trim_scale(${text}::numeric)::text ELSE ${text} END`;
    return {
      laterals: `${laterals} CROSS JOIN LATERAL (SELECT ${text} AS v, ${compared} AS n) AS h${at}`,
      value: `h${at}.n`,
    };
  }
  if (ref.separator !== undefined) {
    const pieces = `pg_catalog.string_to_array(${stored}::text, ${bound.bind(ref.separator)})`;
    return { laterals: `CROSS JOIN LATERAL pg_catalog.unnest(${pieces}) AS h${at} (v)`, value: `h${at}.v` };
  }
  if (ref.column.shape === "array")
    return { laterals: `CROSS JOIN LATERAL pg_catalog.unnest(${stored}) AS h${at} (v)`, value: `h${at}.v` };
  return { laterals: "", value: stored };
}

/** SQL: a stored value equals a bound one. */
function sameText(ref: MatchRef, { server }: Resolved, value: string, bound: string, allLetters: boolean): string {
  const { type, by, folds } = ref;
  if (type !== undefined && by === "typed") return equal(value, type.equals, bound);
  if (type?.name === "bpchar" && folds.length === 0) return equal(value, type.equals, bound);
  if (type !== undefined && by === "exact")
    return equal(textOf(value, type), EQUALS, `${bound}${collationOf(ref, allLetters)}`);
  const text = type !== undefined && (type.name === "name" || isCitext(type)) ? `${value}::text` : value;
  return equal(folded(text, folds, server, allLetters), EQUALS, `${bound}${collationOf(ref, allLetters)}`);
}

function collationOf({ column, path, folds }: MatchRef, allLetters: boolean): string {
  return !(allLetters && folds.includes("lowercase")) && path === undefined && column.collation !== ""
    ? ` COLLATE ${column.collation}`
    : "";
}

/** What a list of bound texts is cast to. As char(n) an index on the column serves. */
function castOf({ type, by, folds }: MatchRef): string {
  return type !== undefined && (by === "typed" || (type.name === "bpchar" && folds.length === 0))
    ? `::${castTo(type)}[]`
    : "";
}

function needsAllLetters({ column }: MatchRef, { server }: Resolved, values: readonly string[]): boolean {
  return column.asciiOnly && server.lowerCollation !== "" && values.some((value) => !isAscii(value));
}

/** Joins `t` with the values `l<at> (v, s)` of one matched column; `h<at> (v)` is the text that matched. */
function joinText(resolved: Resolved, at: number, lookups: readonly Lookup[], bound: Binder): string | undefined {
  const ref = resolved.matches[at];
  if (ref === undefined) return undefined;
  const values: string[] = [];
  const numbers: string[] = [];
  for (const [number, lookup] of lookups.entries()) {
    for (const value of valuesFor(lookup, ref.match.column)) {
      for (const spelled of spelledFor(ref, value)) {
        values.push(spelled);
        numbers.push(String(number));
      }
    }
  }
  if (values.length === 0) return undefined;
  const array = `${bound.bind(values)}::text[]${castOf(ref)}`;
  const rows = `ROWS FROM (pg_catalog.unnest(${array}), pg_catalog.unnest(${bound.bind(numbers)}::text[]::int4[])) AS l${at} (v, s)`;
  const { laterals, value } = storedValue(ref, at, bound);
  const same = sameText(ref, resolved, value, `l${at}.v`, needsAllLetters(ref, resolved, values));
  if (laterals === "")
    return `JOIN ${rows} ON ${same} CROSS JOIN LATERAL (SELECT ${textOf(value, ref.column.type)} AS v) AS h${at}`;
  return `${laterals} JOIN ${rows} ON ${same}${overlapText(ref, array)}`;
}

/** Says of an array once more, in words that an index on it understands, that it holds one of these values. */
function overlapText({ column, type, by, folds, path, separator }: MatchRef, array: string): string {
  if (
    column.shape !== "array" ||
    path !== undefined ||
    separator !== undefined ||
    type === undefined ||
    folds.length > 0 ||
    by === "exact"
  )
    return "";
  return ` AND t.${quoted(column.name)} OPERATOR(pg_catalog.&&) ${array}::${castTo(column.type)}`;
}

/** Columns that come from one row of a parent: the values that stand together there, and no others. */
function tupleTexts(resolved: Resolved, lookups: readonly Lookup[], first: number, bound: Binder): readonly string[] {
  const groups = Map.groupBy(
    lookups.flatMap(({ tuples = [] }, number) => tuples.map((group) => ({ group, number }))),
    ({ group }) => JSON.stringify(group.columns),
  );
  return [...groups.values()].map((members) => {
    const columns = members[0]?.group.columns ?? [];
    const refs = columns.map((name) => resolved.matches.findIndex(({ match }) => match.column === name));
    const rows = members.flatMap(({ group, number }) =>
      group.rows.flatMap((row) => spelledRows(resolved, refs, row).map((spelled) => ({ spelled, number }))),
    );
    const lists = refs.map((_, at) => rows.map(({ spelled }) => spelled[at] ?? ""));
    const arrays = refs.map((at, index) => `${bound.bind(lists[index] ?? [])}::text[]${castIn(resolved, at)}`);
    const numbers = `${bound.bind(rows.map(({ number }) => String(number)))}::text[]::int4[]`;
    const same = refs.flatMap((at, index) => {
      const ref = resolved.matches[at];
      if (ref === undefined) return ["false"];
      return [
        sameText(
          ref,
          resolved,
          isPlain(ref) ? `t.${quoted(ref.column.name)}` : `h${at}.${ref.path === undefined ? "v" : "n"}`,
          `g.v${index}`,
          needsAllLetters(ref, resolved, lists[index] ?? []),
        ),
      ];
    });
    const from = `ROWS FROM (${[...arrays, numbers].map((array) => `pg_catalog.unnest(${array})`).join(", ")}) AS g (${[...refs.map((_, index) => `v${index}`), "s"].join(", ")})`;
    const exists = `EXISTS (SELECT FROM ${from} WHERE g.s = l${first}.s AND ${same.join(" AND ")})`;
    const without = lookups.flatMap((_, number) =>
      members.some((member) => member.number === number) ? [] : [String(number)],
    );
    return without.length === 0 ? exists : `(l${first}.s = ANY (${bound.bind(without)}::text[]::int4[]) OR ${exists})`;
  });
}

function isPlain({ column, path, separator }: MatchRef): boolean {
  return column.shape === "scalar" && path === undefined && separator === undefined;
}

function castIn({ matches }: Resolved, at: number): string {
  const ref = matches[at];
  return ref === undefined ? "" : castOf(ref);
}

/** Every spelling of a row of values; none where one of them can be no value of its column. */
function spelledRows(
  { matches }: Resolved,
  refs: readonly number[],
  row: readonly string[],
): readonly (readonly string[])[] {
  return refs.reduce<readonly (readonly string[])[]>(
    (rows, at, index) => {
      const ref = matches[at];
      const spelled = ref === undefined ? [] : spelledFor(ref, row[index] ?? "");
      return rows.flatMap((one) => spelled.map((value) => [...one, value]));
    },
    [[]],
  );
}
