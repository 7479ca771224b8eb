/** The one table of the linter's advice: why it is given, and what to do. docs/advice.md has a section on each. */

interface Entry {
  /** Follows what was seen, in the message. */
  readonly why: string;
  readonly help: string;
}

export const ADVICE = {
  RULE_LONG: {
    why: "what nobody can read in one breath nobody checks",
    help: "Make two record types of it, told apart by `where`, each with a rule of its own.",
  },
  SESSION_HIDDEN: {
    why: "nobody restores a session or a one-time code, and a hidden one may still let somebody in",
    help: "Write `do: erase`.",
  },
  MONEY_UNHELD: {
    why: "tax and commercial law keep most of what is about money for years, and what is erased too early cannot be brought back",
    help: "Give it a `hold` (docs/retention.md has the rules of eleven places).",
  },
  MONEY_UNTRACED: {
    why: "who hides or changes what is about money must be able to show when and by whom",
    help: "Map the audit trail (`audit_of`), or erase it when its hold has ended instead of hiding it.",
  },
  WINDOW_LONG: {
    why: "what can be brought back for so long is not erased yet: a window over 90 days is an archive that nobody decided on",
    help: "Shorten `restore_window`, or keep the records by a `hold` that says why.",
  },
  OWNER_MISSING: {
    why: "somebody must be able to say that it went, and answer where it did not",
    help: "Write `owner` beside its `kind`, or `map: { owner }` for all that name none.",
  },
  COPY_SOURCELESS: {
    why: "an index is a copy of something: it is erased after its source, or is filled again from it",
    help: "Write `copy_of: SYSTEM.RECORD`, or `feeds` in the system that fills it.",
  },
  KEPT_WHOLE: {
    why: "where the database enforces the reference the whole row stays as long as the hold lasts, with everything in it",
    help: "Give it `fields`: the row stays then without the person.",
  },
  PERIODS_UNCLEAR: {
    why: "a month has 28 to 31 days, so that which of the two ends first depends on the date",
    help: "Write both in the same unit.",
  },
  UNDER_STATUTE: {
    why: "every rule that ships for this law keeps longer",
    help: "Write `rule` instead of `keep_for` (docs/retention.md), or name the law that the shorter period rests on.",
  },
  ENVIRONMENTS_DIFFER: {
    why: "what is rehearsed in the test system is then not what happens in production",
    help: "Write the same there, or give the record type another name.",
  },
  RULE_UNREVIEWED: {
    why: "a period that is reckoned wrongly erases too early or keeps too long, and no program can read a law",
    help: "Have somebody look at it, and write who: `people: { approved_by: NAME, approved_on: DATE }`.",
  },
} as const satisfies Record<string, Entry>;

export type AdviceCode = keyof typeof ADVICE;
