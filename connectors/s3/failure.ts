import { Failure, type FailureCode } from "../../src/errors.ts";

/** What was asked of S3, in words for a message: an action such as `s3:GetObject`, and where. */
export interface Asked {
  readonly action: string;
  readonly bucket: string;
}

/** Why a listed version cannot be read: it was replaced or deleted since, or must be restored from an archive first. */
export class NotReadable extends Error {
  readonly reason: "changed" | "archived";

  constructor(reason: "changed" | "archived") {
    super(`the object is ${reason}`);
    this.name = "NotReadable";
    this.reason = reason;
  }
}

const CREDENTIALS = new Set([
  "AuthorizationHeaderMalformed",
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
  "TokenProviderError",
  "TokenRefreshRequired",
]);
const DENIED = new Set(["AccessDenied", "AllAccessDisabled", "Forbidden", "MethodNotAllowed"]);
const UNREACHABLE = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ETIMEDOUT",
  "PermanentRedirect",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "TimeoutError",
]);

/** The server's or the socket's code for an error of the SDK: `NoSuchKey`, `ECONNREFUSED`; never its message. */
export function codeOf(error: unknown): string {
  const codes = [field(error, "Code"), field(error, "code"), field(error, "name")];
  return (
    codes.find((code): code is string => typeof code === "string" && /^\w{2,60}$/u.test(code) && code !== "Error") ??
    "Unknown"
  );
}

/** HTTP status of an error of the SDK; 0 where there was no answer. */
export function statusOf(error: unknown): number {
  const status = field(field(error, "$metadata"), "httpStatusCode");
  return typeof status === "number" ? status : 0;
}

/**
 * An error of the SDK as a Failure; the original is dropped, as it bears keys, headers and bodies. SYSTEM_UNREACHABLE,
 * CREDENTIALS_REFUSED, NOT_PERMITTED, TABLE_MISSING (no such bucket), INTERRUPTED, else UNEXPECTED_ANSWER with S3's own code.
 */
export function failureOf(error: unknown, { action, bucket }: Asked): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  const status = statusOf(error);
  const fail = (failure: FailureCode, message: string) => new Failure(failure, message);
  if (code === "AbortError" || code === "ABORT_ERR")
    return fail("INTERRUPTED", `${action} in the bucket "${bucket}" was interrupted`);
  if (status === 0 && field(error, "message") === "Region is missing")
    return fail("CREDENTIALS_REFUSED", `no region is configured for the bucket "${bucket}"`);
  if (CREDENTIALS.has(code))
    return fail("CREDENTIALS_REFUSED", `S3 refused the credentials for the bucket "${bucket}" (${code})`);
  if (code === "NoSuchBucket") return fail("TABLE_MISSING", `there is no bucket "${bucket}"`);
  if (DENIED.has(code) || status === 403)
    return fail("NOT_PERMITTED", `${action} is not permitted in the bucket "${bucket}"`);
  if (UNREACHABLE.has(code) || status >= 500 || (status === 0 && field(error, "$metadata") !== undefined)) {
    return fail(
      "SYSTEM_UNREACHABLE",
      `the S3 server of the bucket "${bucket}" cannot be reached, or does not answer (${code}, ${action})`,
    );
  }
  return fail("UNEXPECTED_ANSWER", `S3 answered ${code} (${status}) to ${action} in the bucket "${bucket}"`);
}

/** What `send` gives; its errors are Failures. */
export async function ask<T>(asked: Asked, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw failureOf(error, asked);
  }
}

/** As `ask`, but null where S3 answers with one of these codes (`NoSuchKey`) or statuses (404). */
export async function askMaybe<T>(
  asked: Asked,
  absent: readonly (string | number)[],
  send: () => Promise<T>,
): Promise<T | null> {
  try {
    return await send();
  } catch (error) {
    if (absent.includes(codeOf(error)) || absent.includes(statusOf(error))) return null;
    throw error instanceof NotReadable ? error : failureOf(error, asked);
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
