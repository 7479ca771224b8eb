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

/** What is wrong, and in which line of the file; never a word of it. */
interface Wrong {
  readonly line: number;
  readonly what: string;
  readonly value?: RefusedValue;
}

/** What stands in the file for one person. */
interface Entry {
  readonly value: unknown;
  readonly line: number;
}

/**
 * The people of a subject file: a JSON object, an array of them, or one object a line. Values are folded as declared.
 * Throws SUBJECT_INVALID for another shape and IDENTIFIER_REFUSED for values that are never searched for, with
 * everything that is wrong; no message holds anything of the file.
 */
export function readSubjects(text: string, identities: readonly Identity[]): Subject[] {
  return readPeople(text, identities).subjects;
}

/** The same. Whoever stands in the file twice with the same values is one person. `repeated`: lines of those that say it again. */
export function readPeople(
  text: string,
  identities: readonly Identity[],
): { readonly subjects: Subject[]; readonly repeated: readonly number[] } {
  const wrong: Wrong[] = [];
  const entries = parse(text.replace(/^\uFEFF/u, ""), identities, wrong);
  const subjects = entries.map((entry, at) => readSubject(entry, at + 1, identities, wrong));
  if (wrong.length > 0) throw refusal(wrong, identities);
  const people = new Map<string, Subject>();
  const repeated: number[] = [];
  for (const [at, subject] of subjects.entries()) {
    const known = Object.entries(subject.identifiers).map(([name, values]) => [name, [...new Set(values)].toSorted()]);
    const who = JSON.stringify(known);
    if (people.has(who)) repeated.push(entries[at]?.line ?? 0);
    else people.set(who, subject);
  }
  return { subjects: [...people.values()], repeated };
}

/** So many are told: a file with the same mistake in each line says no more by its thousandth. */
const TOLD = 20;

function refusal(wrong: readonly Wrong[], identities: readonly Identity[]): Failure {
  const refused = wrong.flatMap(({ value }) => value ?? []);
  const shape = refused.length < wrong.length;
  const lines = wrong.toSorted((a, b) => a.line - b.line).map(({ line, what }) => `line ${line}: ${what}`);
  const more = lines.length > TOLD ? [`and ${lines.length - TOLD} more`] : [];
  const message =
    lines.length === 1
      ? lines.join("")
      : [`${lines.length} things are wrong in the subject file`, ...lines.slice(0, TOLD), ...more].join("\n  ");
  return new Failure(shape ? "SUBJECT_INVALID" : "IDENTIFIER_REFUSED", message, {
    ...(shape ? { help: helpWith(identities) } : {}),
    details: { refused },
  });
}

/** As a subject looks in this data map. */
function helpWith(identities: readonly Identity[]): string {
  const names = identities.map(({ name }) => name);
  return `One person is a JSON object, as in { "${names[0] ?? "email"}": "…" }, with a text or a list of texts; several are an array, or one object a line. The data map knows: ${names.join(", ")}.`;
}

function readSubject(
  { value: written, line }: Entry,
  number: number,
  identities: readonly Identity[],
  wrong: Wrong[],
): Subject {
  const invalid = (what: string): Subject => {
    wrong.push({ line, what: `subject ${number} ${what}` });
    return { identifiers: {} };
  };
  if (!isObject(written)) return invalid("is no JSON object");
  const keys = Object.keys(written);
  if (keys.length === 0) return invalid("has no identifier");
  // what stands there as a key may be anything: it is not repeated
  const strange = keys.filter((key) => !identities.some(({ name }) => name === key)).length;
  if (strange > 0)
    invalid(`has ${strange === 1 ? "a key that is" : `${strange} keys that are`} no identity of the data map`);
  const identifiers: Record<string, readonly string[]> = {};
  for (const identity of identities) {
    const value = Object.hasOwn(written, identity.name) ? written[identity.name] : undefined;
    if (value === undefined) continue;
    const refuse = (reason: string, position?: number): void => {
      const refused = {
        subject: number,
        identity: identity.name,
        ...(position === undefined ? {} : { position }),
        reason,
      };
      wrong.push({ line, what: `${placeOf(refused)} ${reason}`, value: refused });
    };
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const read = values.map((one, at) => {
      const judged = judge(one, identity);
      if (judged.reason !== undefined) refuse(judged.reason, Array.isArray(value) ? at + 1 : undefined);
      return judged.value;
    });
    if (read.length === 0) refuse("is an empty list");
    identifiers[identity.name] = [...new Set(read)];
  }
  return { identifiers };
}

