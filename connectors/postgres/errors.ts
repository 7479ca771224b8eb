import { DatabaseError } from "pg";
import { Failure } from "../../src/errors.ts";
import { Refusal } from "../../src/sql/refusal.ts";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "EPIPE",
  "EACCES",
]);

/** A lock not had, a deadlock, a row that another transaction changed. */
const CONTENTION = new Set(["55P03", "40P01", "40001"]);

/** What a driver's error means, without anything it quotes: it never leaves this file. A `Failure` or a `Refusal`. */
export function translate(error: unknown, system: string): Failure | Refusal {
  if (error instanceof Failure || error instanceof Refusal) return error;
  if (error instanceof DatabaseError) return translateServer(error, system);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (UNREACHABLE.has(code))
    return new Failure("SYSTEM_UNREACHABLE", `${system}: the database does not answer (${code})`);
  const message = error instanceof Error ? error.message : "";
  if (/^SASL|password/iu.test(message))
    return new Failure("CREDENTIALS_REFUSED", `${system}: the database wants other credentials`);
  if (/SSL|TLS|certificate/iu.test(message) || /SSL|TLS|CERT/u.test(code))
    return new Failure("SYSTEM_UNREACHABLE", `${system}: no secure connection to the database`);
  if (/connect|terminated|timeout|closed|not queryable/iu.test(message))
    return new Failure("SYSTEM_UNREACHABLE", `${system}: the connection to the database broke`);
  return new Failure("UNEXPECTED", `${system}: the database's client failed`);
}

function translateServer(error: DatabaseError, system: string): Failure | Refusal {
  const code = error.code ?? "";
  if (code.startsWith("08") || code.startsWith("57P") || code.startsWith("53"))
    return new Failure("SYSTEM_UNREACHABLE", `${system}: the database stopped answering (${code})`);
  // what a trigger's function met is told of the record, not of the system
  const routine = /^PL\/\w+ function ([^(]+)\(/mu.exec(error.where ?? "")?.[1];
  if (routine !== undefined) return refusalOf(error, code, routine);
  const names = [error.table, error.column, error.constraint].filter((name) => name !== undefined);
  const where = names.length === 0 ? "" : ` (${names.join(", ")})`;
  if (code === "42501") {
    // the routine's name is not translated, the message is
    return error.routine === "check_enable_rls"
      ? new Failure("ROW_SECURITY", `${system}: row-level security can hide rows of a table that is read`)
      : new Failure("NOT_PERMITTED", `${system}: the role may not do this${where}`);
  }
  if (code.startsWith("28"))
    return new Failure("CREDENTIALS_REFUSED", `${system}: the database refused the credentials`);
  if (code === "3D000") return new Failure("SYSTEM_UNREACHABLE", `${system}: there is no database of that name`);
  if (code === "42P01" || code === "3F000")
    return new Failure("TABLE_MISSING", `${system}: a table is not there any more`);
  if (code === "42703") return new Failure("COLUMN_MISSING", `${system}: a column is not there any more`);
  return refusalOf(error, code, undefined);
}

function refusalOf(error: DatabaseError, code: string, routine: string | undefined): Refusal {
  if (CONTENTION.has(code)) return new Refusal(code, { code, contention: true });
  return new Refusal(reasonOf(error, code, routine), { code });
}

/** Names the constraint, the trigger's function, or the server's own code. */
function reasonOf(error: DatabaseError, code: string, routine: string | undefined): string {
  if (code.startsWith("23") && error.constraint !== undefined) return error.constraint;
  if (code.startsWith("23")) return error.column === undefined ? code : `${code} ${error.column}`;
  if (routine !== undefined) return `${code} ${routine}`;
  if (code === "57014") return "statement_timeout";
  return code.startsWith("P0") ? code : `UNEXPECTED_ANSWER ${code}`;
}

/** A lock was not had in time. */
export function isLocked(error: unknown): boolean {
  return error instanceof Refusal && error.code === "55P03";
}

/** For whoever cannot try again: every refusal as a `Failure`. */
export function failureOf(error: unknown, where: string): unknown {
  if (!(error instanceof Refusal)) return error;
  if (error.contention) return new Failure("BLOCKED", `${where}: a lock was not had in time (${error.code})`);
  if (error.code === "57014") return new Failure("SYSTEM_UNREACHABLE", `${where}: the database took too long`);
  return new Failure(
    "UNEXPECTED_ANSWER",
    `${where}: the database answered with ${error.code === "" ? error.reason : error.code}, which nobody foresaw`,
  );
}
