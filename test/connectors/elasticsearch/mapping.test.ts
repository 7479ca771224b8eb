import { expect, test } from "vitest";
import type { ConcreteIndex } from "../../../connectors/elasticsearch/indices.ts";
import { matchField } from "../../../connectors/elasticsearch/mapping.ts";
import { parseJson } from "../../../src/documents/json-text.ts";

function indexOf(properties: unknown): ConcreteIndex {
  const mapping = parseJson(JSON.stringify({ properties }));
  return { name: "i", open: true, system: false, unreadable: false, setting: () => undefined, mapping };
}

// the servers of the tests have no such type
test("a constant of the whole index is not matched: the search would find every document, and none would hold it", () => {
  const index = indexOf({
    tenant: { type: "constant_keyword", value: "ann@shop.example" },
    email: { type: "keyword" },
  });
  const column = (name: string) => ({ column: name, type: "email", fold: [] }) as const;
  expect(matchField(index, column("tenant"))).toEqual({
    code: "NOT_SEARCHABLE",
    column: "tenant",
    message: "Index i, field tenant: it is one value for the whole index, which documents need not hold.",
  });
  expect(matchField(index, column("email"))).toMatchObject({ kind: "keyword", name: "email" });
});
