import { parse } from "yaml";
import { z } from "zod";
import { isCivilDate } from "../model/civil-date.ts";
import { parsePeriod, parseRoundUp } from "../model/period.ts";
import type { RetentionRule, RetentionTerms } from "../model/retention-rule.ts";

export type { RetentionRule, RetentionTerms };

/** In `round_up_to`: every company has its own, so the data map must name it. */
const OWN_FISCAL_YEAR = "end of the fiscal year";

const date = z.string().refine(isCivilDate, "not a date");
const terms = z.strictObject({
  valid_from: date.optional(),
  says: z.string().min(1),
  keep_for: z.string(),
  round_up_to: z.string().optional(),
  not_before: date.optional(),
  law: z.array(z.string().min(1)).min(1),
  exemption: z.string().optional(),
  source: z.url(),
  reviewed_on: date,
});
const file = z.strictObject({
  jurisdiction: z.string().regex(/^[a-z]{2}$/u),
  rules: z.record(z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/u), z.array(terms).min(1)),
});

/** One file of manifests/retention. Keys are ids, `de/invoice`. Throws where the file is not as it must be. */
export function parseRules(text: string): ReadonlyMap<string, RetentionRule> {
  const { jurisdiction, rules } = file.parse(parse(text, { schema: "core" }));
  return new Map(
    Object.entries(rules).map(([name, written]) => {
      const id = `${jurisdiction}/${name}`;
      const versions = written.map((version) => readTerms(id, version));
      const dated = versions
        .slice(1)
        .every((version, at) => version.validFrom !== undefined && version.validFrom > (versions[at]?.validFrom ?? ""));
      if (!dated) throw new Error(`${id}: versions must be dated and ascend`);
      return [id, { id, versions }];
    }),
  );
}

function readTerms(id: string, written: z.infer<typeof terms>): RetentionTerms {
  const keepFor = parsePeriod(written.keep_for);
  const own = written.round_up_to === OWN_FISCAL_YEAR;
  const roundUpTo = own || written.round_up_to === undefined ? undefined : parseRoundUp(written.round_up_to);
  if (keepFor === undefined || (roundUpTo === undefined && !own && written.round_up_to !== undefined))
    throw new Error(`${id}: unreadable period`);
  return {
    ...(written.valid_from === undefined ? {} : { validFrom: written.valid_from }),
    says: written.says,
    keepFor,
    ...(roundUpTo === undefined ? {} : { roundUpTo }),
    ownFiscalYear: own,
    ...(written.not_before === undefined ? {} : { notBefore: written.not_before }),
    law: written.law,
    ...(written.exemption === undefined ? {} : { exemption: written.exemption }),
    source: written.source,
    reviewedOn: written.reviewed_on,
  };
}
