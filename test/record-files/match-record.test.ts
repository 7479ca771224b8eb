import { expect, test } from "vitest";
import { gapFinder, subjectMatcher } from "../../src/record-files/match-record.ts";
import type { MatchColumn } from "../../src/model/search.ts";

const EMAIL: MatchColumn = { column: "email", type: "email", fold: ["trim", "lowercase"] };
const ID: MatchColumn = { column: "id", type: "integer", fold: [] };
const record = (values: Record<string, string | readonly string[]>) => (column: string) =>
  [values[column] ?? []].flat();

test("any: one column is enough, every subject is named once, in order", () => {
  const subjectsOf = subjectMatcher([EMAIL, ID], "any", [
    { subject: 2, values: { email: ["ann@x"], id: ["1"] } },
    { subject: 0, values: { email: ["ann@x", "bob@x"] } },
    { subject: 1, values: { id: ["7"] } },
  ]);
  expect(subjectsOf(record({ email: " ANN@x ", id: "1" }))).toEqual([0, 2]);
  expect(subjectsOf(record({ email: "nobody", id: "7" }))).toEqual([1]);
  expect(subjectsOf(record({ email: "BOB@x", id: "01" }))).toEqual([0]);
  expect(subjectsOf(record({}))).toEqual([]);
});

test("all: every column must match for the same subject, and a subject without a value for one matches nothing", () => {
  const subjectsOf = subjectMatcher([EMAIL, ID], "all", [
    { subject: 0, values: { email: ["ann@x"], id: ["1"] } },
    { subject: 1, values: { email: ["bob@x"], id: ["2"] } },
    { subject: 2, values: { email: ["eve@x"] } },
  ]);
  expect(subjectsOf(record({ email: "ann@x", id: "1" }))).toEqual([0]);
  expect(subjectsOf(record({ email: "ann@x", id: "2" })), "one column of each").toEqual([]);
  expect(subjectsOf(record({ email: "ann@x" }))).toEqual([]);
  expect(subjectsOf(record({ email: "eve@x", id: "" }))).toEqual([]);
});

test("a filter takes only records with one of its values in every column", () => {
  const subjectsOf = subjectMatcher([EMAIL], "any", [{ subject: 0, values: { email: ["ann@x"] } }], {
    state: ["open", ""],
    kind: ["a"],
  });
  expect(subjectsOf(record({ email: "ann@x", state: "open", kind: "a" }))).toEqual([0]);
  expect(subjectsOf(record({ email: "ann@x", state: "", kind: "a" }))).toEqual([0]);
  expect(subjectsOf(record({ email: "ann@x", state: "open", kind: "b" }))).toEqual([]);
  expect(subjectsOf(record({ email: "ann@x", state: "open" }))).toEqual([]);
});

test("several values of a path are each compared", () => {
  const subjectsOf = subjectMatcher([EMAIL], "any", [
    { subject: 0, values: { email: ["ann@x"] } },
    { subject: 1, values: { email: ["bob@x"] } },
  ]);
  expect(subjectsOf(record({ email: ["eve@x", "bob@x", "ann@x"] }))).toEqual([0, 1]);
});

test("without columns or without lookups nothing matches", () => {
  expect(subjectMatcher([], "all", [{ subject: 0, values: {} }])(record({ email: "ann@x" }))).toEqual([]);
  expect(subjectMatcher([EMAIL], "any", [])(record({ email: "ann@x" }))).toEqual([]);
});

test("a gap is found by any spelling of the identifier that a fold or JSON allows", () => {
  const isGap = gapFinder(
    [EMAIL, { column: "phone", type: "phone", fold: ["e164"] }],
    [{ subject: 0, values: { email: ["ann@x"], phone: ["+420555014182"] } }],
  );
  for (const text of ["…ANN@X…", String.raw`"ann\u0040x"`, "call 00420 555-014.182 now".replace("00420", "+420")])
    expect(isGap(text), text).toBe(true);
  for (const text of ["", "bob@x", "ann at x"]) expect(isGap(text), text).toBe(false);
});
