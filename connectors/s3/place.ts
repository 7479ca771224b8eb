/** Addresses in a data map: `s3://BUCKET/exports/:customer_id.json` (a key template), `s3://BUCKET/till/*.jsonl` (a glob). */

export interface Address {
  readonly bucket: string;
  /** What follows `s3://BUCKET/`, as the map wrote it. */
  readonly path: string;
}

const ADDRESS = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])\/(.+)$/su;
const PLACEHOLDER = /:[A-Za-z_][A-Za-z0-9_]*/gu;
/** The longest key that S3 knows, in bytes. */
const LONGEST = 1024;

export function parseAddress(text: string): Address | undefined {
  const [, bucket, path] = ADDRESS.exec(text) ?? [];
  return bucket === undefined || path === undefined ? undefined : { bucket, path };
}

/** The placeholders of a key template with their colon, each once: `:customer_id`. */
export function placeholdersOf(path: string): readonly string[] {
  return [...new Set(path.match(PLACEHOLDER))];
}

/** The part of a template or glob that every key it can name begins with. */
export function literalPrefix(kind: "keys" | "files", path: string): string {
  const at = kind === "keys" ? path.search(/:[A-Za-z_]/u) : path.search(/[*?{]/u);
  return at === -1 ? path : path.slice(0, at);
}

export interface FilledKey {
  readonly key: string;
  /** placeholder -> the value it stands for here. */
  readonly filled: Readonly<Record<string, string>>;
}

/**
 * Every key that the template names for these values, which are characters of the key and nothing else. None where a
 * placeholder has no value.
 */
export function keysFor(path: string, values: Readonly<Record<string, readonly string[]>>): readonly FilledKey[] {
  let choices: readonly Readonly<Record<string, string>>[] = [{}];
  for (const placeholder of placeholdersOf(path)) {
    choices = choices.flatMap((choice) => (values[placeholder] ?? []).map((value) => ({ ...choice, [placeholder]: value })));
  }
  return choices
    .map((filled) => ({ key: path.replace(PLACEHOLDER, (placeholder) => filled[placeholder] ?? ""), filled }))
    .filter(({ key }) => Buffer.byteLength(key) <= LONGEST);
}

/** Whether a key could be one that the template names for somebody. */
export function templateTest(path: string): (key: string) => boolean {
  const literals = path.split(PLACEHOLDER).map(literal);
  const pattern = new RegExp(`^${literals.join(".+")}$`, "su");
  return (key) => pattern.test(key);
}

/**
 * `*` and `?` stop at a slash, `**` does not (`**` and a slash: any folders, or none), `{a,b}` is one of these; all else
 * is itself, braces that do not pair too.
 */
export function globTest(path: string): (key: string) => boolean {
  const paired = bracesPair(path);
  let depth = 0;
  const source = path.replace(/\*\*\/|\*\*|\*|\?|\{|\}|,|[^*?{},]+/gsu, (part) => {
    switch (part) {
      case "**/":
        return "(?:.*/)?";
      case "**":
        return ".*";
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      case "{":
        depth += 1;
        return paired ? "(?:" : literal(part);
      case "}":
        depth -= 1;
        return paired ? ")" : literal(part);
      case ",":
        return paired && depth > 0 ? "|" : literal(part);
      default:
        return literal(part);
    }
  });
  const pattern = new RegExp(`^(?:${source})$`, "su");
  return (key) => pattern.test(key);
}

function bracesPair(path: string): boolean {
  let depth = 0;
  for (const sign of path) {
    if (sign === "{") depth += 1;
    if (sign === "}") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}
