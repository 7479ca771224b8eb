import type { z } from "zod";
import type { BlockKeys } from "../port/keys.ts";
import { isBlock, valueAt } from "./block.ts";
import { keysAt } from "./json-schema.ts";
import { keysOfKind, ownKeys, partAt, strangeKeys, type Taken, takeOwn } from "./own-keys.ts";
import { PERIOD_HELP, type Problem } from "./problems.ts";
import { SHAPE, type Written } from "./shape.ts";
import type { Path } from "./source.ts";
import { didYouMean, nearest } from "../model/nearest.ts";

const HASH = /^(?:hash|md5|sha|hmac|bcrypt|scrypt|argon|digest|mask|encrypt|tokeni[sz]e)/iu;
const CREDENTIAL =
  /pass|pwd|secret|token|key|credential|user|login|host|port|url|uri|dsn|node|endpoint|conn|auth|database|^db/iu;

/**
 * Everything about the shape that is wrong, and the map without those parts, so that the rest is checked too. Undefined
 * where too little is left.
 */
export function checkShape(
  value: unknown,
  kinds: Kinds,
): {
  readonly written: Written | undefined;
  readonly problems: readonly Problem[];
  /** What kinds have of their own in the block at this path. */
  readonly own: Taken["at"];
} {
  const taken = takeOwn(value, (kind) => kinds.get(kind)?.block);
  const { at: own } = taken;
  const problems = flatten(taken.issues).flatMap((issue) => describe(issue, { value, kinds, own: true }));
  const first = SHAPE.safeParse(taken.rest);
  if (first.success) return { written: first.data, problems, own };
  problems.push(...flatten(first.error.issues).flatMap((issue) => describe(issue, { value, kinds, own: false })));
  if (!isBlock(value)) return { written: undefined, problems, own };
  let { rest } = taken;
  let { error }: { error: z.ZodError } = first;
  for (let round = 0; round < 20; round++) {
    rest = withStubs(
      without(
        rest,
        flatten(error.issues).flatMap((issue) => doomed(issue, rest)),
      ),
    );
    const again = SHAPE.safeParse(rest);
    if (again.success) return { written: again.data, problems, own };
    error = again.error;
  }
  return { written: undefined, problems, own };
}

/** What a system's kind says that its block may hold; absent: every key that the core reads. */
type Kinds = ReadonlyMap<string, { readonly block?: BlockKeys }>;

/** The data map that is read. */
interface Whole {
  readonly value: unknown;
  readonly kinds: Kinds;
}

/** What stands in a system's block and is for other kinds. */
export function strangeProblems(system: string, { value, kinds }: Whole): readonly Problem[] {
  const block = blockOf(["systems", system], { value, kinds });
  if (block === undefined) return [];
  return strangeKeys(system, valueAt(value, ["systems", system]), block).map((path) =>
    unknownKey(path, String(path.at(-1)), { value, kinds }, true),
  );
}

function blockOf(path: Path, { value, kinds }: Whole): BlockKeys | undefined {
  const kind = valueAt(value, [...path.slice(0, 2), "kind"]);
  return typeof kind === "string" ? kinds.get(kind)?.block : undefined;
}

function knownAt(path: Path, whole: Whole): readonly string[] {
  const part = partAt(path);
  const block = blockOf(path, whole);
  if (part !== undefined && block !== undefined) return keysOfKind(keysAt(path), part, block);
  return keysAt(path, ownKeys([...whole.kinds.values()].flatMap((kind) => kind.block ?? [])));
}

/** For whom a key is that this kind has not. */
function kindsWith(key: string, block: Path, { kinds }: Whole): readonly string[] {
  const part = partAt(block);
  return part === undefined
    ? []
    : [...kinds].flatMap(([kind, { block: keys }]) => (Object.hasOwn(keys?.[part] ?? {}, key) ? [kind] : []));
}

type ZodIssue = z.core.$ZodIssue;

/** In a union the alternative that the author meant is the one whose own shape fits best: its issues lie deepest. */
function flatten(issues: readonly ZodIssue[], above: Path = []): ZodIssue[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...keys(issue.path)];
    if (issue.code !== "invalid_union") return [{ ...issue, path }];
    const fits = issue.errors.filter(
      (errors) => !errors.some((error) => error.code === "invalid_type" && error.path.length === 0),
    );
    const [meant] = fits.toSorted((a, b) => depth(b) - depth(a));
    return meant === undefined ? [{ ...issue, path }] : flatten(meant, path);
  });
}

function depth(issues: readonly ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function keys(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === "symbol" ? String(step) : step));
}

