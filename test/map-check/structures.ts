/** Structures for tests, as systems tell them. */
import type { Looked } from "../../src/map-check/held-against.ts";
import type { DataMap } from "../../src/model/datamap.ts";
import type { Finding } from "../../src/model/search.ts";
import type { Sampled, Store, StoreColumn } from "../../src/model/structure.ts";

export function column(name: string, more: Partial<StoreColumn> = {}): StoreColumn {
  return { name, type: "text", shape: "text", nullable: true, generated: false, ...more };
}

export function store(name: string, columns: readonly (string | StoreColumn)[], more: Partial<Store> = {}): Store {
  return {
    kind: "table",
    name,
    columns: columns.map((one) => (typeof one === "string" ? column(one) : one)),
    key: ["id"],
    uniques: [],
    references: [],
    indexed: ["id"],
    checks: [],
    triggers: [],
    readers: [],
    may: { read: true, erase: true },
    ...more,
  };
}

export function reference(name: string, from: string, to: string): Store["references"][number] {
  return { name, columns: [from], to, toColumns: ["id"], onDelete: "restrict" };
}

/** The first system of the map, looked at. */
export function looked(
  map: DataMap,
  stores: readonly Store[],
  more: { readonly said?: readonly Finding[]; readonly samples?: Readonly<Record<string, readonly Sampled[]>> } = {},
): Looked {
  const [block] = map.systems;
  if (block === undefined) throw new Error("the map has no system");
  return { block, stores, said: more.said ?? [], samples: new Map(Object.entries(more.samples ?? {})) };
}
