import { indent, safe } from "./show.ts";

type Cell = string | readonly string[];

interface ShownPaper {
  readonly title: string;
  readonly outcome: string;
  readonly facts: readonly (readonly [term: string, said: string])[];
  readonly tables: readonly {
    readonly heading: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly Cell[])[];
    readonly none: string;
  }[];
  readonly notes: readonly string[];
}

/** A page of tables as lists: in a terminal wide rows would run together. */
export function paperScreen({ title, outcome, facts, tables, notes }: ShownPaper): string {
  const parts = [
    `${safe(title)}\n${safe(outcome)}`,
    facts.map(([term, said]) => `${term}: ${safe(said)}`).join("\n"),
    ...tables.map(({ heading, columns, rows, none }) => {
      const list = rows.map(([first = "", ...more]) => {
        const cells = more.map((cell, at) => `${columns[at + 1] ?? ""}: ${words(cell, "; ")}`);
        return indent(`${words(first, " · ")}\n${indent(cells.join("\n"))}`);
      });
      return `${heading.toUpperCase()}\n${rows.length === 0 ? indent(none) : list.join("\n")}`;
    }),
    `NOT SHOWN\n${indent(notes.map((note) => `- ${note}`).join("\n"))}`,
  ];
  return parts.join("\n\n");
}

function words(cell: Cell, between: string): string {
  return safe([cell].flat().join(between));
}