/** The paths to leave out so that this issue goes away. */
function doomed(issue: ZodIssue, value: unknown): Path[] {
  const path = keys(issue.path);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...path, key]);
  if (valueAt(value, path) !== undefined) return [path];
  // a required key of the top is put there by a stub
  return path.length === 1 ? [] : [path.slice(0, -1)];
}

/** `own`: it is about a key that only this kind has. */
function describe(issue: ZodIssue, { own, ...whole }: Whole & { readonly own: boolean }): Problem[] {
  const { value } = whole;
  const path = keys(issue.path);
  const end = path.findLast((step) => typeof step === "string");
  const last = end === undefined ? "the data map" : String(end);
  if (path.length === 0 && !isBlock(valueAt(value, path))) return [NO_MAP];
  const secret = path[0] === "systems" && path[2] === "connect";
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], key, whole));
  if (valueAt(value, path) === undefined) {
    const block = path.slice(0, -1);
    const name = nameOf(block);
    return [
      {
        path: block,
        part: "key",
        code: "MISSING_KEY",
        message: name === undefined ? `\`${last}\` is missing.` : `\`${last}\` is missing in \`${name}\`.`,
        help: `Add \`${last}:\` here.`,
        missing: [path],
      },
    ];
  }
  const at = { path, part: "value" } as const;
  if (secret && !own && last !== "root" && last !== "unsafe_overwrite") return [{ ...at, ...LITERAL }];
  switch (issue.code) {
    case "invalid_value":
      // a value of `connect` is never repeated
      return [
        { ...at, ...wrongValue(last, path, secret ? undefined : valueAt(value, path), issue.values.map(String)) },
      ];
    case "invalid_key":
      return [
        {
          path,
          part: "key",
          code: "BAD_NAME",
          message: `This cannot be a name.`,
          help: "Names begin with a letter and hold letters, digits, `_` and, but for identities, `-`; a dot separates system, record and column.",
        },
      ];
    case "invalid_type":
    case "invalid_union":
      return [
        {
          ...at,
          code: "WRONG_TYPE",
          message: `\`${last}\` has the wrong form.`,
          help: expected(issue, path, valueAt(value, path)),
        },
      ];
    default:
      return [
        {
          ...at,
          code: "WRONG_VALUE",
          message: `\`${last}\` is ${issue.code === "too_small" ? "empty, or too small" : "too large, or not what it must be"}.`,
          help: size(issue),
        },
      ];
  }
}

const NO_MAP: Problem = {
  path: [],
  part: "value",
  code: "WRONG_TYPE",
  message: "There is no data map in this file.",
  help: "It is a block of keys that begins with `version: 1`; docs/datamap.md shows one, and `expunge init` writes a first one where there is no file.",
};

export const LITERAL = {
  code: "LITERAL_CREDENTIAL",
  message: "`connect` takes the name of a secret, never a value.",
  help: "Write `connect: { secret: NAME }` and put the value into EXPUNGE_SECRET_<NAME>. If it was a real one, change it: it has been in a file.",
};

/** `elsewhere`: another kind has it. */
function unknownKey(path: Path, key: string, whole: Whole, elsewhere = false): Problem {
  const block = path.slice(0, -1);
  const at = { path, part: "key" } as const;
  const known = knownAt(block, whole);
  if (path[0] === "systems" && path[2] === "connect") {
    // the key itself may be the secret: only our own words are named
    const meant = nearest(key, known);
    if (meant === undefined && !elsewhere && CREDENTIAL.test(key)) return { ...at, ...LITERAL };
    return {
      ...at,
      code: "UNKNOWN_KEY",
      message: "`connect` has no such key.",
      help: meant === undefined ? `It has: ${list(known)}.` : `Did you mean \`${meant}\`?`,
      ...(meant === undefined ? {} : { meant: [...block, meant] }),
    };
  }
  if (HASH.test(key) && known.includes("pseudonymise")) return { ...at, ...hashed(key) };
  const inside = nameOf(block);
  if (inside === "match")
    return {
      ...at,
      code: "UNKNOWN_KEY",
      message: `\`${key}\` cannot stand beside \`${known.join("` or `")}\`.`,
      help: MATCH_HELP,
    };
  const meant = nearest(key, known);
  return {
    ...at,
    ...(meant === undefined ? {} : { meant: [...block, meant] }),
    code: "UNKNOWN_KEY",
    message: inside === undefined ? `There is no key \`${key}\`.` : `There is no key \`${key}\` in \`${inside}\`.`,
    help: didYouMean(key, known, forWhom(kindsWith(key, block, whole))),
  };
}

/** What a block is called: an entry of a list has no name of its own. */
function nameOf(block: Path): string | undefined {
  const name = block.findLast((step) => typeof step === "string");
  return name === undefined ? undefined : String(name);
}

