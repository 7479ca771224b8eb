/** A person of a request: identity name -> values, folded and validated. */
export interface Subject {
  readonly identifiers: Readonly<Record<string, readonly string[]>>;
}
