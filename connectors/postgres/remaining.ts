import type { IO } from "../../src/port/connector.ts";
import { chunks } from "../../src/sql/items.ts";
import type { RemainingLook } from "../../src/sql/remaining.ts";
import { keyOf, keyOrder, keyRows, type KeySpec, keyTexts, ofTable, sameKey } from "./keys.ts";
import { lookOf } from "./locate.ts";
import { nameOf } from "../../src/sql/cascades.ts";
import { waysInto } from "./references.ts";
import { type Place, type Resolved, resolveOver } from "./resolved.ts";
import { binder, qualified } from "./sql.ts";
import { wholeRows } from "./whole-rows.ts";
import type { Session } from "./transaction.ts";

/** How it is seen whether everything is as an operation leaves it. */
export function remainingIn(place: Place, io: IO): RemainingLook<Resolved> {
  const { session, catalog, block } = place;
  return {
    ...lookOf(session, io),
    over: async (target, { table }) => await resolveOver(place, target, table),
    whole: async (addresses) => await wholeRows(session, catalog, addresses, false),
    async taken({ table }, name, keys) {
      const segments = new Map(waysInto(catalog, block, table).map(({ segment }) => [nameOf(segment, block), segment]));
      const segment = segments.get(name);
      if (segment === undefined) return undefined;
      const there = new Set<string>();
      for (const some of chunks(ofTable(segment.key, keys), 5000))
        for await (const key of keysIn(session, segment.table, segment.key, some, io)) there.add(key);
      return there;
    },
  };
}

async function* keysIn(
  session: Session,
  table: Resolved["table"],
  spec: KeySpec,
  keys: readonly string[],
  io: IO,
): AsyncGenerator<string> {
  const bound = binder();
  const text = `SELECT ${keyTexts(spec, "t").join(", ")} FROM ${keyRows(spec, keys, bound, "k")} JOIN ${qualified(table.schema, table.name)} AS t ON ${sameKey(spec, "t", "k")} ORDER BY ${keyOrder(spec, "t")}`;
  for await (const rows of session.pages(text, bound.values)) for (const row of rows) yield keyOf(spec, row, 0, io);
}
