import { Failure } from "../errors.ts";
import type { Asserted, Assertion } from "../model/assertion.ts";

/** A transaction would have changed figures that must stay: it was taken back whole. */
export class AssertionChanged extends Failure {
  /** All of the system's, those that would have stayed too. */
  readonly asserted: readonly Asserted[];
  /** What the changed ones say. */
  readonly says: string;

  constructor(system: string, assertions: readonly Assertion[], asserted: readonly Asserted[]) {
    const changed = asserted.flatMap(({ name, held }) => (held ? [] : [name]));
    const says = changed
      .map((name) => `${name}: ${assertions.find((one) => one.name === name)?.says ?? ""}`)
      .join("; ");
    super("ASSERTION_CHANGED", `${system}: ${says} would be another figure after this; the transaction was taken back`);
    this.name = "AssertionChanged";
    this.asserted = asserted;
    this.says = says;
  }
}
