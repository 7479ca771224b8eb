/**
 * A statement that the database refused, or rows that cannot be changed as a rule says. The driver's error quotes rows,
 * so it never gets here: what stays are codes and names of the schema. The records of the batch are `failed` with the
 * reason, cut down to those it is about.
 */
export class Refusal extends Error {
  /** As `Left.reason`. */
  readonly reason: string;
  /** The database's own code; empty where it said nothing. */
  readonly code: string;
  /** A lock that was not had, a deadlock, a row that another transaction changed: worth another try. */
  readonly contention: boolean;
  /** About all records of the batch: cutting it down helps nobody. */
  readonly whole: boolean;

  constructor(
    reason: string,
    more: { readonly code?: string; readonly contention?: boolean; readonly whole?: boolean } = {},
  ) {
    super(`the database refused with ${reason}`);
    this.name = "Refusal";
    this.reason = reason;
    this.code = more.code ?? "";
    this.contention = more.contention ?? false;
    this.whole = more.whole ?? false;
  }
}

/** The database says how many rows it changed: a trigger or rule may have swallowed some. */
export function expectAll(affected: number, wanted: number): void {
  if (affected !== wanted) throw new Refusal("swallowed");
}
