import type { Finding, Gap } from "../model/search.ts";
import type { IO } from "../port/connector.ts";
import type { LineReports } from "./record-rule.ts";

/** More lines of one file than this are counted, no longer named. */
const NAMED = 100;

export interface LineReporter extends LineReports {
  /** Says what was only counted; once, when the file has been read. */
  end(): void;
}

/** Reports as gaps what a file has that cannot be acted on. `name`: the file as it may be shown. */
export function lineReporter(record: string, name: string, io: Pick<IO, "report" | "digest">): LineReporter {
  let unreadable = 0;
  let named = 0;
  let unnamed = 0;
  const gap = (where: string, what: string, more: Omit<Gap, "where">) =>
    io.report({ code: "GAP", severity: "warning", record, message: `${where}: ${what}`, gap: { where, ...more } });
  const line = (at: number, text: string, what: string) => {
    named += 1;
    if (named <= NAMED) gap(`${name}:${at}`, what, { holdsIdentifier: true, content: io.digest([text]) });
    else unnamed += 1;
  };
  return {
    unreadable(at, text, holds) {
      unreadable += 1;
      if (holds) line(at, text, "is no JSON object, and holds an identifier");
    },
    inside: (at, text) =>
      line(at, text, "holds an identifier beside other text or in a shape that the match does not read"),
    outside: (at, text) => line(at, text, "holds an identifier outside all records: in the heading, or before it"),
    end() {
      if (unnamed > 0)
        gap(name, `${unnamed} more lines hold an identifier that cannot be acted on`, { holdsIdentifier: true });
      if (unreadable > 0)
        gap(
          name,
          `${unreadable} unreadable ${unreadable === 1 ? "line is kept as it is" : "lines are kept as they are"}`,
          { holdsIdentifier: false },
        );
    },
  };
}

/** A file whose own name holds an identifier: its records may go, the name stays. */
export function namedAfter(record: string, name: string): Finding {
  return {
    code: "GAP",
    severity: "warning",
    record,
    message: `${name}: its name holds an identifier`,
    help: "Give the file another name, or delete it by hand.",
    gap: { where: name, holdsIdentifier: true },
  };
}
