/** Patterns of places, compared with each other: globs of record types, key templates, names of families, entries of map.ignore. */
import { keyGlob } from "../record-files/glob.ts";

type Token = { readonly char: string } | { readonly star: "name" | "path" };

/** Whether some name fits both. `*` stops at a slash, `**` does not. */
export function meet(one: string, other: string): boolean {
  const [a, b] = [tokensOf(one), tokensOf(other)];
  const known = new Map<number, boolean>();
  const from = (at: number, to: number): boolean => {
    const name = at * (b.length + 1) + to;
    const before = known.get(name);
    if (before !== undefined) return before;
    const [left, right] = [a[at], b[to]];
    const met =
      left === undefined && right === undefined
        ? true
        : (left !== undefined && "star" in left && (from(at + 1, to) || (takes(left, right) && from(at, to + 1)))) ||
          (right !== undefined && "star" in right && (from(at, to + 1) || (takes(right, left) && from(at + 1, to)))) ||
          (left !== undefined &&
            right !== undefined &&
            "char" in left &&
            "char" in right &&
            left.char === right.char &&
            from(at + 1, to + 1));
    known.set(name, met);
    return met;
  };
  return from(0, 0);
}

/** Whether every name of the family fits the pattern. */
export function holder(pattern: string): (family: string) => boolean {
  const fits = keyGlob(pattern);
  // a sign that no name has stands for whatever the family's stars stand for: only a star of the pattern takes it
  return (family) => pattern === family || fits(family.replaceAll(/\*+/gu, "\u{0}"));
}

function takes({ star }: { readonly star: "name" | "path" }, token: Token | undefined): boolean {
  if (token === undefined) return false;
  return star === "path" || !("char" in token) || token.char !== "/";
}

function tokensOf(pattern: string): readonly Token[] {
  return [...pattern.matchAll(/\*\*\/?|\*|[\s\S]/gu)].map(([piece]): Token =>
    piece.startsWith("**") ? { star: "path" } : piece === "*" || piece === "?" ? { star: "name" } : { char: piece },
  );
}
