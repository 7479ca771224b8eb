/** Which identifiers are fit to be searched for. What is refused here never reaches a predicate. */
import type { Identity, IdentityType } from "../model/datamap.ts";
import { fold, type Folded } from "../model/fold.ts";
import { WrittenNumber } from "./written-number.ts";

/** Stand-ins that many people's records share. Compared in lower case, without spaces around. */
const PLACEHOLDERS = new Set([
  "null",
  "nil",
  "none",
  "undefined",
  "nan",
  "n/a",
  "n.a.",
  "na",
  "not available",
  "unknown",
  "anonymous",
  "anonymised",
  "anonymized",
  "deleted",
  "erased",
  "empty",
  "missing",
  "test",
  "test@test.com",
  "test@test.de",
  "test@example.com",
  "a@a.a",
  "a@b.c",
  "no@email.com",
  "none@none.com",
  "noreply@example.com",
  "example",
  "example@example.com",
  "todo",
  "tbd",
  "xxx",
  "default",
  "dummy",
  "string",
  "value",
  "email",
  "phone",
  "true",
  "false",
  "[object object]",
  "0",
  "-1",
  "-0",
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
]);

const LONGEST = 1000;
/** Control characters, line separators, and marks that cannot be seen. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u200B\u200E\u200F\u2060\uFEFF\u202A-\u202E\u2066-\u2069]/u;
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** The folded value, or why it is refused (then the value is empty). */
export interface Judged {
  readonly value: string;
  readonly reason?: string;
}

export function judge(given: unknown, identity: Pick<Identity, "type" | "fold">): Judged {
  const text = textOf(given, identity.type);
  if (text.reason !== undefined) return text;
  const value = fold(text.value, identity.fold);
  const reason = whyNot(value, identity.type) ?? whyPattern(value, identity.type);
  return reason === undefined ? { value } : { value: "", reason };
}

/**
 * A value that a person's own row holds, judged like one that was given. `placeholder`: many people's rows hold it.
 * `unfit`: no value of this type. Stars and percent signs are part of a stored value: nobody typed them for a pattern.
 */
export type Learnt =
  | { readonly kind: "fit" | "placeholder"; readonly value: Folded }
  | { readonly kind: "blank" | "unfit" };

export function judgeLearnt(stored: string, identity: Pick<Identity, "type" | "fold">): Learnt {
  // a whole number of a numeric column
  const text = identity.type === "integer" ? stored.replace(/^(-?\d+)\.0+$/u, "$1") : stored;
  const value = fold(text, identity.fold);
  if (value.trim() === "") return { kind: "blank" };
  if (isPlaceholder(value)) return { kind: "placeholder", value };
  return whyNot(value, identity.type) === undefined ? { kind: "fit", value } : { kind: "unfit" };
}

/** One list for every value that leads on, whatever its type; and digits that are all alike, six or more. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim().toLowerCase();
  return PLACEHOLDERS.has(text) || /^(?<digit>\d)\k<digit>{5,}$/u.test(text.replaceAll(/[\s().\-/+]/gu, ""));
}

function textOf(given: unknown, type: IdentityType): Judged {
  if (typeof given === "string") return { value: given };
  if (given === null || given === undefined) return { value: "", reason: "is null" };
  if (!(given instanceof WrittenNumber)) return { value: "", reason: "is neither a text nor a list of texts" };
  if (type !== "integer") return { value: "", reason: "is a number; give it as a text" };
  if (!/^-?\d+$/u.test(given.digits)) return { value: "", reason: "is no whole number" };
  const number = BigInt(given.digits);
  if (number > LARGEST_SAFE || number < -LARGEST_SAFE)
    return { value: "", reason: "is a number beyond 2^53; give it as a text" };
  return { value: given.digits };
}

function whyNot(value: string, type: IdentityType): string | undefined {
  if (value === "") return "is empty";
  if (value.trim() === "") return "is blank";
  if (value.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (!value.isWellFormed()) return "is no well-formed text";
  if (UNSEEN.test(value)) return "has control characters or others that cannot be seen";
  if (isPlaceholder(value)) return "is a placeholder that many records share";
  if (!/[\p{L}\p{N}]/u.test(value)) return "is a pattern or a sign, and no identifier";
  switch (type) {
    case "email":
      return whyNoEmail(value);
    case "phone":
      return whyNoPhone(value);
    case "integer":
      return whyNoInteger(value);
    case "uuid":
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(value) ? undefined : "is no UUID";
    case "string":
      return undefined;
  }
}

/** What somebody typed to mean several values. */
function whyPattern(value: string, type: IdentityType): string | undefined {
  if (type === "string" && /^[*%]|[*%]$/u.test(value)) return "is a pattern; only whole values are searched for";
  return type === "email" && value.split("@")[0]?.includes("*") === true
    ? "is a pattern; only whole addresses are searched for"
    : undefined;
}

function whyNoEmail(value: string): string | undefined {
  const [local = "", domain = "", ...more] = value.split("@");
  if (local === "" || domain === "" || more.length > 0 || /\s/u.test(value)) return "is no e-mail address";
  if (!/[\p{L}\p{N}]/u.test(local)) return "is a pattern; only whole addresses are searched for";
  return /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}.-]*[\p{L}\p{N}\p{M}])?$/u.test(domain) && !domain.includes("..")
    ? undefined
    : "is no e-mail address";
}

function whyNoPhone(value: string): string | undefined {
  const digits = value.replaceAll(/\D/gu, "");
  if (!/^\+?[\d\s().\-/]+$/u.test(value) || digits.length < 5 || digits.length > 20) return "is no telephone number";
  return new Set(digits).size === 1 ? "is a placeholder that many records share" : undefined;
}

function whyNoInteger(value: string): string | undefined {
  if (!/^-?\d{1,38}$/u.test(value)) return "is no whole number";
  return /^-?0/u.test(value) ? "has leading zeros: as a whole number it would be another one" : undefined;
}