function forWhom(kinds: readonly string[]): string {
  return kinds.length === 0 ? "See docs/datamap.md." : `It is for ${kinds.map((kind) => `\`${kind}\``).join(" and ")}.`;
}

const MATCH_HELP = "`all` and `any` stand alone in `match`; beside them there are no columns.";
const FIELD_HELP =
  "A field takes `clear`, `remove`, `unlink`, `keep`, or one of { set: … }, { generalise: … }, { truncate: /24 }, { template: … }, { pseudonymise: hmac }.";

/** Keys that take a period. A bare number in quotes would be the next error. */
const PERIODS = new Set([
  "settle",
  "keep_for",
  "expires_after",
  "after",
  "restore_window",
  "purge_after",
  "retain_deleted",
]);

function wrongValue(key: string, path: Path, value: unknown, known: readonly string[]): Omit<Problem, "path" | "part"> {
  const given = typeof value === "string" ? value : undefined;
  if (given !== undefined && HASH.test(given) && isFieldRule(path)) return hashed(given);
  if (given === undefined && isFieldRule(path))
    return { code: "WRONG_TYPE", message: `\`${key}\` has the wrong form.`, help: FIELD_HELP };
  const help =
    given === undefined
      ? `It is one of: ${list(known)}.`
      : known.includes(given)
        ? "Write it without quotes."
        : didYouMean(given, known, "");
  return {
    code: "WRONG_VALUE",
    message: given === undefined ? `\`${key}\` has the wrong value.` : `\`${key}\` cannot be \`${given}\`.`,
    help,
  };
}

function hashed(word: string): Omit<Problem, "path" | "part"> {
  return {
    code: "HASH_IS_NO_ANONYMISATION",
    message: `\`${word}\` does not anonymise.`,
    help: "Hashing and masking are pseudonymisation at best: whoever has the value can hash it too. Use `clear`, or say what it is: `{ pseudonymise: hmac }`.",
  };
}

function isFieldRule(path: Path): boolean {
  return path[2] === "records" && (path[4] === "fields" || path[4] === "paths");
}

function expected(issue: ZodIssue, path: Path, value: unknown): string {
  if (value === null) return "Give it a value, or leave the key out.";
  if (isFieldRule(path)) return FIELD_HELP;
  if (path.at(-1) === "match") return "Name a column and the identity it holds: `match: { email: email }`.";
  if (typeof value === "number" && PERIODS.has(String(path.at(-1)))) return PERIOD_HELP;
  if (path.at(-2) === "match" && typeof value === "object") return MATCH_HELP;
  if (issue.code === "invalid_union") {
    const wanted = [
      ...new Set(issue.errors.flat().flatMap((error) => (error.code === "invalid_type" ? [error.expected] : []))),
    ];
    const forms = [...new Set(wanted.map(form))];
    return forms.length === 0 ? "See docs/datamap.md." : `It takes ${forms.join(", or ")}.`;
  }
  return issue.code === "invalid_type"
    ? `It takes ${form(issue.expected)}.${issue.expected === "string" && typeof value !== "object" ? " Put it in quotes." : ""}`
    : "See docs/datamap.md.";
}

function form(expectedType: string): string {
  const words: Readonly<Record<string, string>> = {
    string: "a text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list: [a, b]",
    object: "a block of keys",
    record: "a block of keys",
  };
  return words[expectedType] ?? expectedType;
}

function size(issue: ZodIssue): string {
  if (issue.code === "too_small") return `At least ${issue.minimum}${issue.inclusive === false ? ", and more" : ""}.`;
  if (issue.code === "too_big") return `At most ${issue.maximum}.`;
  return "See docs/datamap.md.";
}

function list(names: readonly string[]): string {
  return names.map((each) => `\`${each}\``).join(", ");
}

function without(value: unknown, paths: readonly Path[]): unknown {
  const gone = new Set(paths.map((path) => JSON.stringify(path)));
  const copy = (one: unknown, here: Path): unknown => {
    if (gone.has(JSON.stringify(here))) return undefined;
    if (Array.isArray(one))
      return one.map((item: unknown, at) => copy(item, [...here, at])).filter((item) => item !== undefined);
    if (!isBlock(one)) return one;
    return Object.fromEntries(
      Object.entries(one).flatMap(([key, each]): [string, unknown][] => {
        const path = [...here, key];
        return gone.has(JSON.stringify(path)) ? [] : [[key, copy(each, path)]];
      }),
    );
  };
  return copy(value, []);
}

/** What the top must have, so that the rest can be looked at. */
function withStubs(value: unknown): unknown {
  const stubs = {
    version: 1,
    controller: { name: "-", contact: "-", calendar: { timezone: "Etc/UTC" } },
    identities: {},
    systems: {},
  };
  return isBlock(value) ? { ...stubs, ...value } : stubs;
}
