import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { MARA } from "./people.ts";

const customers = [`(42,${MARA.email},x)`, "(43,bob@mail.example,x)", "(43,bob@mail.example,x)"];
const object = ['["image/png"]', "portrait of 42, take 1"];
const before = new Map([
  ["shop", new Map([["customers", customers]])],
  [
    "exports",
    new Map([
      ["portraits/42.png#0", object],
      ["portraits/42.png#1", object],
    ]),
  ],
] as const);

const after = (rows: string[], portrait?: string[]) =>
  new Map([
    ["shop", new Map([["customers", rows]])],
    ["exports", new Map(portrait === undefined ? [] : [["portraits/42.png#0", portrait]])],
  ] as const);

test("what is hers is counted by place, all versions together, and what is left is shown", () => {
  expect(compare(before, before).places).toEqual([
    { name: "shop: customers", before: 1, left: [customers[0]] },
    { name: "exports: portraits/42.png (all versions)", before: 2, left: [object[1], object[1]] },
  ]);
  const gone = compare(before, after(customers.slice(1)));
  expect(gone.places.map(({ left }) => left)).toEqual([[], []]);
  expect(gone).toMatchObject({ othersSame: 2, changed: [] });
});

test("one of two equal lines of someone else that is missing is a change", () => {
  expect(compare(before, after(customers.slice(2)))).toMatchObject({ othersSame: 1, changed: ["shop: customers"] });
  expect(compare(before, after(["(43,bob@mail.example,y)", ...customers.slice(2)]))).toMatchObject({
    othersSame: 1,
    changed: ["shop: customers"],
  });
});

test("an object of hers with someone else's line in it must not go", () => {
  const shared = new Map([["exports", new Map([["orders.csv#0", [...object, "someone else's"]]])]] as const);
  expect(compare(shared, new Map([["exports", new Map()]] as const))).toMatchObject({
    changed: ["exports: orders.csv#0", "exports: orders.csv#0"],
  });
});
