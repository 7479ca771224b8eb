import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Target } from "../../src/model/search.ts";
import { makeCatalog, placeName } from "./catalog.ts";
import { loadCatalog } from "./catalog-load.ts";
import type { Place } from "./resolved.ts";
import type { Session } from "./transaction.ts";
import { openTriggers } from "./triggers.ts";

/** The structure around a system's tables: read once, and again where a search names a table that was not in it. */
export interface Places {
  /** For these targets, beside the system's record types. */
  for(session: Session, targets: readonly Target[]): Promise<Place>;
}

export function openPlaces(block: SystemBlock): Places {
  const written = new Map<string, string | undefined>();
  let known: Pick<Place, "catalog" | "triggers"> | undefined;
  return {
    async for(session, targets) {
      const wanted = [...block.records, ...targets.map(({ record }) => record)].map(({ place }) => place);
      const missing = wanted.some(
        (place) => place.kind === "table" && known?.catalog.places.has(placeName(place)) !== true,
      );
      if (known === undefined || missing) {
        const places = new Map(wanted.map((place) => [placeName(place), place]));
        const catalog = makeCatalog(await loadCatalog(session, [...places.values()]), block);
        known = { catalog, triggers: openTriggers([...catalog.tables.keys()]) };
      }
      return { session, block, written, ...known };
    },
  };
}
