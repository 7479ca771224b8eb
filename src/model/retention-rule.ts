import type { CivilDate } from "./civil-date.ts";
import type { Period, RoundUp } from "./datamap.ts";

/** What a statute asks for, from a day on. */
export interface RetentionTerms {
  /** First day in force; absent: since ever, as far as we are concerned. */
  readonly validFrom?: CivilDate;
  /** As people read it after "because". */
  readonly says: string;
  readonly keepFor: Period;
  readonly roundUpTo?: RoundUp;
  /** The period starts at the end of the company's own fiscal year, which the data map must name. */
  readonly ownFiscalYear: boolean;
  /** The hold never ends before this day (transition rules). */
  readonly notBefore?: CivilDate;
  readonly law: readonly string[];
  /** The exception of Art. 17(3) GDPR that it rests on. */
  readonly exemption?: string;
  readonly source: string;
  readonly reviewedOn: CivilDate;
}

/** A statutory rule of manifests/retention, `de/invoice`, in all its versions, oldest first; never empty. */
export interface RetentionRule {
  readonly id: string;
  readonly versions: readonly RetentionTerms[];
}

/** The version in force on that day. */
export function termsOn(rule: RetentionRule, day: CivilDate): RetentionTerms | undefined {
  return rule.versions.findLast(({ validFrom }) => validFrom === undefined || validFrom <= day);
}
