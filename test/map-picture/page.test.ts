import { JSDOM } from "jsdom";
import { expect, test } from "vitest";
import { drawingOf } from "../../src/datamap/drawing.ts";
import { sentences } from "../../src/datamap/sentences.ts";
import { layOut } from "../../src/map-picture/lay-out.ts";
import { graphPage } from "../../src/map-picture/page.ts";
import type { DataMap } from "../../src/model/datamap.ts";
import { violations } from "../support/accessibility.ts";
import { byColumn, byIdentity, mapOf, recordOf } from "../support/small-map.ts";

const shop = mapOf([
  {
    name: "shop",
    kind: "postgres",
    feeds: ["search"],
    records: [
      recordOf("shop", "people", { match: { mode: "any", terms: [byIdentity("email", "email")] } }),
      recordOf("shop", "<orders>", {
        do: "ask",
        place: { kind: "table", schema: "sales", table: "order" },
        match: { mode: "any", terms: [byColumn("person", "shop.people", "id")] },
        holds: [{ hold: "books", from: "day", protects: ["shop.people"] }],
      }),
      recordOf("shop", "people_log", {
        auditOf: ["shop.people"],
        match: { mode: "any", terms: [byColumn("person", "shop.people", "id")] },
      }),
    ],
  },
  { name: "search", kind: "elasticsearch", copyOf: "shop.people" },
  { name: "tapes", kind: "backups", covers: ["shop"] },
]);

function pageOf(map: DataMap): string {
  return graphPage(map, drawingOf(map), sentences(map));
}

function many(count: number): DataMap {
  const leaves = Array.from({ length: count - 1 }, (_, at) =>
    recordOf("shop", `table_${at}_${"x".repeat(at % 50)}`, {
      match: { mode: "any", terms: [byColumn("person_id", "shop.people", "id")] },
    }),
  );
  const people = recordOf("shop", "people", { match: { mode: "any", terms: [byIdentity("email", "email")] } });
  return mapOf([{ name: "shop", kind: "postgres", records: [people, ...leaves] }]);
}

