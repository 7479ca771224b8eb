import type { Place as MapPlace, SystemBlock } from "../../src/model/datamap.ts";
import type { Target } from "../../src/model/search.ts";
import { type Catalog, makeCatalog, placeName } from "./catalog.ts";
import { loadCatalog, placesIn, surroundingsOf, surroundingsText } from "./catalog-load.ts";
import type { Place } from "./resolved.ts";
import type { Looking } from "./session.ts";
import type { Row, Session } from "./transaction.ts";
import { openTriggers } from "./triggers.ts";

/** The structure around a system's tables, as long as it stays as it was read. */
export interface Structure {
  /** Sent with a transaction's begin: how things stand around every place that was named so far. */
  text(): string;
  /** For these places; read anew only where anything in it has changed. `sent`: what `text` answered; else it is asked. */
  now(session: Session, places: readonly MapPlace[], sent?: readonly Row[]): Promise<Catalog>;
  /** As it was last read; undefined where one of these places was not in it. */
  known(places: readonly MapPlace[]): Catalog | undefined;
  /** Whether it still is as it was last read. */
  isSame(sent: readonly Row[]): boolean;
  /** Values of `set` rules as the server writes them. */
  readonly written: Map<string, string | undefined>;
}

export function openStructure(block: SystemBlock): Structure {
  let known: { readonly catalog: Catalog; readonly state: string } | undefined;
  const named = new Map(block.records.map(({ place }) => [placeName(place), place]));
  const text = () => surroundingsText([...named.values()]);
  const around = (sent: readonly Row[]) => surroundingsOf(sent, block.name, [...named.values()]);
  return {
    written: new Map(),
    text,
    async now(session, places, sent = []) {
      for (const place of places) named.set(placeName(place), place);
      const all = around(placesIn(sent) === named.size ? sent : await session.query(text()));
      if (known?.state !== all.state || all.places.size !== known.catalog.places.size)
        known = { catalog: makeCatalog(await loadCatalog(session, all), block), state: all.state };
      return known.catalog;
    },
    known: (places) => (places.every((place) => isIn(known?.catalog, place)) ? known?.catalog : undefined),
    isSame: (sent) => placesIn(sent) === named.size && around(sent).state === known?.state,
  };
}

function isIn(catalog: Catalog | undefined, place: MapPlace): boolean {
  return place.kind !== "table" || catalog?.places.has(placeName(place)) === true;
}

/** The structure as it was when a look began, and again where a search names a table that was not in it. */
export interface Places {
  /** For these targets, beside the system's record types. */
  for(session: Looking, targets: readonly Target[]): Promise<Place>;
}

export function openPlaces(block: SystemBlock, structure: Structure): Places {
  const { written } = structure;
  let known: (Pick<Place, "catalog" | "triggers"> & Pick<Looking, "sent">) | undefined;
  return {
    async for(session, targets) {
      const wanted = placesOf(block, targets);
      if (known?.sent !== session.sent || !wanted.every((place) => isIn(known?.catalog, place))) {
        const catalog = await structure.now(session, wanted, session.sent);
        const triggers = known?.catalog === catalog ? known.triggers : openTriggers([...catalog.tables.keys()]);
        known = { catalog, triggers, sent: session.sent };
      }
      const { catalog, triggers } = known;
      return { session, block, written, catalog, triggers };
    },
  };
}

export function placesOf(block: SystemBlock, targets: readonly Target[]): readonly MapPlace[] {
  return [...block.records, ...targets.map(({ record }) => record)].map(({ place }) => place);
}
