import type { Path } from "./source.ts";

/** Something wrong at a place of the data map, before it has a line. */
export interface Problem {
  readonly path: Path;
  readonly part: "key" | "value";
  readonly code: string;
  readonly message: string;
  readonly help: string;
  /** The keys of which none is there. Not said where one was there, but wrong. */
  readonly missing?: readonly Path[];
  /** What a mistyped key was probably to be. That it is missing is then not said. */
  readonly meant?: Path;
  /** Default `error`. */
  readonly severity?: "error" | "warning";
  /** Whether no plan may be made because of it, although it is no error. */
  readonly stopsPlan?: boolean;
}

/** Where the checks put what they find. */
export type Report = (problem: Problem) => void;

export const PERIOD_HELP = "Write `8 years`, `90 days`, `1 hour` or ISO 8601, as in `P8Y`.";
