/** Tables that an erasure may reach: those of record types, what hangs on them, and what their triggers write. */
import { meantBy } from "../map-check/reach.ts";
import type { RecordType } from "../model/datamap.ts";
import type { Store } from "../model/structure.ts";

export function touchedStores(stores: readonly Store[], planted: ReadonlySet<string>): readonly Store[] {
  const touched = new Set(planted);
  const written = (store: Store) => store.triggers.flatMap(({ writes }) => writes);
  for (let before = -1; before !== touched.size;) {
    before = touched.size;
    for (const store of stores) {
      if (store.references.some(({ to }) => touched.has(to))) touched.add(store.name);
      if (!touched.has(store.name)) continue;
      // a trigger's source names a table by itself where the search path finds it
      for (const name of written(store))
        for (const one of stores)
          if (one.name === name || one.name.endsWith(`.${name}`) || `${name}`.endsWith(`.${one.name}`))
            touched.add(one.name);
    }
  }
  // a partition's rows are those of its table
  return stores.filter(({ kind, name, partOf }) => kind === "table" && partOf === undefined && touched.has(name));
}

/** Names of the stores that a record type's records lie in. */
export function storesOf(record: RecordType, stores: readonly Store[]): readonly string[] {
  return [...meantBy(record, stores)].map(({ name }) => name);
}
