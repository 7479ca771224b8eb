import { expect, test } from "vitest";
import type { Change } from "../../src/model/rule-change.ts";
import { goneRecords } from "../../src/record-files/missing-records.ts";
import { recordsOf } from "../../src/record-files/record-file.ts";
import { isOwn, readFingerprint, writeFingerprint } from "../../src/record-files/record-name.ts";
import { changesFor, inChunks, lookupsOf, ruleOf, scan, type TestRule } from "./support.ts";

const ann = lookupsOf("email", "ann@x");

/** Which of Ann's records (by their place among them) count as gone, when `before` has become `after`. */
async function gone(before: string, after: string, rule: TestRule = ruleOf()): Promise<readonly number[]> {
  const found = await scan(Buffer.from(before), rule, ann);
  const still = new Set(
    (
      await Array.fromAsync(
        recordsOf(
          inChunks(Buffer.from(after)),
          rule,
          found.map(({ id }) => id),
        ),
      )
    ).map(({ id }) => id),
  );
  const changes = changesFor(found, rule.change, ann, rule);
  const missing = found.flatMap(({ id, before: left, after: right }) => {
    const change = changes.get(id);
    return still.has(id) || change === undefined ? [] : [{ id, planned: { before: left, after: right }, change }];
  });
  const result = await goneRecords(inChunks(Buffer.from(after)), rule, missing);
  return found.flatMap(({ id }, at) => (result.has(id) ? [at] : []));
}

test("a record whose neighbours stand side by side is gone, at the edges of a file too", async () => {
  expect(await gone("email,n\nbob,1\nann@x,1\neve,1\n", "email,n\nbob,1\neve,1\n")).toEqual([0]);
  expect(await gone("email,n\nann@x,1\neve,1\n", "email,n\neve,1\n")).toEqual([0]);
  expect(await gone("email,n\nbob,1\nann@x,1\n", "email,n\nbob,1\n")).toEqual([0]);
  expect(await gone("email,n\nann@x,1\n", "email,n\n")).toEqual([0]);
});

test("several side by side are gone together, equal ones too", async () => {
  expect(
    await gone("email,n\nbob,1\nann@x,1\nann@x,2\nann@x,2\neve,1\nann@x,3\nzoe,1\n", "email,n\nbob,1\neve,1\nzoe,1\n"),
  ).toEqual([0, 1, 2, 3]);
});

test("a record with something in its place is changed, whatever else was removed", async () => {
  expect(await gone("email,n\nbob,1\nann@x,1\neve,1\n", "email,n\nbob,1\nann@x,9\neve,1\n")).toEqual([]);
  expect(await gone("email,n\nbob,1\nann@x,1\neve,1\n", "email,n\nbob,1\nzoe,1\neve,1\n")).toEqual([]);
  expect(await gone("email,n\nbob,1\nann@x,1\nann@x,2\neve,1\n", "email,n\nbob,1\nann@x,9\neve,1\n")).toEqual([]);
  expect(
    await gone("email,n\nbob,1\nann@x,1\neve,1\nann@x,2\nzoe,1\n", "email,n\nbob,1\neve,1\nann@x,8\nzoe,1\n"),
  ).toEqual([0]);
});

test("beside records that are there several times nobody can say which is which", async () => {
  expect(
    await gone("email,n\nbob,1\nann@x,1\nbob,1\nann@x,2\nbob,1\n", "email,n\nbob,1\nann@x,9\nbob,1\nbob,1\n"),
  ).toEqual([]);
});

test("where a neighbour went too nobody can say, and that is no proof", async () => {
  expect(await gone("email,n\nbob,1\nann@x,1\neve,1\n", "email,n\nbob,1\nzoe,1\n")).toEqual([]);
});

test("a record that is as its change leaves it is gone, one that is changed otherwise is not", async () => {
  const change: Change = { kind: "fields", fields: { n: { kind: "clear" } }, documents: [] };
  const rule = ruleOf({ change });
  expect(
    await gone("email,n\nbob,1\nann@x,1\nann@x,2\neve,1\n", "email,n\nbob,1\nann@x,\nann@x,\neve,1\n", rule),
  ).toEqual([0, 1]);
  expect(await gone("email,n\nbob,1\nann@x,1\neve,1\n", "email,n\nbob,1\nann@x,7\neve,1\n", rule)).toEqual([]);
});

test("records are found by name, with their neighbours, whoever they belong to now", async () => {
  const rule = ruleOf({ exports: ["n"] });
  const bytes = Buffer.from("email,n\nbob,1\nann@x,1\n\nann@x,2\n");
  const found = await scan(bytes, rule, ann);
  const named = await Array.fromAsync(
    recordsOf(
      inChunks(bytes),
      rule,
      found.slice(1).map(({ id }) => id),
    ),
  );
  const [, second] = found;
  expect(named).toEqual([{ ...second, subjects: [] }]);
  expect(found.map(({ before, after }) => [before === "^", after === "$"])).toEqual([
    [false, false],
    [false, true],
  ]);
  expect(found[1]?.before).not.toBe(found[0]?.before);
  expect(
    await Array.fromAsync(
      recordsOf(
        inChunks(Buffer.from("email,n\nann@x,3\n")),
        rule,
        found.map(({ id }) => id),
      ),
    ),
  ).toEqual([]);
});

test("a fingerprint tells the record's own part from the rest, and is not taken for another record's", async () => {
  const [one, other] = await scan(Buffer.from("email,n\nann@x,1\nann@x,2\n"), ruleOf(), ann);
  if (one === undefined || other === undefined) throw new Error("not found");
  const text = writeFingerprint({ own: one.fingerprint, before: one.before, after: one.after, holder: "file" });
  expect(readFingerprint(text)).toEqual({
    own: one.fingerprint.slice(0, 32),
    before: "^",
    after: one.after,
    holder: "file",
  });
  expect([isOwn(one.id, text), isOwn(other.id, text), isOwn(one.id, "")]).toEqual([true, false, false]);
  expect(readFingerprint("a.b.c")).toBeNull();
});
