import { Failure } from "../../src/errors.ts";

/** Of Node's own file errors: `ENOENT`, `EACCES` … null for any other error. Their messages bear paths and are dropped. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^E[A-Z0-9]+$/u.test(error.code) &&
    "syscall" in error
    ? error.code
    : null;
}

/** What stands in the way for now: a right, a read-only or full file system, a file in use. */
export function isBlocking(code: string): boolean {
  return ["EACCES", "EPERM", "EROFS", "EBUSY", "ETXTBSY", "ENOSPC", "EDQUOT", "EMFILE", "ENFILE"].includes(code);
}

/** A failure that names the file as it may be shown. Anything that is no file error is thrown as it is. */
export function fileFailure(error: unknown, name: string): Failure {
  if (error instanceof Failure) return error;
  const code = errnoOf(error);
  if (code === null) throw error;
  if (code === "EACCES" || code === "EPERM") return new Failure("NOT_PERMITTED", `${name}: this user may not read it`);
  if (code === "ELOOP") return new Failure("FILE_REFUSED", `${name}: is a symbolic link`);
  return new Failure("SYSTEM_UNREACHABLE", `${name}: cannot be read (${code})`, {
    help: "Check that the folder is mounted and that nothing moves its files during the search.",
  });
}
