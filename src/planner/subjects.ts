import { Failure } from "../errors.ts";
import type { Identity } from "../model/datamap.ts";
import type { Subject } from "../model/subject.ts";
import { judge } from "./judge-identifier.ts";
import { WrittenNumber } from "./written-number.ts";

/** Why a value is refused, and where; never the value. */
export interface RefusedValue {
  /** Counts from 1. */
  readonly subject: number;
  readonly identity: string;
  /** Within an array, from 1. */
  readonly position?: number;
  readonly reason: string;
}

/**
 * The people of a subject file: a JSON object, an array of them, or one object a line. Values are folded as declared.
 * Throws SUBJECT_INVALID for another shape and IDENTIFIER_REFUSED for values that are never searched for; no message
 * holds anything of the file.
 */
export function readSubjects(text: string, identities: readonly Identity[]): Subject[] {
  const written = parse(text.replace(/^\uFEFF/u, ""));
  if (written.length === 0) throw invalid("the subject file names nobody");
  const refused: RefusedValue[] = [];
  const subjects = written.map((one, at) => readSubject(one, at + 1, identities, refused));
  const [first] = refused;
  if (first !== undefined) {
    const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : "";
    throw new Failure("IDENTIFIER_REFUSED", `${placeOf(first)} ${first.reason}${more}`, { details: { refused } });
  }
  return subjects;
}

function readSubject(
  written: unknown,
  number: number,
  identities: readonly Identity[],
  refused: RefusedValue[],
): Subject {
  if (!isObject(written)) throw invalid(`subject ${number} is no JSON object`);
  const known = identities.map(({ name }) => name).join(", ");
  const keys = Object.keys(written);
  if (keys.length === 0) throw invalid(`subject ${number} has no identifier; the data map knows: ${known}`);
  // what stands there as a key may be anything: it is not repeated
  if (keys.some((key) => !identities.some(({ name }) => name === key)))
    throw invalid(`subject ${number} has a key that is no identity of the data map, which knows: ${known}`);
  const identifiers: Record<string, readonly string[]> = {};
  for (const identity of identities) {
    const value = Object.hasOwn(written, identity.name) ? written[identity.name] : undefined;
    if (value === undefined) continue;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const read = values.map((one, at) => {
      const judged = judge(one, identity);
      if (judged.reason !== undefined)
        refused.push({
          subject: number,
          identity: identity.name,
          ...(Array.isArray(value) ? { position: at + 1 } : {}),
          reason: judged.reason,
        });
      return judged.value;
    });
    if (read.length === 0) refused.push({ subject: number, identity: identity.name, reason: "is an empty list" });
    identifiers[identity.name] = [...new Set(read)];
  }
  return { identifiers };
}

function placeOf({ subject, identity, position }: RefusedValue): string {
  return `subject ${subject}, ${identity}${position === undefined ? "" : ` (value ${position})`}`;
}

/** One JSON document, or one a line. */
function parse(text: string): readonly unknown[] {
  if (text.trim() === "") throw invalid("the subject file is empty");
  const whole = parsed(text);
  if (whole !== undefined) return Array.isArray(whole.value) ? whole.value : [whole.value];
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== "");
  return lines.map((line, at) => {
    const one = parsed(line);
    if (one === undefined)
      throw invalid(
        lines.length === 1 ? "the subject file is no JSON" : `entry ${at + 1} of the subject file is no JSON`,
      );
    return one.value;
  });
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gsu;

/** Whether an object names a key twice: all but the last would be lost without a word. For text that is JSON. */
function hasRepeatedKey(text: string): boolean {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = String(JSON.parse(last));
      if (open.at(-1)?.has(key)) return true;
      open.at(-1)?.add(key);
    }
    last = token;
  }
  return false;
}

/** Numbers as they were written: a rounded one is another number. The parser's message quotes the text, so it is dropped. */
function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text, (_key, each: unknown, context?: { readonly source?: string }) =>
      typeof each === "number" ? new WrittenNumber(context?.source ?? String(each)) : each,
    );
    if (hasRepeatedKey(text)) throw invalid("a subject names an identity twice; give several values as a list");
    return { value };
  } catch (error) {
    if (error instanceof Failure) throw error;
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}

function invalid(message: string): Failure {
  return new Failure("SUBJECT_INVALID", message);
}
