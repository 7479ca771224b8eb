import type { SealedStep, StepHead } from "../model/plan.ts";

/** The steps of a plan. All records of a batch are too many to stand in memory: they are read when a step has its turn. */
export interface PlannedSteps {
  /** In the plan's order. */
  readonly heads: readonly StepHead[];
  /** These steps, each in pieces that follow each other. */
  pieces(steps: readonly string[]): AsyncIterable<SealedStep>;
  /** These steps, each with all of its records. */
  whole(steps: readonly string[]): Promise<readonly SealedStep[]>;
}
