import type { Place as MapPlace, SystemBlock } from "../../src/model/datamap.ts";
import type { Target } from "../../src/model/search.ts";
import { type Catalog, makeCatalog, placeName } from "./catalog.ts";
import { loadCatalog, surroundings } from "./catalog-load.ts";
import type { Place } from "./resolved.ts";
import type { Session } from "./transaction.ts";
import { openTriggers } from "./triggers.ts";

/** The structure around a system's tables, as long as it stays as it was read. */
export interface Structure {
  /** For these places, looked at anew; read anew only where anything in it has changed. */
  now(session: Session, places: readonly MapPlace[]): Promise<Catalog>;
  /** Values of `set` rules as the server writes them. */
  readonly written: Map<string, string | undefined>;
}

export function openStructure(block: SystemBlock): Structure {
  let known: { readonly catalog: Catalog; readonly state: string } | undefined;
  const named = new Map<string, MapPlace>();
  return {
    written: new Map(),
    async now(session, places) {
      for (const place of places) named.set(placeName(place), place);
      const around = await surroundings(session, block.name, [...named.values()]);
      if (known?.state !== around.state || around.places.size !== known.catalog.places.size)
        known = { catalog: makeCatalog(await loadCatalog(session, around), block), state: around.state };
      return known.catalog;
    },
  };
}

/** The structure as it was at the first look, and again where a search names a table that was not in it. */
export interface Places {
  /** For these targets, beside the system's record types. */
  for(session: Session, targets: readonly Target[]): Promise<Place>;
}

export function openPlaces(block: SystemBlock, structure: Structure): Places {
  const { written } = structure;
  let known: Pick<Place, "catalog" | "triggers"> | undefined;
  return {
    async for(session, targets) {
      const wanted = [...block.records, ...targets.map(({ record }) => record)].map(({ place }) => place);
      const missing = wanted.some(
        (place) => place.kind === "table" && known?.catalog.places.has(placeName(place)) !== true,
      );
      if (known === undefined || missing) {
        const catalog = await structure.now(session, wanted);
        known = { catalog, triggers: openTriggers([...catalog.tables.keys()]) };
      }
      return { session, block, written, ...known };
    },
  };
}
