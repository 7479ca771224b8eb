/** Which file imports what, read from the text: for the architecture's tests. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

export interface Import {
  /** Path from the project's root. */
  readonly file: string;
  /** A path from the project's root, or a package's name. */
  readonly target: string;
  readonly ours: boolean;
}

const STATEMENTS = [/^\s*(?:import|export)\s(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gmu, /\bimport\("([^"]+)"\)/gu];

export function importsIn(file: string, text: string): readonly Import[] {
  return STATEMENTS.flatMap((statement) => [...text.matchAll(statement)].map((found) => read(file, found[1] ?? "")));
}

export function importsOfTree(root: string, patterns: readonly string[]): readonly Import[] {
  return patterns.flatMap((pattern) =>
    globSync(pattern, { cwd: root }).flatMap((file) => importsIn(file, readFileSync(join(root, file), "utf8"))),
  );
}

function read(file: string, specifier: string): Import {
  const ours = specifier.startsWith(".");
  const target = ours
    ? normalize(join(dirname(file), specifier))
    : specifier.startsWith("node:")
      ? specifier
      : packageOf(specifier);
  return { file, target, ours };
}

function packageOf(specifier: string): string {
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}
