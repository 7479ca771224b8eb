/** Addresses in a data map: `s3://BUCKET/exports/:customer_id.json` (a key template), `s3://BUCKET/till/*.jsonl` (a glob). */
import type { Lookup } from "../../src/model/search.ts";

export interface Address {
  readonly bucket: string;
  /** What follows `s3://BUCKET/`, as the map wrote it. */
  readonly path: string;
}

const ADDRESS = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])\/(.+)$/su;
const PLACEHOLDER = /^:[A-Za-z_][A-Za-z0-9_]*/u;
const BELOW = "/**";
/** The longest key that S3 knows, in bytes. */
const LONGEST = 1024;

export function parseAddress(text: string): Address | undefined {
  const [, bucket, path] = ADDRESS.exec(text) ?? [];
  return bucket === undefined || path === undefined ? undefined : { bucket, path };
}

/** A key template: texts, and placeholders (with their colon) that values stand in for. */
export interface Template {
  readonly pieces: readonly ({ readonly text: string } | { readonly placeholder: string })[];
  /** It means every key that begins with what it is filled to: it was written with a `/**` at its end. */
  readonly below: boolean;
}

/**
 * Reads a template. `names`: the placeholders that the map knows, such as `:shop.files.path`, whose dots belong to them;
 * of others a placeholder is the longest name. A star is itself, but for `/**` at the end.
 */
export function parseTemplate(path: string, names: readonly string[] = []): Template {
  const below = path.endsWith(BELOW);
  const text = below ? path.slice(0, -2) : path;
  const known = names.toSorted((a, b) => b.length - a.length);
  const pieces: ({ text: string } | { placeholder: string })[] = [];
  let plain = "";
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const placeholder =
      known.find((name) => name.startsWith(":") && rest.startsWith(name) && !/^\w/u.test(rest.slice(name.length))) ??
      PLACEHOLDER.exec(rest)?.[0];
    if (placeholder === undefined) {
      plain += text.charAt(at);
      at += 1;
      continue;
    }
    if (plain !== "") pieces.push({ text: plain });
    plain = "";
    pieces.push({ placeholder });
    at += placeholder.length;
  }
  if (plain !== "") pieces.push({ text: plain });
  return { pieces, below };
}

/** The placeholders of a template with their colon, each once. */
export function placeholdersOf({ pieces }: Template): readonly string[] {
  return [...new Set(pieces.flatMap((piece) => ("placeholder" in piece ? [piece.placeholder] : [])))];
}

/** What every key that a template can name begins with. */
export function templateStart({ pieces: [first] }: Template): string {
  return first !== undefined && "text" in first ? first.text : "";
}

export interface FilledKey {
  /** The key; of a template that means everything below, what the keys begin with. */
  readonly key: string;
  /** placeholder -> the value it stands for here. */
  readonly filled: Readonly<Record<string, string>>;
}

/**
 * Every key that the template names for a person's values, which are characters of the key and nothing else. None where a
 * placeholder has no value, and never one of an empty value or of dots alone; values that stand together in a parent's
 * row stand together in a key.
 */
export function keysFor(
  template: Template,
  { values, tuples = [] }: Pick<Lookup, "values" | "tuples">,
): readonly FilledKey[] {
  const placeholders = placeholdersOf(template);
  let choices: readonly ReadonlyMap<string, string>[] = [new Map()];
  for (const placeholder of placeholders) {
    const usable = (Object.hasOwn(values, placeholder) ? (values[placeholder] ?? []) : []).filter(
      (value) => !/^[.\s]*$/u.test(value),
    );
    choices = choices.flatMap((choice) => usable.map((value) => new Map(choice).set(placeholder, value)));
  }
  const together = tuples.filter(({ columns }) => columns.every((column) => placeholders.includes(column)));
  return choices
    .filter((choice) =>
      together.every(({ columns, rows }) =>
        rows.some((row) => columns.every((column, at) => choice.get(column) === row[at])),
      ),
    )
    .map((choice) => ({
      key: template.pieces
        .map((piece) => ("text" in piece ? piece.text : (choice.get(piece.placeholder) ?? "")))
        .join(""),
      filled: Object.fromEntries(choice),
    }))
    .filter(({ key }) => Buffer.byteLength(key) <= LONGEST);
}

/** Whether a key could be one that the template names for somebody. */
export function templateTest(template: Template): (key: string) => boolean {
  const pattern = templatePattern(template);
  return (key) => pattern.test(key);
}

/** The values in a key, where only one way of filling the template gives it: it has one placeholder. */
export function filledBy(template: Template, key: string): Readonly<Record<string, string>> {
  const placeholders = template.pieces.flatMap((piece) => ("placeholder" in piece ? [piece.placeholder] : []));
  const [only] = placeholders;
  const value = placeholders.length === 1 && !template.below ? templatePattern(template).exec(key)?.[1] : undefined;
  return only === undefined || value === undefined ? {} : { [only]: value };
}

function templatePattern({ pieces, below }: Template): RegExp {
  const source = pieces
    .map((piece) => ("text" in piece ? piece.text.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`) : "(.+)"))
    .join("");
  return new RegExp(`^${source}${below ? ".*" : ""}$`, "su");
}
