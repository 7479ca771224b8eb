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
  /** Default `error`. */
  readonly severity?: "error" | "warning";
  /** Whether no plan may be made because of it, although it is no error. */
  readonly stopsPlan?: boolean;
}

/** Where the checks put what they find. */
export type Report = (problem: Problem) => void;
