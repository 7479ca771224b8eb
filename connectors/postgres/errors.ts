import { DatabaseError } from "pg";
import { Failure } from "../../src/errors.ts";

/**
 * A statement that the server refused. The driver's error quotes rows, so it never leaves this file: what stays is the
 * SQLSTATE and names of the schema. `swallowed`: the server changed fewer rows than it was told to, and said nothing.
 */
export class Refusal extends Error {
  readonly reason: string;

  constructor(reason: string, names = "") {
    super(`PostgreSQL refused with ${reason}${names}`);
    this.name = "Refusal";
    this.reason = reason;
  }
}

/** A lock that was not had, a deadlock, a row that another transaction changed: worth another try. */
export function isContention(error: unknown): boolean {
  return error instanceof Refusal && ["55P03", "40P01", "40001"].includes(error.reason);
}

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

/** What a driver's error means, without anything it quotes. A `Failure` or a `Refusal`. */
export function translate(error: unknown, system: string): Failure | Refusal {
  if (error instanceof Failure || error instanceof Refusal) return error;
  if (error instanceof DatabaseError) return translateServer(error, system);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (UNREACHABLE.has(code)) return new Failure("SYSTEM_UNREACHABLE", `${system}: the database does not answer (${code})`);
  const message = error instanceof Error ? error.message : "";
  if (/^SASL|password/iu.test(message)) return new Failure("CREDENTIALS_REFUSED", `${system}: the database wants other credentials`);
  if (/SSL|TLS|certificate/iu.test(message) || /SSL|TLS|CERT/u.test(code))
    return new Failure("SYSTEM_UNREACHABLE", `${system}: no secure connection to the database`);
  if (/connect|terminated|timeout|closed|not queryable/iu.test(message))
    return new Failure("SYSTEM_UNREACHABLE", `${system}: the connection to the database broke`);
  return new Failure("UNEXPECTED", `${system}: the database's client failed`);
}

function translateServer(error: DatabaseError, system: string): Failure | Refusal {
  const code = error.code ?? "";
  const names = [error.table, error.column, error.constraint].filter((name) => name !== undefined);
  const where = names.length === 0 ? "" : ` (${names.join(", ")})`;
  if (code === "42501") {
    // the routine's name is not translated, the message is
    return error.routine === "check_enable_rls"
      ? new Failure("ROW_SECURITY", `${system}: row-level security can hide rows of a table that is read`)
      : new Failure("NOT_PERMITTED", `${system}: the role may not do this${where}`);
  }
  if (code.startsWith("28")) return new Failure("CREDENTIALS_REFUSED", `${system}: the database refused the credentials`);
  if (code === "3D000") return new Failure("SYSTEM_UNREACHABLE", `${system}: there is no database of that name`);
  if (code.startsWith("08") || code.startsWith("57P") || code.startsWith("53"))
    return new Failure("SYSTEM_UNREACHABLE", `${system}: the database stopped answering (${code})`);
  if (code === "42P01" || code === "3F000") return new Failure("TABLE_MISSING", `${system}: a table is not there any more`);
  if (code === "42703") return new Failure("COLUMN_MISSING", `${system}: a column is not there any more`);
  return new Refusal(code, where);
}

/** A lock was not had in time. */
export function isLocked(error: unknown): boolean {
  return error instanceof Refusal && error.reason === "55P03";
}

/** For whoever cannot try again: every refusal as a `Failure`. */
export function failureOf(error: unknown, where: string): unknown {
  if (!(error instanceof Refusal)) return error;
  if (isContention(error)) return new Failure("BLOCKED", `${where}: a lock was not had in time (${error.reason})`);
  if (error.reason === "57014") return new Failure("SYSTEM_UNREACHABLE", `${where}: the database took too long`);
  return new Failure("UNEXPECTED", `${where}: ${error.message}`);
}
