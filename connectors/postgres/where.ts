/** `where` of a record type or condition: literal values, compared as the column's own type compares them. */
import type { Where } from "../../src/model/datamap.ts";
import type { ColumnType, Table } from "./catalog.ts";
import { castTo, comparison, isCitext, isNumeric, jsonbText, pathTexts, type Ref, textOf } from "./columns.ts";
import { attempt } from "./session.ts";
import { type Binder, equal, quoted } from "./sql.ts";
import type { Session } from "./transaction.ts";

export interface WhereRef extends Ref {
  /** As they are bound: `2024-03-01T00:30` of a timestamptz is UTC, as everything that is read of one. */
  readonly values: readonly string[];
  /** A value is none of the column's type. */
  readonly refused: boolean;
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;
const CIVIL = /^\d{4,6}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$/u;
const OFFSET = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/u;

export async function whereRefs(
  session: Session,
  where: Where,
  ref: (name: string) => Ref,
): Promise<readonly WhereRef[]> {
  const refs: WhereRef[] = [];
  for (const [name, wanted] of Object.entries(where)) {
    const one = ref(name);
    const type = typeOf(one);
    const values = type === undefined ? wanted : wanted.map((value) => spelled(value, type));
    const known = values.filter((value) => value !== undefined);
    refs.push({
      ...one,
      values: known,
      refused: known.length < values.length || !(await areTaken(session, one, type, known)),
    });
  }
  return refs;
}

/** What to say of each column whose values cannot be compared. Bears no value. */
export function refusedWhere(
  table: Table,
  where: readonly WhereRef[],
): readonly { readonly column: string; readonly message: string; readonly help: string }[] {
  return where.flatMap(({ name, column, path, refused }) => {
    if (!refused) return [];
    const holds =
      path === undefined
        ? `is ${column.declared}, which is never one of the values`
        : "is compared with a number that is too long, one of the values";
    const help = "Correct the value under `where` in the data map; dates are written as in 2026-11-21.";
    return [
      { column: column.name, message: `${name} of table ${table.shown} ${holds} that a condition asks for`, help },
    ];
  });
}

/** SQL on `t`: the row has one of the values in each of the columns. */
export function whereTexts(where: readonly WhereRef[], bound: Binder): string[] {
  return where.map((ref, at) => {
    const stored = `t.${quoted(ref.column.name)}`;
    const texts = () => `ANY (${bound.bind(ref.values)}::text[])`;
    if (ref.path !== undefined) {
      const { laterals, value } = pathTexts(ref, `w${at}`, bound);
      const text = `(${value} #>> '{}')`;
      const numbers = `ANY (${bound.bind(numbersOf(ref.values))}::text[]::numeric[])`;
      return `EXISTS (SELECT FROM (SELECT 1) AS one ${laterals} WHERE CASE WHEN pg_catalog.${ref.column.type.name}_typeof(${value}) = 'number' AND ${isNumeric(text)} THEN ${text}::numeric = ${numbers} ELSE ${text} = ${texts()} END)`;
    }
    if (ref.separator !== undefined)
      return `EXISTS (SELECT FROM pg_catalog.unnest(pg_catalog.string_to_array(${stored}::text, ${bound.bind(ref.separator)})) AS w${at} (v) WHERE w${at}.v = ${texts()})`;
    const type = typeOf(ref);
    const element = ref.column.type.element ?? ref.column.type;
    const same = (value: string) => {
      if (type === undefined) return `${textOf(value, element)} = ${texts()}`;
      return equal(
        ref.column.shape === "json" ? jsonbText(value, ref.column.type) : value,
        type.equals,
        `ANY (${bound.bind(ref.values)}::text[]::${castTo(type)}[])`,
      );
    };
    return ref.column.shape === "array"
      ? `EXISTS (SELECT FROM pg_catalog.unnest(${stored}) AS w${at} (v) WHERE ${same(`w${at}.v`)})`
      : same(stored);
  });
}

/** The type that the values are cast to; undefined where texts are compared. JSON as a whole compares as jsonb, numbers by value. */
function typeOf({ column, path, separator }: Ref): ColumnType | undefined {
  if (path !== undefined || separator !== undefined) return undefined;
  if (column.shape === "json") return { ...column.type, name: "jsonb" };
  const type = column.type.element ?? column.type;
  return comparison(type) === "text" && type.name !== "bpchar" && !isCitext(type) ? undefined : type;
}

/** undefined: words such as `today`, and dates that mean this or that by the session's settings. */
function spelled(value: string, type: ColumnType): string | undefined {
  if (value.includes("\0")) return undefined;
  if (type.schema !== "pg_catalog" || type.category !== "D") return value;
  if (type.name === "time" || type.name === "timetz") return /^\d{2}:\d{2}/u.test(value) ? value : undefined;
  if (/^-?infinity$/u.test(value)) return value;
  if (type.name !== "timestamptz") return CIVIL.test(value) ? value : undefined;
  if (CIVIL.test(value)) return `${value.length < 12 ? `${value} 00:00` : value}+00`;
  return OFFSET.test(value) && CIVIL.test(value.replace(OFFSET, "")) ? value : undefined;
}

/** Texts, citext and JSON paths take every value without NUL; only of the others is the server asked. */
async function areTaken(
  session: Session,
  { path, separator }: Ref,
  type: ColumnType | undefined,
  values: readonly string[],
): Promise<boolean> {
  if (path !== undefined) {
    const numbers = numbersOf(values);
    if (numbers.every((number) => number.length < 100 && !/e/iu.test(number))) return true;
    return (await attempt(session, "SELECT pg_catalog.cardinality($1::text[]::numeric[])::text", [numbers])).length > 0;
  }
  if (type === undefined || separator !== undefined) return true;
  const text = `SELECT pg_catalog.count(*)::text FROM pg_catalog.unnest($1::text[]::${castTo(type)}[]) AS one (v) WHERE ${equal("one.v", type.equals, "one.v")}`;
  return (await attempt(session, text, [values])).length > 0;
}

function numbersOf(values: readonly string[]): string[] {
  return values.filter((value) => JSON_NUMBER.test(value));
}
