import { expect, test } from "vitest";
import { dotOf, drawingOf, mermaidOf } from "../../src/datamap/drawing.ts";
import { byColumn, byIdentity, mapOf, recordOf } from "../support/small-map.ts";

const map = mapOf([
  {
    name: "shop",
    kind: "postgres",
    feeds: ["search"],
    records: [
      recordOf("shop", "people", { match: { mode: "any", terms: [byIdentity("email", "email")] } }),
      recordOf("shop", 'odd "name"', {
        do: "keep",
        match: { mode: "any", terms: [byColumn("person", "shop.people", "id")] },
      }),
    ],
  },
  { name: "search", kind: "elasticsearch", copyOf: "shop.people" },
]);

test("Mermaid has each identity, system and record type once, and an edge for each match and each copy", () => {
  expect(mermaidOf(drawingOf(map))).toBe(`flowchart LR
  n0(["email"])
  subgraph n1 ["shop"]
    n2["people: erase"]
    n3["odd #quot;name#quot;: keep"]
  end
  subgraph n4 ["search"]
  end
  n0 -- "email" --> n2
  n2 -- "person = id" --> n3
  n1 -. "feeds" .-> n4
  n2 -. "copy" .-> n4
`);
});

test("DOT says the same, with every name quoted", () => {
  const dot = dotOf(drawingOf(map));
  expect(dot).toContain('"identity:email" -> "record:shop.people" [label="email"];');
  expect(dot).toContain(String.raw`"record:shop.odd \"name\"" [label="odd \"name\": keep"];`);
  expect(dot).toContain('"record:shop.people" -> "system:search" [label="copy", style=dashed];');
  // what is opened is closed
  expect(dot.split("{").length).toBe(dot.split("}").length);
});

test("an identity that is looked up has the edge that leads to it", () => {
  const [email] = map.identities;
  if (email === undefined) throw new Error("no identity");
  const found = {
    ...map,
    identities: [email, { ...email, name: "no", foundIn: { record: "shop.people", column: "id" } }],
  };
  expect(mermaidOf(drawingOf(found))).toContain('n3 -- "id" --> n1');
});
