/** Says what went wrong: on stderr in words, or on stdout as JSON. Never repeats what was typed, nor a message of foreign code. */
import { Errors } from "@oclif/core";
import { EXIT, Failure, framesOf, nameOfError, refusedByDisk } from "../errors.ts";
import { printable } from "../model/shown.ts";
import { findingRows, type ShownFinding } from "./findings-screen.ts";
import { fit } from "./fit.ts";
import { count, indent } from "./show.ts";
import type { Tone } from "./tone.ts";

/** → the exit code. */
export function tellFailure(error: unknown, tone: Tone): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? EXIT.unexpected;
  const failure = failureOf(error);
  if (tone.json) process.stdout.write(`${JSON.stringify(failureJson(failure))}\n`);
  else process.stderr.write(`${failureText(failure, tone.plain)}\n`);
  if (failure.code === "UNEXPECTED" && tone.verbose) process.stderr.write(`${framesOf(error)}\n`);
  return failure.exit;
}

/** What is known of an error without its message, where the message is not ours. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Errors.CLIError) return new Failure("USAGE", "the command line was not understood");
  const refused = refusedByDisk(error);
  if (refused !== undefined) return refused;
  return new Failure("UNEXPECTED", `unexpected fault (${nameOfError(error)})`);
}

function failureJson({ code, message, help, at, details, exit }: Failure): object {
  return {
    ok: false,
    exit,
    error: { code, message, help, ...(at === undefined ? {} : { at }), ...(details === undefined ? {} : { details }) },
  };
}

function failureText({ code, message, help, at, details }: Failure, plain: boolean): string {
  if (isFindings(details) && details.length > 1) {
    const errors = details.filter(({ severity }) => severity === "error").length;
    return fit(
      `error[${code}] ${count(errors, "finding")} must be mended first:\n${indent(findingRows(details, plain))}`,
      process.stderr,
    );
  }
  const text = [
    `error[${code}] ${at === undefined ? "" : `${at}: `}${message}`,
    ...(help === "" ? [] : [`  help: ${help}`]),
  ].join("\n");
  return fit(printableLines(text), process.stderr);
}

/** Names in a message may be anybody's: none of them moves the cursor. A code frame keeps its tabs. */
function printableLines(text: string): string {
  return text
    .split("\n")
    .map((line) =>
      line
        .split("\t")
        .map((part) => printable(part))
        .join("\t"),
    )
    .join("\n");
}

function isFindings(details: unknown): details is readonly ShownFinding[] {
  const isFinding = (one: unknown): boolean =>
    typeof one === "object" &&
    one !== null &&
    ["system", "record", "severity", "message", "line"].every((name) => name in one);
  return Array.isArray(details) && details.every((one) => isFinding(one));
}
