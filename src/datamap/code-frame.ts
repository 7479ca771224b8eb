import type { Issue } from "../model/datamap.ts";

const WIDTH = 110;
/** Everything a credential may stand in, wherever it stands. */
const CREDENTIAL_KEY =
  /((?:pass(?:word|wd|phrase)?|pwd|secret\w*|token|api[_-]?key|access[_-]?key\w*|private[_-]?key|credentials?|dsn)["']?\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}\]]+)/giu;
const USER_INFO = /(:\/\/)[^\s/@"']*@/gu;

/** A quoted text, or a plain one as YAML ends it. */
const TOKEN = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s,:{}[\]]|:(?=\S)| (?=[^\s#]))+)/u;

/**
 * The issue with its line:
 *
 *     error[UNKNOWN_KEY] datamap.yaml:42:9  There is no key `filds` in `orders`.
 *     > 42 |         filds: { name: clear }
 *          |         ^^^^^   help: Did you mean `fields`?
 *
 * Values under `connect` are masked: a frame goes to screens and logs.
 */
export function codeFrame(text: string, issue: Issue): string {
  const head = `${issue.severity}[${issue.code}] ${issue.file}:${issue.line}:${issue.column}  ${issue.message}`;
  const line = maskConnect(text).split(/\r\n|\n/u)[issue.line - 1] ?? "";
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

/** Stars for everything that stands under `connect`, in block or flow form, also where the YAML is broken. Lines and columns stay. */
function maskConnect(text: string): string {
  let masked = "";
  let rest = text;
  for (;;) {
    const found = /(?<![\w-])(?:connect|"connect"|'connect')[ \t]*:/u.exec(rest);
    if (found === null) return masked + rest;
    const begin = found.index + found[0].length;
    const indent = /[^\n]*$/u.exec(masked + rest.slice(0, found.index))?.[0] ?? "";
    const length = lengthOfValue(rest.slice(begin), indent.length - indent.trimStart().length);
    masked += rest.slice(0, begin) + stars(rest.slice(begin, begin + length));
    rest = rest.slice(begin + length);
  }
}

function lengthOfValue(rest: string, indent: number): number {
  const opening = /^(?:[ \t]*(?:&\S+|#[^\n]*)?\r?\n?)*\{/u.exec(rest);
  if (opening !== null) {
    let depth = 0;
    for (let at = opening[0].length - 1; at < rest.length; at++) {
      const char = rest[at];
      if (char === '"' || char === "'") at = closing(rest, at, char);
      else if (char === "{") depth++;
      else if (char === "}" && --depth === 0) return at + 1;
    }
    return rest.length;
  }
  const lines = rest.split("\n");
  // the rest of the line, and every line that is deeper, blank or a comment
  const end = lines.findIndex(
    (line, at) => at > 0 && line.trim() !== "" && line.length - line.trimStart().length <= indent,
  );
  return end === -1 ? rest.length : lines.slice(0, end).join("\n").length;
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
