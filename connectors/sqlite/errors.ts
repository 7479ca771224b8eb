import { Failure } from "../../src/errors.ts";
import { Refusal } from "../../src/sql/refusal.ts";

/** SQLite's codes, without what it adds to them. */
const BUSY = [5, 6];
const ROLLBACK_NEEDED = [264, 776];
const CANNOT_OPEN = 14;

/** What a constraint's extended code is in the words of the standard, which reports know. */
const STATES = new Map([
  [275, "23514"],
  [787, "23503"],
  [1299, "23502"],
  [1555, "23505"],
  [1811, "P0001"],
  [2067, "23505"],
  [2579, "23505"],
  [3091, "22P02"],
]);

/** What SQLite's error means, without its message, which may quote values: it never leaves this file. A `Failure` or a `Refusal`. */
export function translate(error: unknown, system: string): unknown {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const main = code & 0xff;
  if (BUSY.includes(main)) return new Refusal("lock_timeout", { code: "BUSY", contention: true });
  switch (main) {
    case 3:
    case 8:
    case 23:
      return new Failure("NOT_PERMITTED", `${system}: the database's file may not be written to`, {
        help: "Grant the right to write the file and its folder.",
      });
    case 9:
      return new Failure("INTERRUPTED", "stopped");
    case 10:
    case 13:
      return new Failure("SYSTEM_UNREACHABLE", `${system}: the disk failed or is full (SQLite ${code})`, {
        help: "Look at the disk, then run the same command again.",
      });
    case 11:
      return new Failure("SYSTEM_UNREACHABLE", `${system}: the database's file is damaged`, {
        help: "`PRAGMA integrity_check` says where; bring back a copy.",
      });
    case CANNOT_OPEN:
      return new Failure("SYSTEM_UNREACHABLE", `${system}: the database's file cannot be opened`, {
        help: "Check the path and the rights to the file and its folder.",
      });
    case 19:
      return new Refusal(constraintOf(code, error.message), { code: STATES.get(code) ?? "23000" });
    case 26:
      return new Failure("SYSTEM_UNREACHABLE", `${system}: the file is no SQLite database, or is encrypted`, {
        help: "Check the path in the data map.",
      });
    case 1:
      return statementOf(error.message, system);
    default:
      return new Refusal(`UNEXPECTED_ANSWER SQLite ${code}`, { code: String(code) });
  }
}

/** Names of the schema, where that is all that the message holds. */
function constraintOf(code: number, message: string): string {
  const state = STATES.get(code) ?? "23000";
  const name = state === "P0001" ? undefined : /constraint failed: (\w+(?:\.\w+)?(?:, \w+\.\w+)*)$/u.exec(message)?.[1];
  return name === undefined ? state : `${state}:${name}`;
}

function statementOf(message: string, system: string): Failure | Refusal {
  if (message.startsWith("no such table"))
    return new Failure("TABLE_MISSING", `${system}: a table is not there any more`);
  if (message.startsWith("no such column"))
    return new Failure("COLUMN_MISSING", `${system}: a column is not there any more`);
  if (/^(?:no such (?:function|module|collation sequence|tokenizer)|unknown function)/u.test(message))
    return new Failure(
      "ACTION_REFUSED",
      `${system}: the database uses a function, module or collation that only its own application has`,
      {
        help: "Erase there through the application, or leave these tables out of the data map.",
      },
    );
  if (message.startsWith("foreign key mismatch")) return new Refusal("foreign_key_mismatch");
  return new Refusal("UNEXPECTED_ANSWER SQLite 1", { code: "1" });
}

/** Another process died while it wrote: what it left must be rolled back before anybody can read, and a reader may not. */
export function mustRecover(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (ROLLBACK_NEEDED.includes(code) || (code & 0xff) === CANNOT_OPEN);
}

export function isBusy(error: unknown): boolean {
  return BUSY.includes((codeOf(error) ?? 0) & 0xff);
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}

/** For whoever cannot try again: every refusal as a `Failure`. */
export function failureOf(error: unknown, where: string): unknown {
  if (!(error instanceof Refusal)) return error;
  if (error.contention)
    return new Failure("BUSY", `${where}: another process is writing to the database`, {
      help: "Wait until it has ended, then run the same command again.",
    });
  if (error.reason === "invalid_json")
    return new Failure("UNEXPECTED_ANSWER", `${where}: a column that is read as JSON holds something else`);
  return new Failure(
    "UNEXPECTED_ANSWER",
    `${where}: the database answered with ${error.code === "" ? error.reason : error.code}, which nobody foresaw`,
  );
}
