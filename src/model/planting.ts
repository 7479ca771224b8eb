/** What a rehearsal makes up: a synthetic person's records, and what tells them from everybody else's. */

/** Where records of a test system lie, as its survey names it. */
export interface PlantedPlace {
  /** A store's name. */
  readonly store: string;
  /** Schema and table, where a name that holds a dot of its own cannot tell them apart. */
  readonly parts?: readonly [schema: string, table: string];
}

/** A record that is made up: column -> its value as text; columns that are left out get the system's own default. */
export interface PlantedRow extends PlantedPlace {
  readonly values: Readonly<Record<string, string | null>>;
}

/** What only made-up records bear. Nobody had it when it was noted. */
export interface Trace extends PlantedPlace {
  /** Columns that hold these values, all of them together. */
  readonly values?: Readonly<Record<string, string>>;
  /**
   * Texts of which one stands somewhere in the record. Such records are taken away only while, without them, there are as many as
   * there were `before`: else what is new in them may stand in somebody's record.
   */
  readonly holds?: readonly string[];
  readonly before?: number;
}

/** How many records a place has, and a digest over what they are, in whatever order. */
export interface Tallied {
  readonly count: number;
  readonly digest: string;
}

/** The first record that the system did not take, and why: a constraint's name or a code, never a value. Nothing was planted. */
export interface RefusedRow {
  readonly at: number;
  readonly reason: string;
}

/** Noted before anything is planted, so that whoever comes after a kill can take it away. */
export interface PlantedNote {
  /** Instant. */
  readonly at: string;
  /** Folder of the scratch workspace. */
  readonly scratch: string;
  readonly systems: readonly { readonly system: string; readonly traces: readonly Trace[] }[];
}
