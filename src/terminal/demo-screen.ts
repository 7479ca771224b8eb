import { count, indent, table, tint } from "./show.ts";

/** Where the person stood before and stands after, seen in the bytes of the files. */
export interface Sight {
  readonly file: string;
  readonly before: number;
  readonly after: number;
}

export interface DemoTold {
  readonly folder: string;
  readonly request: string;
  readonly sights: readonly Sight[];
  /** Rows and lines that are not hers, and how many of them are not as they were. */
  readonly others: { readonly lines: number; readonly changed: number };
  /** The folder holds the whole shop still. */
  readonly kept: boolean;
}

/** What is said before each command, on the way. */
export function demoStep(title: string, command: string, said: string, plain: boolean): string {
  return `\n${tint(title, "bold", plain, process.stderr)}\n${tint(`$ expunge ${command}`, "dim", plain, process.stderr)}\n${indent(said)}`;
}

export function demoScreen({ folder, request, sights, others, kept }: DemoTold, plain: boolean): string {
  const rows = sights.map(({ file, before, after }) => [file, String(before), String(after)]);
  const left = sights.reduce((sum, { after }) => sum + after, 0);
  return [
    tint("Her e-mail address in the bytes of the shop's files, looked for without expunge:", "bold", plain),
    indent(table(rows, ["file", "before", "after"])),
    left === 0 ? "Gone, from freed pages and the full-text index too." : `Found ${count(left, "time")}.`,
    `Everybody else, another Mara Winter among them: ${count(others.lines, "row and line", "rows and lines")}, ${others.changed} changed.`,
    "Her invoice stays, with the name and address that tax law wants on it.",
    "",
    `Report and public key: ${folder}`,
    kept
      ? `The shop is there too. From where you are now: npx expunge request show ${request} --map ${folder}/datamap.yaml --workspace ${folder}/.expunge`
      : "The shop itself was removed; `expunge demo --keep` leaves it.",
  ].join("\n");
}
