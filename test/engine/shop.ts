/** A small shop in memory, with a copy of its people elsewhere; strangers beside everyone. */
import type { Faults, FaultySystem } from "../support/memory/faulty-system.ts";
import { faultySystem } from "../support/memory/faulty-system.ts";
import { type ForeignKey, type MemoryDatabase, memoryDatabase, type Row } from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";

export const ANN = { email: "ann@shop.example" };
export const BOB = { email: "bob@shop.example" };
export const CAY = { email: "cay@shop.example" };

const DAY = 86_400_000;
const BEGUN = Date.parse("2026-11-21T10:00:00.000Z");

/** The same house so many days later. */
export function onDay(house: House, day: number): House {
  return house.as({ now: () => new Date(BEGUN + day * DAY) });
}

/** Rules of record types that are to be brought back. */
export const WINDOW = { restore_window: "7 days" };
export const MARKED = {
  do: "soft-delete",
  soft_delete: { timestamp: "deleted_at" },
  purge_after: "14 days",
  ...WINDOW,
};

const FOREIGN_KEYS: readonly ForeignKey[] = [
  {
    constraint: "orders_person_fkey",
    child: "orders",
    childColumn: "person",
    parent: "people",
    parentColumn: "id",
    onDelete: "restrict",
  },
  {
    constraint: "items_order_fkey",
    child: "items",
    childColumn: "order",
    parent: "orders",
    parentColumn: "id",
    onDelete: "restrict",
  },
];

/** Ann: two orders with three items, two tickets. Bob: one order that is held. Cay: nothing but herself. Zoe is a stranger. */
const SHOP: Readonly<Record<string, readonly Row[]>> = {
  people: [person("p1", "ann"), person("p2", "bob"), person("p3", "cay"), person("p9", "zoe")],
  orders: [
    order("o1", "p1", "2009-02-01"),
    order("o2", "p1", "2010-02-01"),
    order("o3", "p2", "2025-02-01"),
    order("o9", "p9", "2009-02-01"),
  ],
  items: [item("i1", "o1"), item("i2", "o1"), item("i3", "o2"), item("i4", "o3"), item("i9", "o9")],
  tickets: [ticket("t1", "ann"), ticket("t2", "ann"), ticket("t9", "zoe")],
};
const COPY: Readonly<Record<string, readonly Row[]>> = {
  people: [person("c1", "ann"), person("c2", "bob"), person("c9", "zoe")],
};

export function person(id: string, name: string): Row {
  return { id, email: `${name}@shop.example`, name: `${name} of the shop` };
}

export function order(id: string, of: string, day: string): Row {
  return { id, person: of, day, note: `note of ${id}` };
}

export function item(id: string, of: string): Row {
  return { id, order: of, text: `item ${id}` };
}

export function ticket(id: string, name: string): Row {
  return { id, email: `${name}@shop.example`, text: `${name} asks` };
}

export interface Shop extends AsyncDisposable {
  readonly house: House;
  readonly shop: MemoryDatabase;
  readonly copy: MemoryDatabase;
  /** Of the shop; the copy stays honest. */
  readonly faults: FaultySystem;
  set(faults: Faults): void;
  /** Every row of both, as text, by `system.table id`. */
  dump(): Readonly<Record<string, string>>;
}

/** `map`: keys of the data map that stand instead of the shop's own. */
export async function openShop(map: object = {}, records: Readonly<Record<string, object>> = {}): Promise<Shop> {
  const shop = memoryDatabase(SHOP, FOREIGN_KEYS);
  const copy = memoryDatabase(COPY);
  const faults = faultySystem();
  const house = await openHouse({
    map: {
      holds: {
        books: {
          says: "books are kept",
          keep_for: "8 years",
          law: ["HGB § 257"],
          people: { owner: "books@harbour.example" },
        },
      },
      systems: {
        shop: {
          kind: "memory",
          records: {
            people: { match: { email: "email" }, do: "erase", ...records["people"] },
            orders: {
              match: { person: "shop.people.id" },
              do: "erase",
              hold: { use: "books", from: "day" },
              ...records["orders"],
            },
            items: { match: { order: "shop.orders.id" }, do: "erase", ...records["items"] },
            tickets: { match: { email: "email" }, do: "redact", fields: { text: "clear" }, ...records["tickets"] },
            ...(records["ledger"] === undefined ? {} : { ledger: records["ledger"] }),
          },
        },
        copy: {
          kind: "memory",
          copy_of: "shop.people",
          records: { people: { match: { email: "email" }, do: "erase" } },
        },
      },
      ...map,
    },
    databases: { shop, copy },
    around: (system, name) => (name === "shop" ? faults.around(system) : system),
  });
  return {
    house,
    shop,
    copy,
    faults,
    set: (next) => faults.set(next),
    dump() {
      const all: Record<string, string> = {};
      for (const [name, database] of [["shop", shop] as const, ["copy", copy] as const])
        for (const [table, rows] of database.tables)
          for (const [id, row] of rows) all[`${name}.${table} ${id}`] = JSON.stringify(row);
      return all;
    },
    [Symbol.asyncDispose]: async () => await house[Symbol.asyncDispose](),
  };
}

/** The dump without these rows, and with these changed. */
export function after(
  dump: Readonly<Record<string, string>>,
  gone: readonly string[],
  changed: Readonly<Record<string, Row>> = {},
): Readonly<Record<string, string>> {
  for (const name of [...gone, ...Object.keys(changed)])
    if (dump[name] === undefined) throw new Error(`${name} is not there before`);
  const left = Object.entries(dump).filter(([name]) => !gone.includes(name));
  return {
    ...Object.fromEntries(left),
    ...Object.fromEntries(Object.entries(changed).map(([name, row]) => [name, JSON.stringify(row)])),
  };
}
