import type { Finding } from "../model/search.ts";
import type { LineReports } from "./record-rule.ts";

/** More lines of one file than this are counted, no longer named. */
const NAMED = 100;

export interface LineReporter extends LineReports {
  /** Says what was only counted; once, when the file has been read. */
  end(): void;
}

/** Reports as gaps what a file has that cannot be acted on. `name`: the file as it may be shown. */
export function lineReporter(record: string, name: string, report: (finding: Finding) => void): LineReporter {
  let unreadable = 0;
  let named = 0;
  let unnamed = 0;
  const gap = (where: string, holdsIdentifier: boolean, what: string) =>
    report({ code: "GAP", severity: "warning", record, message: `${where}: ${what}`, gap: { where, holdsIdentifier } });
  const line = (at: number, what: string) => {
    named += 1;
    if (named <= NAMED) gap(`${name}:${at}`, true, what);
    else unnamed += 1;
  };
  return {
    unreadable(at, holds) {
      unreadable += 1;
      if (holds) line(at, "is no JSON object, and holds an identifier");
    },
    inside: (at) => line(at, "holds an identifier beside other text or in a shape that the match does not read"),
    outside: (at) => line(at, "holds an identifier outside all records: in the heading, or before it"),
    end() {
      if (unnamed > 0) gap(name, true, `${unnamed} more lines hold an identifier that cannot be acted on`);
      if (unreadable > 0)
        gap(
          name,
          false,
          `${unreadable} unreadable ${unreadable === 1 ? "line is kept as it is" : "lines are kept as they are"}`,
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
