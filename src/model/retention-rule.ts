import type { CivilDate } from "./civil-date.ts";
import type { Period, RoundUp } from "./datamap.ts";

/** What starts the period: a day of the record, the end of its calendar or fiscal year, or the end of the relationship with the person. */
export const STARTS = ["day", "calendar year end", "fiscal year end", "end of relationship"] as const;

/** What a statute asks for, from a day on. */
export interface RetentionTerms {
  /** First day in force; absent: since ever, as far as we are concerned. */
  readonly validFrom?: CivilDate;
  /** As people read it after "because". */
  readonly says: string;
  /** Which records. */
  readonly covers: string;
  readonly keepFor: Period;
  readonly starts: (typeof STARTS)[number];
  readonly roundUpTo?: RoundUp;
  /** The period starts at the end of the company's own fiscal year, which the data map must name. */
  readonly ownFiscalYear: boolean;
  /** The hold never ends before this day (transition rules). */
  readonly notBefore?: CivilDate;
  /** What keeps the period from ending, in words; the data map says when it does (`extend_while`). */
  readonly suspension?: string;
  /** False: what is kept must be kept whole. */
  readonly redactable: boolean;
  readonly law: readonly string[];
  /** The exception of Art. 17(3) GDPR that it rests on. */
  readonly exemption?: string;
  /** Where the text of the law stands. */
  readonly source: string;
  readonly reviewedOn: CivilDate;
  /** When the rule is to be compared with the law again. */
  readonly reviewBy: CivilDate;
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
