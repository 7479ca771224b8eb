import { expect, test } from "vitest";
import type { Located } from "../../src/model/search.ts";
import { foundRecords } from "../../src/planner/found-records.ts";
import { recordOf } from "../support/small-map.ts";

const type = recordOf("shop", "orders");
const digest = (at: number) => at.toString(16).padStart(64, "0");
const located = (at: number, more: Partial<Located> = {}): Located => ({
  key: `k${at}`,
  address: `a${at}`,
  fingerprint: digest(at),
  subjects: [at],
  values: { id: [`v${at}`], tags: at === 0 ? [] : ["x", `y${at}`], other: ["not asked for"] },
  done: false,
  ...more,
});
const kept = ({ values, ...one }: Located) => ({
  ...one,
  type,
  values: { id: values["id"], tags: values["tags"] },
});

test("what was found comes back whole, in its order and by its key, with the values that are needed and no others", () => {
  const records = foundRecords(type, ["id", "tags"]);
  const all = Array.from({ length: 3000 }, (_, at) => located(at, at % 7 === 0 ? { done: true, within: "w" } : {}));
  for (const one of all) records.put(one);
  expect([...records.values()]).toEqual(all.map(kept));
  expect(records.size).toBe(3000);
  expect(records.get("k2999")).toEqual(kept(located(2999)));
  expect([records.get("k3000"), records.has("k3000"), records.has("k0")]).toEqual([undefined, false, true]);
});

test("a fingerprint that is no digest is a text like any other", () => {
  const records = foundRecords(type, []);
  const texts = ["", "etag-1", digest(1).toUpperCase(), `${digest(2)}/2`, "é".repeat(64)];
  for (const [at, fingerprint] of texts.entries()) records.put(located(at, { fingerprint }));
  expect(Array.from(records.values(), ({ fingerprint }) => fingerprint)).toEqual(texts);
});

test("a record that comes again takes the place of the earlier one, with all that is said of it", () => {
  const records = foundRecords(type, ["id"]);
  records.put(located(0, { done: true, shared: true, blocked: { reason: "object_lock" }, fingerprint: "f" }));
  records.put(located(1));
  const again = located(0, { subjects: [0, 4], address: "b", values: { id: ["n", "m"] } });
  records.put(again);
  expect([...records.values()]).toEqual([
    { ...again, type, values: { id: ["n", "m"] } },
    { ...located(1), type, values: { id: ["v1"] } },
  ]);
});
