/** Text for people: aligned columns, no boxes, colours only where a terminal wants them. */
import { stripVTControlCharacters, styleText } from "node:util";
import { printable } from "../model/shown.ts";

/** `danger`: what cannot be taken back. */
export type Tint = "good" | "bad" | "danger" | "warn" | "dim" | "bold";

const STYLES = {
  good: "green",
  bad: "red",
  danger: ["bold", "red"],
  warn: "yellow",
  dim: "dim",
  bold: "bold",
} as const;

/** Colours the text where the stream is a terminal and neither NO_COLOR nor `plain` asks for none. The words alone must say it all. */
export function tint(text: string, how: Tint, plain = false, stream: NodeJS.WriteStream = process.stdout): string {
  const style = STYLES[how];
  return plain
    ? text
    : styleText(typeof style === "string" ? style : [...style], text, { stream, validateStream: true });
}

/** Rows in aligned columns, two spaces apart. The last column is not padded. */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const all = head === undefined ? rows : [head, ...rows];
  const widths = all.reduce<number[]>(
    (widest, row) => row.map((cell, at) => Math.max(widest[at] ?? 0, width(cell))),
    [],
  );
  return all
    .map((row) =>
      row
        .map((cell, at) =>
          at === row.length - 1 ? cell : cell + " ".repeat(Math.max((widths[at] ?? 0) - width(cell), 0)),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function indent(text: string, by = 2): string {
  return text.replaceAll(/^(?=.)/gmu, " ".repeat(by));
}

/** Words in lines of at most so many columns, indented. */
export function wrap(text: string, by: number, columns: number): string {
  const lines = text.split(/\s+/u).reduce<string[]>((all, word) => {
    const last = all.at(-1);
    if (last === undefined || width(last) + 1 + width(word) > columns - by) return [...all, word];
    return [...all.slice(0, -1), `${last} ${word}`];
  }, []);
  return indent(lines.join("\n"), by);
}

/** `1 record`, `2 records`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `Wed 2 Dec 2026` for a civil date. */
export function day(civil: string): string {
  const [year = "", month = "", of = ""] = civil.split("-");
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(of)));
  return `${WEEKDAYS[at.getUTCDay()] ?? ""} ${Number(of)} ${MONTHS[Number(month) - 1] ?? ""} ${year}`;
}

/** `2 Dec 2026`, where many stand below each other. */
export function date(civil: string): string {
  return day(civil).slice(4);
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Text that came from outside, without control characters: it cannot forge lines or colours. */
export function safe(text: string): string {
  return printable(stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, " "));
}

/** Columns that a text takes. */
export function width(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** Days in words that others made (2026-12-15), as screens say them. */
export function spoken(text: string): string {
  return text.replaceAll(/\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b(?!-)/gu, (iso) => day(iso));
}
