import type { DataMap } from "../model/datamap.ts";
import type { Disposition } from "../model/plan.ts";
import type { Stands } from "./conditions.ts";
import type { Findings, Identifiers } from "./locate.ts";

/** Disposition by record type and key. Records that are as wanted already have none. */
export type Decided = ReadonlyMap<string, ReadonlyMap<string, Disposition>>;

export interface Circumstances {
  readonly map: DataMap;
  readonly found: Findings;
  readonly identifiers: Identifiers;
  /** Civil date in the controller's zone. */
  readonly today: string;
  /** By name of the condition. */
  readonly conditions: ReadonlyMap<string, Stands>;
}
