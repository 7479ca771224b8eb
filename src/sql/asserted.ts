/** Figures of `assert`, compared in a transaction. They leave this place as keyed digests only. */
import { Failure } from "../errors.ts";
import type { Asserted, Assertion } from "../model/assertion.ts";
import type { SystemBlock } from "../model/datamap.ts";
import type { IO } from "../port/connector.ts";
import { Refusal } from "./refusal.ts";

/** A query that takes longer is refused, or taken back. */
export const FIGURE_SECONDS = 30;

export function figureDigest({ name }: Pick<Assertion, "name">, figure: string | null, io: IO): string {
  return io.digest(["assert", name, figure]);
}

/** `before`, `after`: one a figure of the system, in order. */
export function assertedOf(
  { assertions = [] }: Pick<SystemBlock, "assertions">,
  before: readonly (string | null)[],
  after: readonly (string | null)[],
  io: IO,
): readonly Asserted[] {
  return assertions.map((assertion, at) => {
    const [was, is] = [before[at] ?? null, after[at] ?? null].map((figure) => figureDigest(assertion, figure, io));
    return { name: assertion.name, held: was === is, before: was ?? "", after: is ?? "" };
  });
}

export function refusedFigure(where: string, why: string, help?: string): Failure {
  return new Failure("ASSERTION_REFUSED", `${where}: ${why}`, help === undefined ? {} : { help });
}

/** What the database's refusal of a figure's query means: no record is to blame, and nothing of the statement is told. */
export function figureFailure(error: unknown, where: string): unknown {
  if (error instanceof Failure && (error.code === "TABLE_MISSING" || error.code === "COLUMN_MISSING"))
    return refusedFigure(where, "the query names a table or column that is not there");
  if (!(error instanceof Refusal) || error.contention) return error;
  if (error.code === "57014")
    return refusedFigure(
      where,
      `the query took longer than ${FIGURE_SECONDS} seconds`,
      "Make it quicker, or leave it out.",
    );
  if (error.code === "21000") return refusedFigure(where, "the query gives more than one row");
  if (error.code === "25006") return refusedFigure(where, "the query would write");
  return refusedFigure(where, `the database refuses the query${error.code === "" ? "" : ` (${error.code})`}`);
}
