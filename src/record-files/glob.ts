/**
 * Globs of the data map: `*`, `?`, `{a,b}` inside a name, `**` for any folders; in folders `[a-z]` too, and a name that
 * begins with a dot is matched only where the glob writes the dot. Compared exactly, as the place gives the names.
 */

/** A glob, one pattern a folder level; `"**"` stands for any number of levels. */
export type Glob = readonly (RegExp | "**")[];

/** One glob gives several where braces stand in it. null: absolute, empty, or with `..` in it. */
export function parseGlob(text: string): readonly Glob[] | null {
  const expanded = expandBraces(text);
  const globs = expanded.map((glob) => glob.split("/").filter((part) => part !== "" && part !== "."));
  if (
    text.startsWith("/") ||
    text.includes("\\") ||
    globs.some((parts) => parts.length === 0 || parts.includes("..") || parts.at(-1) === "**")
  )
    return null;
  return globs.map((parts) => parts.map((part) => (part === "**" ? part : namePattern(part))));
}

/** What of a glob is left to match below a folder of this name; several where `**` may end here or go on. Empty: nothing can match there. */
export function below(globs: readonly Glob[], name: string): readonly Glob[] {
  return globs.flatMap((glob) => {
    const [first, ...rest] = glob;
    if (first === undefined) return [];
    if (first === "**") return [...(name.startsWith(".") ? [] : [glob]), ...below([rest], name)];
    return first.test(name) && rest.length > 0 ? [rest] : [];
  });
}

/** Whether a file of this name, in the folder reached, is matched. */
export function matches(globs: readonly Glob[], name: string): boolean {
  return globs.some((glob) => {
    const [first, ...rest] = glob;
    if (first === "**") return matches([rest], name);
    return first !== undefined && rest.length === 0 && first.test(name);
  });
}

/**
 * A glob over whole keys of objects, which know no folders and hide nothing: `*` and `?` stop at a slash, `**` does not
 * (`**` and a slash: any folders, or none); brackets, and braces that do not pair, are themselves.
 */
export function keyGlob(text: string): (key: string) => boolean {
  const sources = expandBraces(text).map((glob) =>
    glob.replaceAll(/\*\*\/|\*\*|[\s\S]/gu, (piece) =>
      piece === "**/" ? "(?:.*/)?" : piece === "**" ? ".*" : wildcard(piece),
    ),
  );
  const pattern = new RegExp(`^(?:${sources.join("|")})$`, "su");
  return (key) => pattern.test(key);
}

/** What every path that a glob matches begins with. */
export function literalStart(glob: string): string {
  return /^[^*?{]*/u.exec(glob)?.[0] ?? "";
}

function expandBraces(text: string): string[] {
  const found = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/su.exec(text);
  if (found === null) return [text];
  const [, before = "", choices = "", after = ""] = found;
  return choices.split(",").flatMap((choice) => expandBraces(`${before}${choice}${after}`));
}

function namePattern(part: string): RegExp {
  const source = part.replaceAll(
    /\[(!?)([^\]]+)\]|[\s\S]/gu,
    (piece, not: string | undefined, set: string | undefined) =>
      set === undefined
        ? wildcard(piece)
        : `[${not === "!" ? "^" : ""}${set.replaceAll(/[\\^[\]]/gu, String.raw`\$&`)}]`,
  );
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${source}$`, "su");
}

function wildcard(piece: string): string {
  if (piece === "*") return "[^/]*";
  if (piece === "?") return "[^/]";
  return piece.replace(/[.*+?^${}()|[\]\\/]/u, String.raw`\$&`);
}
