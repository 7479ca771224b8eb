/** A page of tables, written as HTML, Markdown or CSV from one description. */
import { stringify } from "csv-stringify/sync";
import { html, type Markup } from "./markup.ts";
import { fact, table, wholePage } from "./page-parts.ts";

/** One cell: a text, or several that stand below each other. */
export type Cell = string | readonly string[];

export interface PaperTable {
  readonly heading: string;
  readonly caption: string;
  /** The first one names the row. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Said where there are no rows. */
  readonly none: string;
}

export interface Paper {
  readonly title: string;
  /** The page in one sentence. */
  readonly outcome: string;
  /** Something is open, or not written. */
  readonly open: boolean;
  readonly facts: readonly (readonly [term: string, said: string])[];
  readonly tables: readonly PaperTable[];
  /** What the page does not show. */
  readonly notes: readonly string[];
  /** One table for spreadsheets. */
  readonly sheet: { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] };
}

export type PaperFormat = "md" | "html" | "csv";

export function paperAs(paper: Paper, format: PaperFormat): string {
  switch (format) {
    case "md":
      return paperMarkdown(paper);
    case "html":
      return paperPage(paper);
    case "csv":
      return paperSheet(paper);
  }
}

function paperPage({ title, outcome, open, facts, tables, notes }: Paper): string {
  return wholePage(
    title,
    html`<p class="outcome${open ? " open" : ""}">${outcome}</p>
      <dl>${facts.map(([term, said]) => fact(term, html`${said}`))}</dl>
      ${tables.map((one) =>
        table(
          one.heading,
          one.caption,
          one.columns,
          one.rows.map((row) => rowOf(row)),
          one.none,
        ),
      )}
      <h2>What this page does not show</h2>
      <ul>
        ${notes.map((note) => html`<li>${note}</li> `)}
      </ul>`,
  );
}

function rowOf([first = "", ...more]: readonly Cell[]): Markup {
  return html`<tr>
    <th scope="row">${lines(first)}</th>
    ${more.map((cell) => html`<td>${lines(cell)}</td>`)}
  </tr>`;
}

function lines(cell: Cell): Markup {
  if (typeof cell === "string") return html`${cell}`;
  const [first = "", ...more] = cell;
  return html`${first}${more.map((one) => html`<br />${one}`)}`;
}

function paperMarkdown({ title, outcome, facts, tables, notes }: Paper): string {
  const parts = [
    `# ${plain(title)}`,
    `**${plain(outcome)}**`,
    facts.map(([term, said]) => `- ${plain(term)}: ${plain(said)}`).join("\n"),
    ...tables.flatMap(({ heading, columns, rows, none }) => [
      `## ${plain(heading)}`,
      rows.length === 0
        ? plain(none)
        : [columns, columns.map(() => "---"), ...rows].map((row, at) => markdownRow(row, at === 1)).join("\n"),
    ]),
    "## What this page does not show",
    notes.map((note) => `- ${plain(note)}`).join("\n"),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function markdownRow(row: readonly Cell[], isRule: boolean): string {
  return `| ${row.map((cell) => (isRule ? String(cell) : [cell].flat().map(plain).join("<br>"))).join(" | ")} |`;
}

/** Words of a data map are words: none of them is a tag, a link, a heading or a cell's end. */
function plain(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_[\]<>|#~!&]/gu, (sign) =>
    sign === "<" ? "&lt;" : sign === "&" ? "&amp;" : `\\${sign}`,
  );
}

/** UTF-8 with its mark, lines as RFC 4180 has them. What a spreadsheet would take for a formula is a text. */
function paperSheet({ sheet: { columns, rows } }: Paper): string {
  const text = (cell: Cell): string => [cell].flat().map(oneLine).join("; ");
  return stringify(
    [columns, ...rows].map((row) => row.map(text)),
    {
      bom: true,
      escape_formulas: true,
      quoted: true,
      record_delimiter: "windows",
    },
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
