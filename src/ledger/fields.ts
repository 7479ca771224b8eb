/** The forms a member of an event may have. Everything is closed: what no form allows is refused. */
import { isCivilDate } from "../model/civil-date.ts";
import type { Json } from "../model/json.ts";
import { looksLikeIdentifier } from "./identifier-lint.ts";
import { isList, isObject } from "./jcs.ts";

export interface Field<T extends Json> {
  /** Where the value departs from the form: "" for itself, else a path below. Undefined: it fits. Never the value. */
  wrong(value: Json): string | undefined;
  readonly optional?: true;
  /** Only for the compiler. */
  readonly type?: T;
}

export type Shape = Readonly<Record<string, Field<Json>>>;
type TypeOf<F> = F extends Field<infer T> ? T : never;
type OptionalKeys<S extends Shape> = { [K in keyof S]: S[K] extends { readonly optional: true } ? K : never }[keyof S];
export type ShapeOf<S extends Shape> = { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: TypeOf<S[K]> } & {
  readonly [K in OptionalKeys<S>]?: TypeOf<S[K]>;
};

export function optional<T extends Json>(field: Field<T>): Field<T> & { readonly optional: true } {
  return { ...field, optional: true };
}

/** Text of exactly this form, and like no identifier unless the form itself leaves no room for one. */
export function pattern(form: RegExp, room: "linted" | "closed" = "linted"): Field<string> {
  return {
    wrong: (value) =>
      typeof value === "string" && form.test(value) && (room === "closed" || !looksLikeIdentifier(value))
        ? undefined
        : "",
  };
}

/** One line of text that is no identifier: names from the data map, laws. */
export function label(longest: number): Field<string> {
  return {
    wrong: (value) =>
      typeof value === "string" &&
      value.length > 0 &&
      value.length <= longest &&
      value.isWellFormed() &&
      !/\p{Cc}/u.test(value) &&
      !looksLikeIdentifier(value)
        ? undefined
        : "",
  };
}

export function oneOf<const W extends string>(...words: readonly W[]): Field<W> {
  return { wrong: (value) => (words.some((word) => word === value) ? undefined : "") };
}

export function constant<const N extends number>(only: N): Field<N> {
  return { wrong: (value) => (value === only ? undefined : "") };
}

/** A number of things: 0, 1, 2 … */
export const flag: Field<boolean> = { wrong: (value) => (typeof value === "boolean" ? undefined : "") };

export const count: Field<number> = {
  wrong: (value) => (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? undefined : ""),
};

/** `YYYY-MM-DD`, a day that exists. */
export const date: Field<string> = {
  wrong: (value) => (typeof value === "string" && isCivilDate(value) ? undefined : ""),
};

/** UTC, as `Date.toISOString` writes it. */
export const instant: Field<string> = {
  wrong: (value) => (typeof value === "string" && isInstant(value) ? undefined : ""),
};

export const dateOrInstant: Field<string> = {
  wrong: (value) => (typeof value === "string" && (isCivilDate(value) || isInstant(value)) ? undefined : ""),
};

export function nullable<T extends Json>(field: Field<T>): Field<T | null> {
  return { wrong: (value) => (value === null ? undefined : field.wrong(value)) };
}

export function list<T extends Json>(field: Field<T>, longest: number): Field<readonly T[]> {
  return {
    wrong(value) {
      if (!isList(value) || value.length > longest) return "";
      for (const [index, item] of value.entries()) {
        const at = field.wrong(item);
        if (at !== undefined) return `[${index}]${at}`;
      }
      return undefined;
    },
  };
}

/** An object with these members and no other. */
export function shape<const S extends Shape>(members: S): Field<ShapeOf<S> & { readonly [key: string]: Json }> {
  return {
    wrong(value) {
      if (!isObject(value)) return "";
      if (Object.keys(value).some((key) => !Object.hasOwn(members, key))) return " (a member that is not known)";
      for (const [key, field] of Object.entries(members)) {
        const member = value[key];
        const at = member === undefined ? (field.optional === true ? undefined : "") : field.wrong(member);
        if (at !== undefined) return `.${key}${at}`;
      }
      return undefined;
    },
  };
}

function isInstant(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/u.test(text)) return false;
  const at = new Date(text);
  return !Number.isNaN(at.getTime()) && at.toISOString() === text;
}
