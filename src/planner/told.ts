/** What systems say, as it may leave the planner: names in it may be of people. */
import { Failure } from "../errors.ts";
import type { Finding, Lookup } from "../model/search.ts";
import { masked } from "../model/shown.ts";
import type { Subject } from "../model/subject.ts";

export function valuesOf(subjects: readonly Subject[]): readonly string[] {
  return subjects.flatMap(({ identifiers }) => Object.values(identifiers).flat());
}

/** Every value that people are searched by anywhere: one that a search has learnt is theirs like one that they gave. */
export function valuesIn(steps: Iterable<{ readonly lookups: readonly Lookup[] }>): readonly string[] {
  const values = new Set<string>();
  for (const { lookups } of steps)
    for (const lookup of lookups)
      for (const column of Object.values(lookup.values)) for (const one of column) values.add(one);
  return [...values];
}

/** Where a gap lies too: it is entered in the ledger, which nothing can be taken out of again. */
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
