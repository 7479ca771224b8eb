import { Failure } from "../errors.ts";
import type { Json, JsonObject } from "../model/json.ts";

/** Nothing we write is nested deeper; a hostile file must not exhaust the stack. */
const DEEPEST = 32;

/**
 * RFC 8785, restricted: strings without lone surrogates, booleans, null, safe integers, arrays, objects. Throws
 * UNEXPECTED for anything else.
 */
export function jcs(value: Json): string {
  return written(value, 0);
}

function written(value: Json, depth: number): string {
  if (depth > DEEPEST) throw new Failure("UNEXPECTED", "a value is nested too deeply for the ledger");
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Failure("UNEXPECTED", "the ledger takes whole numbers only");
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new Failure("UNEXPECTED", "the ledger takes well-formed text only");
    return JSON.stringify(value);
  }
  if (isList(value)) return `[${value.map((item) => written(item, depth + 1)).join(",")}]`;
  const members = Object.entries(value)
    // the order of UTF-16 code units, as RFC 8785 asks
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => {
      if (member === undefined) throw new Failure("UNEXPECTED", "the ledger takes no undefined members");
      return `${written(key, depth)}:${written(member, depth + 1)}`;
    });
  return `{${members.join(",")}}`;
}

/**
 * Reads bytes that are canonical to the last one: what is written again must be the same. That also refuses a byte order
 * mark, duplicate keys, other escapes and other spellings of numbers. Throws PROOF_INVALID.
 */
export function parseJcs(bytes: Uint8Array): Json {
  const value = parsed(bytes);
  let canonical: string;
  try {
    canonical = jcs(value);
  } catch {
    throw new Failure("PROOF_INVALID", "the JSON holds something that has no canonical form");
  }
  if (!Buffer.from(canonical).equals(bytes))
    throw new Failure("PROOF_INVALID", "the JSON is not in its canonical form (RFC 8785)");
  return value;
}

function parsed(bytes: Uint8Array): Json {
  try {
    const value: Json = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return value;
  } catch {
    // the parser's own message quotes the text
    throw new Failure("PROOF_INVALID", "this is no JSON");
  }
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, when it has every key of `required` and beside them only keys of `optional`. Throws PROOF_INVALID naming `what`. */
export function closedObject(
  value: Json | undefined,
  what: string,
  required: readonly string[],
  optional: readonly string[] = [],
): JsonObject {
  if (!isObject(value)) throw new Failure("PROOF_INVALID", `${what} is no object`);
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) throw new Failure("PROOF_INVALID", `${what} has no "${missing}"`);
  if (Object.keys(value).some((key) => !required.includes(key) && !optional.includes(key)))
    throw new Failure("PROOF_INVALID", `${what} has an unknown key`);
  return value;
}
