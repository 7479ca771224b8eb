import type { Match, MatchTerm } from "../model/datamap.ts";
import { knowName, readRef, type Check } from "./check.ts";
import type { WrittenMatch } from "./shape.ts";
import type { Path } from "./source.ts";

const PLACEHOLDER = /:([A-Za-z_][A-Za-z0-9_]*)/gu;

/** Terms with an unknown source are left out: the map is refused then. */
export function readMatch(written: WrittenMatch, path: Path, check: Check): Match {
  const { mode, block, here } = modeOf(written, path);
  const entries = Object.entries(block);
  if (entries.length === 0) {
    check.report({
      path: here,
      part: "key",
      code: "MATCH_EMPTY",
      message: "This matches nothing.",
      help: "Name a column and the identity it holds: `match: { email: email }`.",
      missing: [here],
    });
  }
  const terms = entries.flatMap(([column, source]): MatchTerm[] => {
    const at = [...here, column];
    if (!source.includes(".")) {
      return knowName(source, "identity", at, check) ? [{ column, source: { kind: "identity", identity: source } }] : [];
    }
    const ref = readRef(source, at, check);
    return ref === undefined ? [] : [{ column, source: { kind: "column", ref } }];
  });
  return { mode, terms };
}

/** The placeholders of key templates, each once: a person's values go there, so they are the match. */
export function readTemplates(templates: readonly string[], path: Path, check: Check): Match {
  const found = new Set<string>();
  for (const [at, template] of templates.entries()) {
    const names = [...template.matchAll(PLACEHOLDER)].flatMap(([, name]) => (name === undefined ? [] : [name]));
    for (const name of names) {
      if (knowName(name, "identity", [...path, at], check)) found.add(name);
    }
    if (names.length === 0) {
      check.report({
        path: [...path, at],
        part: "value",
        code: "NO_PLACEHOLDER",
        message: "This key names nobody: it would go for everyone.",
        help: "Put an identity into it, as in `exports/:customer_id.json`.",
      });
    }
  }
  return {
    mode: "any",
    terms: [...found].map((identity) => ({
      column: `:${identity}`,
      source: { kind: "identity", identity },
    })),
  };
}

function modeOf(written: WrittenMatch, path: Path): { mode: Match["mode"]; block: Readonly<Record<string, string>>; here: Path } {
  const entries: [string, string | Record<string, string>][] = Object.entries(written);
  for (const [key, value] of entries) {
    // a column may be called `all`: then its value is a text
    if ((key === "all" || key === "any") && typeof value === "object") return { mode: key, block: value, here: [...path, key] };
  }
  const block = Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  return { mode: "any", block, here: path };
}
