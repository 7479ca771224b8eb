import { Failure } from "../errors.ts";
import type { Lookup } from "../model/search.ts";
import { toUtf8 } from "./charset.ts";
import { openContent } from "./container.ts";
import { subjectsInside } from "./identifier-inside.ts";
import { comparableIn, matchTables } from "./match-record.ts";
import type { RecordRule } from "./record-rule.ts";

export interface Seen {
  /** Of whom a whole word of the text is an identifier. */
  readonly subjects: ReadonlySet<number>;
  /** False where the text could not be read to its end, or is none: then more may stand there. */
  readonly whole: boolean;
}

/** A line is not kept longer than this; of a longer one the end is looked at together with what follows. */
const LONGEST = 1024 * 1024;
const OVERLAP = 4096;

/** Looks for people in a file that cannot be read as records: another heading, a cut-off end. Never throws for what is wrong with the file. */
export async function searchText(
  source: AsyncIterable<Uint8Array>,
  { columns, encoding, name }: Pick<RecordRule, "columns" | "encoding" | "name">,
  lookups: readonly Lookup[],
): Promise<Seen> {
  const tables = matchTables(columns, "any", lookups);
  const subjects = new Set<number>();
  const look = (line: string) => {
    for (const { column, subjects: table } of tables)
      for (const subject of table.get(comparableIn(column, line)) ?? subjectsInside(column, table, line))
        subjects.add(subject);
  };
  const decoder = new TextDecoder();
  let rest = "";
  try {
    const content = await openContent(source, name);
    for await (const chunk of toUtf8(content.bytes, encoding, name)) {
      const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split(/\r?\n/u);
      rest = lines.pop() ?? "";
      lines.forEach(look);
      if (rest.length <= LONGEST) continue;
      look(rest);
      rest = rest.slice(-OVERLAP);
    }
    look(rest);
    return { subjects, whole: true };
  } catch (error) {
    look(rest);
    if (error instanceof Failure && isAboutContent(error)) return { subjects, whole: false };
    throw error;
  }
}

/** Whether a failure says that a file's content is not what a record file's is, and not that it could not be fetched. */
export function isAboutContent({ code }: Failure): boolean {
  return (
    code === "FILE_UNREADABLE" || code === "COLUMN_MISSING" || code === "FILE_REFUSED" || code === "FORMAT_NOT_BUILT"
  );
}
