/** How a value that was found in one column is compared with another column: as the server compares their types. */
import type { ColumnType } from "./catalog.ts";
import { canBe, comparison, isText } from "./columns.ts";

type Family = "number" | "time" | "uuid" | "text" | "other";

const TIMES = new Set(["date", "timestamp", "timestamptz"]);
const WHOLE = new Set(["int2", "int4", "int8"]);
const BROKEN = new Set(["numeric", "float4", "float8"]);

function familyOf(type: ColumnType): Family {
  if (isText(type) || comparison(type) === "text") return "text";
  if (type.schema !== "pg_catalog") return "other";
  if (WHOLE.has(type.name) || BROKEN.has(type.name)) return "number";
  if (TIMES.has(type.name)) return "time";
  return type.name === "uuid" ? "uuid" : "other";
}

/** Whether values of the one type can be told equal to values of the other, without a guess about zones or spellings. */
export function areComparable(source: ColumnType, target: ColumnType): boolean {
  const [from, to] = [familyOf(source), familyOf(target)];
  if (source.schema === target.schema && source.name === target.name) return true;
  if (from === "time" && to === "time") return source.name !== "timestamptz" && target.name !== "timestamptz";
  if (from === to) return from !== "other";
  if (from !== "text" && to !== "text") return false;
  const other = from === "text" ? target : source;
  // there is more than one way to write such a value
  return !BROKEN.has(other.name) && !["timestamp", "timestamptz", "money", "interval"].includes(other.name);
}

/** Whether values of an edge are compared by this type's own equality. */
export function isTyped(type: ColumnType): boolean {
  return comparison(type) === "typed" || ["number", "time"].includes(familyOf(type));
}

const NUMBER = /^-?(?:0|[1-9]\d{0,130})(?:\.\d{1,130})?(?:e[+-]?\d{1,3})?$/iu;
const DATE = /^(\d{4,6})-(\d{2})-(\d{2})$/u;
const TIMESTAMP = /^(\d{4,6}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}(?::?\d{2})?)?$/u;

/** The value as this type reads it; undefined where it is none of its values. `source`: undefined where nobody knows. */
export function spelledAs(value: string, type: ColumnType, source: ColumnType | undefined): string | undefined {
  if (value.includes("\0")) return undefined;
  switch (familyOf(type)) {
    case "number":
      return WHOLE.has(type.name) ? wholeNumber(value, type, source) : NUMBER.test(value) ? value : undefined;
    case "time":
      return time(value, type.name);
    case "uuid":
    case "text":
    case "other":
      return canBe(value, type) ? value : undefined;
  }
}

/** `1.00` of a numeric column is 1; `1.00` of a text column is no number. */
function wholeNumber(value: string, type: ColumnType, source: ColumnType | undefined): string | undefined {
  const whole = source !== undefined && familyOf(source) === "text" ? value : value.replace(/\.0+$/u, "");
  return canBe(whole, type) ? whole : undefined;
}

function time(value: string, name: string): string | undefined {
  if (/^-?infinity$/u.test(value)) return value;
  if (DATE.test(value)) return isDay(value) && name !== "timestamptz" ? value : undefined;
  const [, day = "", clock = "", offset] = TIMESTAMP.exec(value) ?? [];
  if (!isDay(day) || !/^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d|$)/u.test(clock)) return undefined;
  if (name === "timestamptz") return offset === undefined ? undefined : value;
  if (offset !== undefined) return undefined;
  if (name === "timestamp") return value;
  return /^00:00(?::00(?:\.0+)?)?$/u.test(clock) ? day : undefined;
}

function isDay(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (Number(year) === 0) return false;
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
