import type { RecordType } from "../model/datamap.ts";
import type { Because } from "../model/plan.ts";
import type { DueSelection, Located, Lookup, Target } from "../model/search.ts";

/** A found record, once, with everyone it belongs to. `values`: only those that the planner still needs. */
export interface FoundRecord extends Located {
  readonly type: RecordType;
}

/** Records of one record type by key. One may be put together when it is asked for: what is kept of it takes room of its own. */
export interface FoundRecords {
  readonly size: number;
  has(key: string): boolean;
  get(key: string): FoundRecord | undefined;
  values(): Iterable<FoundRecord>;
}

/** A column's values; none where it has none. A column may be called `constructor`. */
export function valuesAt(values: Readonly<Record<string, readonly string[]>>, column: string): readonly string[] {
  return Object.hasOwn(values, column) ? (values[column] ?? []) : [];
}

/** What was found in one record type. */
export interface Found {
  readonly type: RecordType;
  readonly target: Target;
  readonly lookups: readonly Lookup[];
  /** By key. */
  readonly records: FoundRecords;
  /** People for whom nothing could be searched here: no identifier of theirs leads to it. */
  readonly unsearched: readonly number[];
  /** Records that a placeholder in somebody's own rows leads to. */
  readonly placeholders?: Placeholders;
  /** In due work. */
  readonly due?: {
    readonly because: Because;
    /** Absent: by their keys. */
    readonly selection?: DueSelection;
    /** Records over the cap, which were only counted: a later plan takes them. */
    readonly more: number;
  };
}

/** Records that hold a placeholder: nobody's or anybody's. They are counted, they wait, and nothing leads on from them. */
export interface Placeholders {
  readonly count: number;
  /** By person. */
  readonly byPerson: ReadonlyMap<number, number>;
  /** Whether there were so many that counting stopped. */
  readonly more: boolean;
}

/** Everything found, by `system.record`, parents of match edges first. */
export type Findings = ReadonlyMap<string, Found>;
