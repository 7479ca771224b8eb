/** Lines of a summary that its sentence counts too. */

export type KeptLine = {
  readonly system: string;
  readonly record: string;
  readonly count: number;
  readonly minimised: number;
  readonly reason: string | null;
  readonly until: string | null;
  readonly law: readonly string[];
  /** Used for what it is kept for, and nothing else. */
  readonly restricted: boolean;
};

/** Records that were to be kept and were gone when somebody looked again: not by this erasure. */
export type VanishedLine = {
  readonly system: string;
  readonly record: string;
  readonly count: number;
  /** Of the look that saw it last. */
  readonly at: string;
};

/** A figure that was to stay as it is. */
export type AssertionLine = {
  readonly system: string;
  readonly name: string;
  /** By the last step that it was compared in. */
  readonly held: boolean;
  /** Attempts at steps that it was compared in. */
  readonly compared: number;
  /** Of those: they would have changed it, and were taken back. */
  readonly taken_back: number;
  readonly at: string;
};

/** A place that was found and could not be acted on. */
export type GapLine = {
  readonly system: string;
  readonly record: string;
  readonly where: string;
  readonly holds_identifier: boolean;
};
/** Records over all lines; `found` is the sum of the others but `own` and `minimised`. */
export type TotalsLine = Readonly<
  Record<
    | "found"
    | "deleted"
    | "changed"
    | "unsorted"
    | "already_gone"
    | "kept"
    | "minimised"
    | "waiting"
    | "blocked"
    | "failed"
    | "untold"
    | "own",
    number
  >
>;
