import type { Brand } from "../../src/model/brand.ts";

/** A name as SQL wants it: quoted, so that any name means itself. Values never go this way: they are bound. */
export type SqlIdentifier = Brand<string, "SqlIdentifier">;

export function quoted(name: string): SqlIdentifier {
  return `"${name.replaceAll('"', '""')}"` as SqlIdentifier;
}

export function qualified(schema: string, name: string): SqlIdentifier {
  return `${quoted(schema)}.${quoted(name)}` as SqlIdentifier;
}

/** What can be bound: text, or an array of texts for `unnest`. */
export type Value = string | null | readonly (string | null)[];

/** Collects bound values while a statement is put together. */
export interface Binder {
  readonly values: Value[];
  /** `$1`, `$2` … */
  bind(value: Value): string;
}

export function binder(): Binder {
  const values: Value[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}

/** Writes values into the statement itself: for constants of the data map, where several statements select the same. */
export const inPlace: Binder = {
  values: [],
  bind: (value) =>
    value === null
      ? "NULL"
      : typeof value === "string"
        ? literal(value)
        : `ARRAY[${value.map((one) => (one === null ? "NULL" : literal(one))).join(", ")}]`,
};

/** `a = b` by this type's own operator, whatever the search path holds. */
export function equal(left: string, operator: Operator, right: string): string {
  return `${left} OPERATOR(${quoted(operator.schema)}.${operator.name}) ${right}`;
}

export interface Operator {
  readonly schema: string;
  /** Made of operator characters, as the catalog gives it. */
  readonly name: string;
}

export const EQUALS: Operator = { schema: "pg_catalog", name: "=" };

/** For constants and catalog names in statements without values; what comes from people is bound. */
export function literal(text: string): string {
  return text.includes("\\")
    ? `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
}
