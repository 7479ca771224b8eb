/** Record files with lines that can be marked, written and read without anything of the product. */
import { markerColumns } from "../../src/model/marker.ts";
import type { MarkedRow, Way } from "../contract/marks.contract.ts";

export interface Lines {
  file(way: Way, rows: readonly MarkedRow[]): string;
  /** Each line by its `no`, with its line end; what is no record under `+`. */
  dump(text: string): Record<string, string>;
  parts(
    way: Way,
    text: string,
    no: string,
  ): { readonly marks: Readonly<Record<string, string | null>>; readonly rest: string };
  /** The file with another value in a column of one line. */
  edit(way: Way, text: string, no: string, column: string, value: string | null): string;
}

const csvColumns = (way: Way) => ["no", "email", ...markerColumns(way.marker), "note"];

function valuesOf(way: Way, { marks = {} }: MarkedRow): Readonly<Record<string, string | null>> {
  return { ...way.live, ...marks };
}

function withLine(text: string, no: string, change: (line: string) => string): string {
  return Object.values(dumpOf(text))
    .map((line) => (noOf(line) === no ? change(line) : line))
    .join("");
}

function noOf(line: string): string | undefined {
  return /^"?(\d+)"?;/u.exec(line)?.[1] ?? /"no"\s*:\s*"?(\d+)/u.exec(line)?.[1];
}

function dumpOf(text: string): Record<string, string> {
  const dump: Record<string, string> = {};
  for (const [at, line] of (text.match(/[^\n]*\n|[^\n]+$/gu) ?? []).entries()) dump[noOf(line) ?? `+${at}`] = line;
  return dump;
}

export const csvLines: Lines = {
  file: (way, rows) =>
    `\u{FEFF}${csvColumns(way).join(";")}\r\n${rows
      .map((row) => {
        const marks = valuesOf(way, row);
        // quoted in some lines, bare in others
        const cells = markerColumns(way.marker).map((column) => {
          const value = marks[column] ?? "";
          return row.no === "3" ? `"${value}"` : value;
        });
        return `${row.no};"${row.email}";${cells.join(";")};"a ""note"", Zo\u{E9}  "`;
      })
      .join("\r\n")}`,
  dump: dumpOf,
  parts(way, text, no) {
    const line = dumpOf(text)[no] ?? "";
    const cells = line.split(";");
    const names = csvColumns(way);
    const marked = markerColumns(way.marker);
    return {
      marks: Object.fromEntries(
        marked.map((column) => {
          const value = (cells[names.indexOf(column)] ?? "").replaceAll('"', "");
          return [column, value === "" ? null : value];
        }),
      ),
      rest: cells.filter((_, at) => !marked.includes(names[at] ?? "")).join(";"),
    };
  },
  edit: (way, text, no, column, value) =>
    inCsv(text, no, (line) => line.with(csvColumns(way).indexOf(column), value ?? "")),
};

function inCsv(text: string, no: string, change: (cells: readonly string[]) => readonly string[]): string {
  return text
    .split("\r\n")
    .map((line) => (noOf(line) === no ? change(line.split(";")).join(";") : line))
    .join("\r\n");
}

const MEMBER = (key: string) => new RegExp(`,?\\s*"${key}"\\s*:\\s*(?:"[^"]*"|true|false|null)`, "u");

export const jsonLines: Lines = {
  file: (way, rows) =>
    rows
      .map((row) => {
        const marks = valuesOf(way, row);
        const flat = Object.entries(marks).filter(([path, value]) => value !== null && !path.includes("."));
        const members = flat.map(
          ([key, value]) => `"${key}" : ${value === "true" || value === "false" ? value : JSON.stringify(value)},`,
        );
        const nested = Object.entries(marks).filter(([path, value]) => value !== null && path.includes("."));
        const meta =
          nested.length === 0
            ? ""
            : `, "meta": {"gone" : {${nested.map(([path, value]) => `"${path.split(".").at(-1) ?? ""}":${JSON.stringify(value)}`).join(", ")}}}`;
        return `{ ${members.join(" ")} "no": "${row.no}" , "email":"${row.email}", "n": 1.50, "big": 12345678901234567890, "u": "Zo\\u00e9"${meta} }\n`;
      })
      .join(""),
  dump: dumpOf,
  parts(way, text, no) {
    const line = dumpOf(text)[no] ?? "";
    const parsed: unknown = JSON.parse(line);
    const at = (path: string) =>
      path
        .split(".")
        .reduce<unknown>(
          (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
          parsed,
        );
    const columns = markerColumns(way.marker);
    const bare = columns.reduce((rest, path) => rest.replace(MEMBER(path.split(".").at(-1) ?? ""), ""), line);
    return {
      marks: Object.fromEntries(
        columns.map((path) => [path, at(path) === undefined || at(path) === null ? null : String(at(path))]),
      ),
      rest: bare.replace(/,\s*"meta"\s*:\s*\{\s*"gone"\s*:\s*\{\s*\}\s*\}/u, "").replace(/^\{[ ,]*/u, "{"),
    };
  },
  edit: (_way, text, no, column, value) =>
    withLine(text, no, (line) =>
      line.replace(MEMBER(column.split(".").at(-1) ?? ""), (member) =>
        member.replace(/:\s*(?:"[^"]*"|true|false|null)$/u, `: ${value === null ? "null" : JSON.stringify(value)}`),
      ),
    ),
};
