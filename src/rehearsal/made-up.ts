/** Values that are made up: nobody bears them, and what a type and its constraints ask for decides. */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Identity } from "../model/datamap.ts";
import type { Store, StoreColumn } from "../model/structure.ts";

/** A text that stands in no real record: 77 bits, and no placeholder anybody shares. */
export function newToken(): string {
  return `x${BigInt(`0x${randomBytes(12).toString("hex")}`)
    .toString(36)
    .padStart(15, "0")
    .slice(-15)}`;
}

/** What somebody who does not exist is known by. `column`: where an application's own key is found. */
export function identityValue({ type }: Identity, token: string, column: StoreColumn | undefined): string {
  switch (type) {
    case "email":
      return `${token}@rehearsal.example`;
    case "phone":
      return `+4930${randomInt(10_000_000, 99_999_999)}`;
    case "integer":
      return newInteger(column?.type ?? "");
    case "uuid":
      return randomUUID();
    case "string":
      return column === undefined ? token : uniqueValue(column, token);
  }
}

/** High up in what the type holds, where no sequence is for long. */
function newInteger(type: string): string {
  if (/^(?:smallint|int2|smallserial)/iu.test(type)) return String(randomInt(20_000, 32_000));
  if (/^(?:bigint|int8|bigserial)/iu.test(type)) return `7${String(randomInt(10 ** 14)).padStart(14, "0")}`;
  const [, precision, scale = "0"] = /\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/u.exec(type) ?? [];
  const digits = precision === undefined ? 10 : Number(precision) - Number(scale);
  if (digits < 10) return String(randomInt(1, 10 ** Math.max(1, digits)));
  return String(randomInt(2_000_000_000, 2_147_000_000));
}

/** A value for a key, or for another column in which no two records have the same. */
export function uniqueValue(column: StoreColumn, token: string): string {
  switch (column.shape) {
    case "number":
      return newInteger(column.type);
    case "uuid":
      return randomUUID();
    case "date":
      return `${randomInt(1930, 1990)}-${String(randomInt(1, 13)).padStart(2, "0")}-${String(randomInt(1, 29)).padStart(2, "0")}`;
    default:
      return fitting(token, column);
  }
}

function fitting(token: string, { length }: StoreColumn): string {
  return length === undefined ? token : token.slice(-length);
}

export interface Wishes {
  readonly token: string;
  /** A day of no meaning. */
  readonly day: string;
  /** What would keep the record from being erased, or mark it as deleted. */
  readonly not: readonly string[];
}

/** Undefined: nothing is known that the column takes. */
export function guess(store: Store, column: StoreColumn, { token, day, not }: Wishes): string | undefined {
  const allowed = allowedIn(store, column).filter((value) => !not.includes(value));
  if (allowed[0] !== undefined) return allowed[0];
  switch (column.shape) {
    case "text":
      return fitting(token, column);
    case "number":
      return String(leastIn(store, column));
    case "date":
      return /^time(?:\(\d+\))?(?: with| without|$)/iu.test(column.type) ? "12:00" : day;
    case "boolean":
      return ["false", "true"].find((value) => !not.some((one) => isSameTruth(one, value))) ?? "false";
    case "uuid":
      return randomUUID();
    case "json":
      return "{}";
    case "array":
      return "{}";
    case "bytes":
      return "";
    case "other":
      return other(column.type, token);
  }
}

export function isSameTruth(one: string, other: string): boolean {
  const truth = (text: string) => /^(?:t|true|1|yes|on)$/iu.test(text);
  return truth(one) === truth(other);
}

function other(type: string, token: string): string | undefined {
  if (/^(?:inet|cidr)/iu.test(type)) return "203.0.113.77";
  if (/^interval/iu.test(type)) return "1 day";
  if (/^macaddr/iu.test(type)) return "08:00:2b:01:02:03";
  if (/^(?:citext|name|)$/iu.test(type)) return token;
  return undefined;
}

/** What an enum or a CHECK lists. */
function allowedIn({ checks }: Store, column: StoreColumn): readonly string[] {
  if (column.values !== undefined) return column.values;
  return checks
    .filter(
      ({ columns, text }) => columns.length === 1 && columns[0] === column.name && /\bin\b|\bany\b|=/iu.test(text),
    )
    .flatMap(({ text }) =>
      [...text.matchAll(/'((?:[^']|'')*)'/gu)].map(([, value = ""]) => value.replaceAll("''", "'")),
    );
}

/** One, or what a CHECK wants at least. */
function leastIn({ checks }: Store, { name }: StoreColumn): number {
  const limits = checks
    .filter(({ columns }) => columns.length === 1 && columns[0] === name)
    .flatMap(({ text }) => [...text.matchAll(/>(=?)\s*\(?'?(-?\d+)/gu)])
    .map(([, equal, number]) => Number(number) + (equal === "=" ? 0 : 1));
  return Math.max(1, ...limits);
}
