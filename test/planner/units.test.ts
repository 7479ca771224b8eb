import { expect, test } from "vitest";
import type { Link } from "../../src/model/change.ts";
import { unitsOf } from "../../src/planner/units.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const link = (child: string, parent: string): Link => ({
  constraint: `${child}_fk`,
  child,
  childColumns: ["x"],
  parent,
  onDelete: "no_action",
});

/** Everything that is referenced is to be deleted. */
const ordering = (links: readonly Link[]) => ({
  links,
  writes: [],
  deleting: new Set(links.map(({ parent }) => parent)),
});

test("children come before parents, and the table that all lead to comes last", () => {
  const map = mapOf([
    { name: "shop", kind: "postgres", records: ["customers", "orders", "items"].map((name) => recordOf("shop", name)) },
  ]);
  const units = unitsOf(
    map,
    ["shop.customers", "shop.orders", "shop.items"],
    ordering([link("shop.orders", "shop.customers"), link("shop.items", "shop.orders")]),
  );
  expect(units.map((unit) => unit.records)).toEqual([["shop.items"], ["shop.orders"], ["shop.customers"]]);
  expect(units.map((unit) => unit.after)).toEqual([[], ["U-shop.items"], ["U-shop.orders"]]);
});

test("a circle of references is one unit, and so is an audit trail with the table that feeds it, after it", () => {
  const records = [
    recordOf("shop", "a"),
    recordOf("shop", "b"),
    recordOf("shop", "customers"),
    recordOf("shop", "trail", { auditOf: ["shop.customers"] }),
  ];
  const units = unitsOf(
    mapOf([{ name: "shop", kind: "postgres", records }]),
    ["shop.trail", "shop.a", "shop.b", "shop.customers"],
    ordering([link("shop.a", "shop.b"), link("shop.b", "shop.a"), link("shop.a", "shop.customers")]),
  );
  expect(units.map((unit) => unit.records.toSorted())).toEqual([
    ["shop.a", "shop.b"],
    ["shop.customers", "shop.trail"],
  ]);
  expect(units[1]?.records).toEqual(["shop.customers", "shop.trail"]);
});

test("a copy comes after its source, whatever its kind, and databases before files", () => {
  const map = mapOf([
    { name: "share", kind: "files", rank: "file", records: [recordOf("share", "lists")] },
    { name: "mirror", kind: "postgres", copyOf: "share.lists", records: [recordOf("mirror", "lists")] },
    { name: "shop", kind: "postgres", records: [recordOf("shop", "customers")] },
  ]);
  expect(
    unitsOf(map, ["share.lists", "mirror.lists", "shop.customers"], ordering([])).map((unit) => unit.system),
  ).toEqual(["shop", "share", "mirror"]);
});

test("what is only matched by another record comes before it, unless a foreign key runs the other way", () => {
  const by = (name: string, parent: string) =>
    recordOf("shop", name, {
      match: {
        mode: "any",
        terms: [{ column: "x", source: { kind: "column", ref: { record: `shop.${parent}`, column: "id" } } }],
      },
    });
  const map = mapOf([
    {
      name: "shop",
      kind: "postgres",
      records: [recordOf("shop", "profiles"), by("users", "profiles"), by("orders", "users"), by("items", "orders")],
    },
  ]);
  const all = ["shop.profiles", "shop.users", "shop.orders", "shop.items"];
  const deleting = new Set(all);
  const plain = unitsOf(map, all, { links: [], writes: [], deleting });
  expect(plain.map((unit) => unit.records)).toEqual([
    ["shop.items"],
    ["shop.orders"],
    ["shop.users"],
    ["shop.profiles"],
  ]);
  expect(plain.map((unit) => unit.after)).toEqual([[], ["U-shop.items"], ["U-shop.orders"], ["U-shop.users"]]);
  const linked = unitsOf(map, all, { links: [link("shop.profiles", "shop.users")], writes: [], deleting });
  expect(linked.map((unit) => unit.records)).toEqual([
    ["shop.profiles"],
    ["shop.items"],
    ["shop.orders"],
    ["shop.users"],
  ]);
  // what stays waits for nobody
  const staying = unitsOf(map, all, { links: [], writes: [], deleting: new Set(["shop.items"]) });
  expect(staying.every((unit) => unit.after.length === 0)).toBe(true);
});
