import type { Dump } from "./dump.ts";
import { marksOfMara } from "./people.ts";
import type { ShopSystem } from "./shop.ts";

type Dumps = ReadonlyMap<ShopSystem, Dump>;

/** A table, an index, a file, an object with all its versions. */
export interface Place {
  readonly name: string;
  /** Lines of Mara's. */
  readonly before: number;
  readonly left: readonly string[];
}

/** Lines without a mark that are hers all the same: of her old invoice. */
const HERS_UNMARKED = /^\(420001,/u;

/**
 * Where Mara was and is, and in which places (once a line) everyone else's data is not as it was. Older versions of exports are no one's: a
 * rewritten object keeps none of them.
 */
export function compare(
  before: Dumps,
  after: Dumps,
): { places: Place[]; othersSame: number; changed: readonly string[] } {
  const mark = marksOfMara();
  const places = new Map<string, { before: number; left: string[] }>();
  let othersSame = 0;
  const changed: string[] = [];
  for (const [system, dump] of before) {
    const now = after.get(system);
    for (const name of new Set([...dump.keys(), ...(now?.keys() ?? [])])) {
      const [was, is] = [dump.get(name) ?? [], now?.get(name) ?? []];
      const found = was.filter((line) => mark.test(line)).length;
      const left = is.filter((line) => mark.test(line));
      if (found + left.length > 0) {
        const label = `${system}: ${name.replace(/-[0-9a-f]{8}$/u, "").replace(/#\d+$/u, " (all versions)")}`;
        const place = places.get(label) ?? { before: 0, left: [] };
        places.set(label, { before: place.before + found, left: [...place.left, ...left] });
      }
      if (/#[1-9]\d*$/u.test(name)) continue;
      const counts = new Map<string, number>();
      for (const line of is) counts.set(line, (counts.get(line) ?? 0) + 1);
      // an object that was hers alone goes with its headers
      const hersAlone = found > 0 && found === was.length - 1 && is.length === 0;
      for (const line of hersAlone ? [] : was) {
        if (mark.test(line) || HERS_UNMARKED.test(line)) continue;
        const count = counts.get(line) ?? 0;
        counts.set(line, count - 1);
        if (count > 0) othersSame += 1;
        else changed.push(`${system}: ${name}`);
      }
    }
  }
  return { places: [...places].map(([name, place]) => ({ name, ...place })), othersSame, changed };
}