test("the page needs no script, no other file and no network, and axe finds nothing", async () => {
  const page = pageOf(shop);
  expect(page).not.toMatch(/<script|<link|\bsrc=|@import|url\((?!#head\))/u);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain("prefers-color-scheme: dark");
  expect(page).toContain("@media print { .picture");
  expect(await violations(page)).toEqual([]);
});

test("every box can be come to by the keyboard, has a name, and leads to its line of a table", () => {
  const { document } = new JSDOM(pageOf(shop)).window;
  const boxes = [...document.querySelectorAll(".picture a")];
  expect(boxes.map((box) => box.getAttribute("aria-label"))).toEqual([
    "email: identity",
    "all of shop: system",
    "people, erase: record type in shop",
    "<orders>, sales.order, ask · held: books: record type in shop",
    "people_log, erase · audit trail: record type in shop",
    "all of search: system",
    "all of tapes: system",
  ]);
  const rows = boxes.map((box) => document.querySelector(`tr${box.getAttribute("href") ?? ""} th`)?.textContent);
  expect(rows).toEqual(["email", "shop", "shop.people", "shop.<orders>", "shop.people_log", "search", "tapes"]);
});

test("each kind of line is drawn and stands among the signs; what is not there does not", () => {
  const { document } = new JSDOM(pageOf(shop)).window;
  const kinds = (where: string): string[] => [
    ...new Set([...document.querySelectorAll(`${where} path.line`)].map((line) => line.classList[1] ?? "")),
  ];
  const there = ["match", "copy", "feeds", "backup", "trail", "protects"];
  expect(kinds(".picture").toSorted()).toEqual(there.toSorted());
  expect(kinds(".legend")).toEqual(there);
  const signs = document.querySelector(".legend")?.textContent ?? "";
  for (const said of ["an identity", "a hold keeps", "must still decide", "a whole system"])
    expect(signs).toContain(said);
  const plain = new JSDOM(pageOf(many(2))).window.document.querySelector(".legend")?.textContent ?? "";
  expect(plain).not.toMatch(/hold|decide|whole system|copy/u);
});

test("the tables say what the picture shows: places, what leads there, trails, holds, copies", () => {
  const { document } = new JSDOM(pageOf(shop)).window;
  const cells = (row: string): string[] =>
    [...document.querySelectorAll("tr")]
      .filter((line) => line.querySelector("th")?.textContent === row)
      .flatMap((line) => [...line.querySelectorAll("td")].map((cell) => (cell.textContent ?? "").trim()));
  expect(cells("shop.<orders>").slice(0, 5)).toEqual([
    "postgres: table sales.order",
    "person = shop.people.id",
    "–",
    "books",
    "shop.people",
  ]);
  expect(cells("shop.people_log")[2]).toBe("shop.people");
  expect(cells("search")[1]).toBe("a copy of shop.people");
  expect(cells("tapes")[1]).toBe("a backup of shop");
});

test.each([1, 300])("with %i record types no box lies on another, and every word fits its box", (count) => {
  const { nodes, frames, width, height } = layOut(drawingOf(many(count)));
  expect(nodes).toHaveLength(count + 1);
  const over = nodes.flatMap((one, at) =>
    nodes
      .slice(at + 1)
      .filter(
        (other) =>
          one.x < other.x + other.width &&
          other.x < one.x + one.width &&
          one.y < other.y + other.height &&
          other.y < one.y + one.height,
      ),
  );
  expect(over).toEqual([]);
  for (const spot of [...nodes, ...frames]) {
    expect([spot.x >= 0, spot.y >= 0]).toEqual([true, true]);
    expect([spot.x + spot.width <= width, spot.y + spot.height <= height]).toEqual([true, true]);
  }
  for (const { lines, width: wide } of nodes) expect(lines.name.length * 7).toBeLessThan(wide);
});

test("lines run between boxes and through none, and frames of systems lie beside each other", () => {
  const [shopSystem, ...others] = shop.systems;
  if (shopSystem === undefined) throw new Error("no system");
  const leaves = Array.from({ length: 8 }, (_, at) =>
    recordOf("shop", `leaf_${at}`, { match: { mode: "any", terms: [byColumn("person", "shop.people", "id")] } }),
  );
  // found behind the leaves, and by what stands before them: that line passes their column
  const deep = recordOf("shop", "deep", {
    match: { mode: "any", terms: [byColumn("leaf", "shop.leaf_3", "id"), byColumn("person", "shop.people", "id")] },
  });
  const records = [...shopSystem.records, ...leaves, deep];
  const { nodes, lines, frames } = layOut(drawingOf({ ...shop, systems: [{ ...shopSystem, records }, ...others] }));
  expect(lines.some(({ points }) => points.length > 6)).toBe(true);
  const crossed = lines.flatMap(({ from, to, points }) =>
    nodes.filter(
      (box) =>
        box.id !== from &&
        box.id !== to &&
        points.some((to, at) => {
          const { x, y } = points[at - 1] ?? to;
          const [left, right] = [Math.min(x, to.x), Math.max(x, to.x)];
          const [top, bottom] = [Math.min(y, to.y), Math.max(y, to.y)];
          return left < box.x + box.width && right > box.x && top < box.y + box.height && bottom > box.y;
        }),
    ),
  );
  expect(crossed).toEqual([]);
  const [one, two, three] = frames;
  if (one === undefined || two === undefined || three === undefined) throw new Error("a frame is missing");
  for (const [left, right] of [
    [one, two],
    [two, three],
    [one, three],
  ] as const)
    expect(
      left.x + left.width <= right.x ||
        right.x + right.width <= left.x ||
        left.y + left.height <= right.y ||
        right.y + right.height <= left.y,
    ).toBe(true);
});
