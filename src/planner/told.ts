/** What systems say, as it may leave the planner: names in it may be of people. */
import { Failure } from "../errors.ts";
import type { Finding } from "../model/search.ts";
import { masked } from "../model/shown.ts";
import type { Subject } from "../model/subject.ts";

export function valuesOf(subjects: readonly Subject[]): readonly string[] {
  return subjects.flatMap(({ identifiers }) => Object.values(identifiers).flat());
}

export function toldFinding(finding: Finding, values: readonly string[] = []): Finding {
  const { message, help, gap } = finding;
  return {
    ...finding,
    message: masked(message, values),
    ...(help === undefined ? {} : { help: masked(help, values) }),
    ...(gap === undefined ? {} : { gap: { ...gap, where: masked(gap.where, values) } }),
  };
}

/** The same failure with its names masked; anything else is handed back. */
export function toldFailure(error: unknown, values: readonly string[] = []): unknown {
  if (!(error instanceof Failure)) return error;
  const message = masked(error.message, values);
  if (message === error.message) return error;
  const { code, help, at, details } = error;
  return new Failure(code, message, {
    help,
    ...(at === undefined ? {} : { at }),
    ...(details === undefined ? {} : { details }),
  });
}
