import { parse } from "yaml";
import { z } from "zod";
import { isCivilDate } from "../model/civil-date.ts";
import { parsePeriod, parseRoundUp } from "../model/period.ts";
import { type RetentionRule, type RetentionTerms, STARTS } from "../model/retention-rule.ts";

export type { RetentionRule, RetentionTerms };

const date = z.string().refine(isCivilDate, "not a date");
const terms = z.strictObject({
  valid_from: date.optional(),
  says: z.string().min(1),
  covers: z.string().min(1),
  keep_for: z.string(),
  starts: z.enum(STARTS),
  round_up_to: z.string().optional(),
  not_before: date.optional(),
  suspension: z.string().min(1).optional(),
  redactable: z.literal(false).optional(),
  law: z.array(z.string().min(1)).min(1),
  exemption: z.string().optional(),
  source: z.url(),
  reviewed_on: date,
  review_by: date,
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
  if (keepFor === undefined) throw new Error(`${id}: unreadable period`);
  const roundUpTo = roundingOf(id, written);
  if (written.review_by <= written.reviewed_on) throw new Error(`${id}: to be reviewed before it was`);
  return {
    ...(written.valid_from === undefined ? {} : { validFrom: written.valid_from }),
    says: written.says,
    covers: written.covers,
    keepFor,
    starts: written.starts,
    ...(roundUpTo === undefined ? {} : { roundUpTo }),
    // every company has its own, so the data map must name it
    ownFiscalYear: written.starts === "fiscal year end" && roundUpTo === undefined,
    ...(written.not_before === undefined ? {} : { notBefore: written.not_before }),
    ...(written.suspension === undefined ? {} : { suspension: written.suspension }),
    redactable: written.redactable ?? true,
    law: written.law,
    ...(written.exemption === undefined ? {} : { exemption: written.exemption }),
    source: written.source,
    reviewedOn: written.reviewed_on,
    reviewBy: written.review_by,
  };
}

/** `starts` says where a year's end is counted from; `round_up_to` names the fiscal year where the law does, or rounds another start. */
function roundingOf(id: string, { starts, round_up_to: written }: z.infer<typeof terms>): RetentionTerms["roundUpTo"] {
  const given = written === undefined ? undefined : parseRoundUp(written);
  if (written !== undefined && given === undefined) throw new Error(`${id}: unreadable rounding`);
  const contradicts =
    (starts === "calendar year end" && given !== undefined) ||
    (starts === "fiscal year end" && given?.to === "calendar_year");
  if (contradicts) throw new Error(`${id}: \`starts\` and \`round_up_to\` contradict each other`);
  return starts === "calendar year end" ? { to: "calendar_year" } : given;
}
