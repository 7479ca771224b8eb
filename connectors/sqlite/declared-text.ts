/** Reading the statements that SQLite keeps of tables and indexes, as far as it tells their parts nowhere else. */

const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]/gu;

export function withoutComments(sql: string): string {
  // what is quoted is no comment, whatever stands in it
  return sql.replace(
    new RegExp(`(${QUOTED.source})|/\\*[\\s\\S]*?\\*/|--[^\\n]*`, "gu"),
    (_all, kept?: string) => kept ?? " ",
  );
}

export interface Brackets {
  /** What stands between a bracket and the one that closes it. */
  readonly text: string;
  /** The same, cut at its own commas. */
  readonly items: readonly string[];
}

/** The first pair of brackets; none where the text has none that is closed. */
export function bracketsIn(text: string): readonly Brackets[] {
  const start = text.indexOf("(");
  if (start === -1) return [];
  let depth = 0;
  let cut = start + 1;
  const items: string[] = [];
  const tokens = new RegExp(`${QUOTED.source}|[(),]`, "gu");
  for (const token of text.slice(start).matchAll(tokens)) {
    const at = start + token.index;
    if (token[0] === "(") depth += 1;
    else if (token[0] === ")") depth -= 1;
    else if (token[0] === "," && depth === 1) {
      items.push(text.slice(cut, at));
      cut = at + 1;
    }
    if (depth === 0) return [{ text: text.slice(start + 1, at), items: [...items, text.slice(cut, at)] }];
  }
  return [];
}
