import type { Left } from "../model/change.ts";
import type { Disposition, SealedStep } from "../model/plan.ts";
import type { JudgedAgain } from "../planner/judge-again.ts";
import type { Guard } from "../port/connector.ts";

/** What becomes now of records of one record type. Undefined where only the records themselves decide. */
export type Rejudge = (record: string, subjects: readonly number[], keys: readonly string[]) => Promise<JudgedAgain | undefined>;

/**
 * Looks again, before each batch is acted on, whether a condition or a hold has arisen that was not there at plan, and
 * whether what leads to the records is still the people's.
 */
export function guardOf(sealed: readonly SealedStep[], rejudge: Rejudge): Guard {
  const steps = new Map(sealed.map((step) => [step.step, { record: step.record, planned: new Map(step.records.map((one) => [one.key, one.disposition])) }]));
  return {
    async judge(step, records) {
      const known = steps.get(step);
      // what was planned to be kept or minimised stays under its hold as it is
      const acted = known === undefined ? [] : records.filter(({ key }) => known.planned.get(key)?.kind === "act");
      if (known === undefined || acted.length === 0) return [];
      const subjects = [...new Set(acted.flatMap((record) => record.subjects))];
      const now = await rejudge(
        known.record,
        subjects,
        acted.map(({ key }) => key),
      );
      return acted.flatMap(({ key }): readonly Left[] => {
        const left = now?.lost.has(key) === true ? ({ key, kind: "failed", reason: "changed" } as const) : leftOf(key, now?.decided.get(key));
        return left === undefined ? [] : [left];
      });
    },
  };
}

function leftOf(key: string, disposition: Disposition | undefined): Left | undefined {
  switch (disposition?.kind) {
    case "kept":
      return { key, kind: "kept", reason: disposition.reason, until: disposition.until, ...saying(disposition) };
    case "waiting":
      return { key, kind: "waiting", reason: disposition.reason, ...saying(disposition) };
    case "blocked":
      return { key, kind: "blocked", reason: disposition.reason };
    case "act":
    // not found any more: the eraser sees by the key and the fingerprint what has become of it
    case undefined:
      return undefined;
  }
}

function saying({ says }: { readonly says?: string }): { readonly says?: string } {
  return says === undefined ? {} : { says };
}
