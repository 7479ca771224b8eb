import { meantBy } from "../map-check/reach.ts";
import type { RecordType } from "../model/datamap.ts";
import type { Store } from "../model/structure.ts";

/** Names of the stores that a record type's records lie in. */
export function whatStands(record: RecordType, stores: readonly Store[]): readonly string[] {
  return [...meantBy(record, stores)].map(({ name }) => name);
}