function placeOf({ subject, identity, position }: RefusedValue): string {
  return `subject ${subject}, ${identity}${position === undefined ? "" : ` (value ${position})`}`;
}

/** One JSON document, or one a line. */
function parse(text: string, identities: readonly Identity[], wrong: Wrong[]): readonly Entry[] {
  const none = (what: string, help = helpWith(identities)): never => {
    throw new Failure("SUBJECT_INVALID", what, { help });
  };
  if (text.trim() === "") return none("the subject file is empty");
  const whole = parsed(text);
  if (whole !== undefined) {
    const starts = startLines(text);
    const list: readonly unknown[] = Array.isArray(whole.value) ? whole.value : [whole.value];
    if (list.length === 0) return none("the subject file names nobody");
    if (whole.repeated) wrong.push({ line: starts[0] ?? 1, what: TWICE });
    return list.map((value, at) => ({ value, line: (Array.isArray(whole.value) ? starts[at + 1] : starts[0]) ?? 1 }));
  }
  const lines = text.split(/\r?\n/u).flatMap((line, at) => (line.trim() === "" ? [] : [{ line, number: at + 1 }]));
  const [first] = lines;
  // an object a line begins with one; anything else that is no JSON is a table or a list
  if (first !== undefined && !/^\s*[[{"]/u.test(first.line))
    return none(
      "the subject file is no JSON: it looks like a table (CSV) or a list",
      `Write it anew. ${helpWith(identities)}`,
    );
  if (first === undefined || parsed(first.line) === undefined)
    return none(`line ${brokenLine(text) ?? first?.number ?? 1}: the subject file is no JSON from here on`);
  return lines.flatMap(({ line, number }) => {
    const one = parsed(line);
    if (one === undefined) wrong.push({ line: number, what: "this line is no JSON" });
    else if (one.repeated) wrong.push({ line: number, what: TWICE });
    return one === undefined ? [] : [{ value: one.value, line: number }];
  });
}

const TWICE = "a subject names an identity twice; give several values as a list";

/** The line of each value: of the whole one, then, where it is a list, of each in it. For text that is JSON. */
function startLines(text: string): readonly number[] {
  const found: number[] = [];
  let [depth, line, from] = [0, 1, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gsu)) {
    line += text.slice(from, index).split("\n").length - 1;
    from = index;
    const begins = !/^[}\],:]$/u.test(token);
    if (begins && (depth === 0 || depth === 1)) found.push(line);
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
  }
  return found;
}

/** Where the parser stopped. Its message quotes the text: only the number is taken. */
function brokenLine(text: string): number | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const said = error instanceof SyntaxError ? error.message : "";
    const line = /\(line (\d+) column \d+\)$/u.exec(said)?.[1];
    if (line !== undefined) return Number(line);
    // at the end of the text no place is said
    return /end of JSON input|Unterminated/u.test(said) ? text.trimEnd().split("\n").length : undefined;
  }
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
function parsed(text: string): { readonly value: unknown; readonly repeated: boolean } | undefined {
  try {
    const value: unknown = JSON.parse(text, (_key, each: unknown, context?: { readonly source?: string }) =>
      typeof each === "number" ? new WrittenNumber(context?.source ?? String(each)) : each,
    );
    return { value, repeated: hasRepeatedKey(text) };
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}
