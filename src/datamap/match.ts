import type { Match, MatchTerm, Where } from "../model/datamap.ts";
import { knowName, knowRecord, notBuilt, readRef, type Check } from "./check.ts";
import type { WrittenMatch, WrittenWhere } from "./shape.ts";
import type { Path } from "./source.ts";
import { nearest } from "../model/nearest.ts";

/** `:identity`, or `:system.record.column` where that record is known; the name of such a column is one word. */
const PLACEHOLDER =
  /:([\p{L}_][\p{L}\p{N}_-]*)\.([\p{L}_][\p{L}\p{N}_-]*)\.([\p{L}_][\p{L}\p{N}_]*)|:([A-Za-z_][A-Za-z0-9_]*)/gu;
const WORD = /^[A-Za-z_][A-Za-z0-9_]*/u;

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
    const [system = "", record = "", ...rest] = column.split(".");
    if (!source.includes(".") && rest.length > 0 && check.names.records.has(`${system}.${record}`)) {
      check.report({
        path: at,
        part: "key",
        code: "MATCH_SWAPPED",
        message: "The two sides are swapped: the left one is a column of this record.",
        help: `Write \`${source}: ${column}\`.`,
      });
      return [];
    }
    if (!source.includes(".")) {
      return knowName(source, "identity", at, check)
        ? [{ column, source: { kind: "identity", identity: source } }]
        : [];
    }
    const ref = readRef(source, at, check);
    return ref === undefined ? [] : [{ column, source: { kind: "column", ref } }];
  });
  return { mode, terms };
}

/**
 * The placeholders of key templates, each once: a person's values go there, so they are the match. A term's column is
 * the placeholder as it is written: `:customer_id`, `:shop.files.path`.
 */
export function readTemplates(templates: readonly string[], path: Path, check: Check): Match {
  const found = new Map<string, MatchTerm>();
  for (const [at, template] of templates.entries()) {
    const here = [...path, at];
    const terms = placeholders(template, here, check);
    for (const term of terms ?? []) found.set(term.column, term);
    if (terms === undefined) {
      const help = "Put an identity into it, as in `exports/:customer_id.json`.";
      check.report({
        path: here,
        part: "value",
        code: "NO_PLACEHOLDER",
        message: "This key names nobody: it would go for everyone.",
        help,
      });
    }
    const parents = (terms ?? []).flatMap(({ source }) => (source.kind === "column" ? [source.ref.record] : []));
    const twice = parents.find((parent, index) => parents.indexOf(parent) < index);
    if (twice !== undefined) notBuilt(here, "value", `Two columns of \`${twice}\` in one key`, check);
  }
  return { mode: "any", terms: [...found.values()] };
}

/** Undefined where there is none at all; what is wrong is said, and left out. */
function placeholders(template: string, path: Path, check: Check): readonly MatchTerm[] | undefined {
  const terms: MatchTerm[] = [];
  const found = [...template.matchAll(PLACEHOLDER)];
  for (const [text, system = "", record = "", column = "", identity] of found) {
    const id = `${system}.${record}`;
    const word = identity ?? WORD.exec(system)?.[0] ?? "";
    if (identity === undefined && !isIdentity(word, id, check)) {
      if (knowRecord(id, path, check))
        terms.push({ column: text, source: { kind: "column", ref: { record: id, column } } });
    } else if (knowName(word, "identity", path, check))
      terms.push({ column: `:${word}`, source: { kind: "identity", identity: word } });
  }
  return found.length === 0 ? undefined : terms;
}

/** Whether what looks like `:system.record.column` is an identity with an ending, as in `:customer_id.tar.gz`. */
function isIdentity(word: string, id: string, { names }: Check): boolean {
  return !names.records.has(id) && (names.identities.has(word) || nearest(id, names.records) === undefined);
}

/** Values as they were written: a code `0010` is no number. */
export function readWhere(written: WrittenWhere, path: Path, check: Check): Where {
  return Object.fromEntries(
    Object.entries(written).map(([column, values]): [string, string[]] => {
      const at = [...path, column];
      if (!Array.isArray(values)) return [column, [check.text(at) ?? String(values)]];
      return [column, values.map((value: unknown, index) => check.text([...at, index]) ?? String(value))];
    }),
  );
}

function modeOf(
  written: WrittenMatch,
  path: Path,
): { mode: Match["mode"]; block: Readonly<Record<string, string>>; here: Path } {
  const entries: [string, string | Record<string, string>][] = Object.entries(written);
  for (const [key, value] of entries) {
    // a column may be called `all`: then its value is a text
    if ((key === "all" || key === "any") && typeof value === "object")
      return { mode: key, block: value, here: [...path, key] };
  }
  const block = Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  return { mode: "any", block, here: path };
}
