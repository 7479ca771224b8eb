import type { Issue } from "../model/datamap.ts";

const WIDTH = 110;
/** Everything a credential may stand in, wherever it stands. */
const CREDENTIAL_KEY =
  /((?:pass(?:word|wd|phrase)?|pwd|secret\w*|token|api[_-]?key|access[_-]?key\w*|private[_-]?key|credentials?|dsn)["']?\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}\]]+)/giu;
const USER_INFO = /(:\/\/)[^\s/@"']*@/gu;

/** A quoted text, or a plain one as YAML ends it. */
const TOKEN = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s,:{}[\]]|:(?=\S)| (?=[^\s#]))+)/u;

/**
 * Each issue with its line:
 *
 *     error[UNKNOWN_KEY] datamap.yaml:42:9  There is no key `filds` in `orders`.
 *     > 42 |         filds: { name: clear }
 *          |         ^^^^^   help: Did you mean `fields`?
 *
 * Values under `connect` are masked: a frame goes to screens and logs.
 */
export function codeFrames(text: string, issues: readonly Issue[]): readonly string[] {
  // the whole text is masked once: a map written by a program has thousands of lines, and of mistakes
  const lines = issues.length === 0 ? [] : maskConnect(text).split(/\r\n|\n/u);
  return issues.map((issue) => frame(lines[issue.line - 1] ?? "", issue));
}

/** `line` is masked already. */
function frame(line: string, issue: Issue): string {
  const head = `${issue.severity}[${issue.code}] ${issue.file}:${issue.line}:${issue.column}  ${issue.message}`;
  const shown = line
    .replace(CREDENTIAL_KEY, (all: string, key: string) => key + "*".repeat(all.length - key.length))
    .replace(USER_INFO, (all) => `://${"*".repeat(all.length - 4)}@`);
  const token = TOKEN.exec(line.slice(issue.column - 1))?.[0].length ?? 1;

  // a map written by a program may be one line: only the part around the issue is shown
  const start = Math.max(0, Math.min(issue.column - 1 - 40, shown.length - WIDTH));
  const window = `${start > 0 ? "…" : ""}${shown.slice(start, start + WIDTH).trimEnd()}${start + WIDTH < shown.length ? "…" : ""}`;
  const before = shown.slice(start, issue.column - 1).replaceAll(/[^\t]/gu, " ");
  const caret = "^".repeat(Math.max(1, Math.min(token, start + WIDTH - issue.column + 1)));
  const number = String(issue.line);
  return [
    head,
    `> ${number} | ${window}`,
    `  ${" ".repeat(number.length)} | ${start > 0 ? " " : ""}${before}${caret}   help: ${issue.help}`,
  ].join("\n");
}

/**
 * Stars for everything that stands under `connect`, in block or flow form, also where the YAML is broken. Lines and
 * columns stay. One walk from the beginning to the end, whatever the text.
 */
function maskConnect(text: string): string {
  const parts: string[] = [];
  let done = 0;
  for (const found of text.matchAll(/(?<![\w-])(?:connect|"connect"|'connect')[ \t]*:/gu)) {
    // within what is masked already
    if (found.index < done) continue;
    const begin = found.index + found[0].length;
    const end = endOfValue(text, begin, indentAt(text, text.lastIndexOf("\n", found.index) + 1, found.index));
    parts.push(text.slice(done, begin), stars(text.slice(begin, end)));
    done = end;
  }
  parts.push(text.slice(done));
  return parts.join("");
}

function endOfValue(text: string, begin: number, indent: number): number {
  const opening = openingBrace(text, begin);
  if (opening !== undefined) {
    let depth = 0;
    for (let at = opening; at < text.length; at++) {
      const char = text[at];
      if (char === '"' || char === "'") at = closing(text, at, char);
      else if (char === "{") depth++;
      else if (char === "}" && --depth === 0) return at + 1;
    }
    return text.length;
  }
  // the rest of the line, and every line that is deeper, blank or a comment
  for (let line = text.indexOf("\n", begin); line !== -1;) {
    const next = text.indexOf("\n", line + 1);
    const end = next === -1 ? text.length : next;
    const deep = indentAt(text, line + 1, end);
    if (deep <= indent && line + 1 + deep < end) return line;
    line = next;
  }
  return text.length;
}

/** Where the value begins with a brace; blanks, comments and an anchor may stand before it. */
function openingBrace(text: string, begin: number): number | undefined {
  const blank = /(?:[ \t\r\n]|#[^\n]*|&[^\s{]+)*/uy;
  blank.lastIndex = begin;
  blank.test(text);
  return text[blank.lastIndex] === "{" ? blank.lastIndex : undefined;
}

/** How many blanks the line begins with. */
function indentAt(text: string, start: number, end: number): number {
  const blanks = /[^\S\n]*/uy;
  blanks.lastIndex = start;
  blanks.test(text);
  return Math.min(blanks.lastIndex, end) - start;
}

function closing(text: string, at: number, quote: string): number {
  let end = at + 1;
  while (end < text.length && text[end] !== quote) end += quote === '"' && text[end] === "\\" ? 2 : 1;
  return end;
}

/** Keys and punctuation stay readable, values do not. */
function stars(text: string): string {
  return text.replaceAll(
    /(?<=^|[\s{,])(secret|root|unsafe_overwrite)(?=["']?\s*:)|[^\s{},:"'#]/gu,
    (_, key: string | undefined) => key ?? "*",
  );
}
