import { expect, test } from "vitest";
import type { Change } from "../../src/model/rule-change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import { eraseFrom, lookupsOf, ruleOf, scan } from "./support.ts";

const fields = (rules: FieldRules): Change => ({ kind: "fields", fields: rules, documents: [] });
const split = { email: " ::: " };
const ann = lookupsOf("email", "ann@x");
const HEAD = "email,n\n";

test("a cell that is a list is matched by each of its values, whole", async () => {
  const file = `${HEAD}ann@x ::: bob@x,1\nbob@x ::: ann@x,2\nann@x,3\nxann@x ::: ann@x.y,4\nann@x::: bob@x,5\n,6\n`;
  expect((await scan(Buffer.from(file), ruleOf({ split }), ann)).map(({ line }) => line)).toEqual([2, 3, 4]);
  expect((await scan(Buffer.from(file), ruleOf(), ann)).map(({ line }) => line)).toEqual([4]);
});

test("one value leaves with one separator, and everything else keeps every byte", async () => {
  const cases = [
    ["ann@x ::: bob@x ::: eve@x", "bob@x ::: eve@x"],
    ["bob@x ::: ann@x ::: eve@x", "bob@x ::: eve@x"],
    ["bob@x :::  eve@x ::: ann@x", "bob@x :::  eve@x"],
    ["ann@x ::: ann@x ::: bob@x ::: ann@x", "bob@x"],
    ["ann@x ::: ann@x", ""],
    ["ann@x", ""],
  ] as const;
  for (const kind of ["remove", "clear", "unlink"] as const) {
    const rule = ruleOf({ split, change: fields({ email: { kind } }) });
    for (const [before, after] of cases) {
      expect((await eraseFrom(Buffer.from(`${HEAD}${before},1\r\n`), rule, ann)).text, before).toBe(
        `${HEAD}${after},1\r\n`,
      );
      expect((await eraseFrom(Buffer.from(`${HEAD}"${before}",1`), rule, ann)).text, before).toBe(
        `${HEAD}"${after}",1`,
      );
    }
  }
});

test("quotes and escapes of the values that stay are spelled as they were", async () => {
  const rule = ruleOf({ split: { email: "; " }, change: fields({ email: { kind: "remove" } }) });
  const file = `${HEAD}"""Bob"" <b@x>; ann@x; ""E,ve""\r\n",1\n`;
  expect((await eraseFrom(Buffer.from(file), rule, ann)).text).toBe(`${HEAD}"""Bob"" <b@x>; ""E,ve""\r\n",1\n`);
  const dialect = { quote: "'", escape: "\\" };
  const odd = String.raw`'\B\'ob; ann@x; \\eve',1`;
  expect((await eraseFrom(Buffer.from(`${HEAD}${odd}\n`), { ...rule, dialect }, ann)).text).toBe(
    `${HEAD}${String.raw`'\B\'ob; \\eve',1`}\n`,
  );
});

test("a value that is set or replaced stands where the old one stood", async () => {
  const set = ruleOf({ split, change: fields({ email: { kind: "set", value: 'go"ne' } }) });
  expect((await eraseFrom(Buffer.from(`${HEAD}bob@x ::: ann@x,1\n"bob@x ::: ann@x",1\n`), set, ann)).text).toBe(
    `${HEAD}"bob@x ::: go""ne",1\n"bob@x ::: go""ne",1\n`,
  );
  const separator = ruleOf({ split, change: fields({ email: { kind: "set", value: "a ::: b" } }) });
  await expect(eraseFrom(Buffer.from(`${HEAD}bob@x ::: ann@x,1\n`), separator, ann)).rejects.toMatchObject({
    code: "FIELD_REFUSED",
  });
});

test("a list that is emptied in a record of one cell does not become a blank line", async () => {
  expect(
    (
      await eraseFrom(
        Buffer.from("email\nann@x\nbob\n"),
        ruleOf({ split, change: fields({ email: { kind: "remove" } }) }),
        ann,
      )
    ).text,
  ).toBe('email\n""\nbob\n');
});

test("a second erasure finds nothing to do; a column that is not matched is changed as a whole", async () => {
  const change = fields({ email: { kind: "remove" }, n: { kind: "clear" } });
  const { text } = await eraseFrom(Buffer.from(`${HEAD}ann@x ::: bob@x,1\n`), ruleOf({ split, change }), ann);
  expect(text).toBe(`${HEAD}bob@x,\n`);
  expect(await scan(Buffer.from(text), ruleOf({ split, change }), ann)).toEqual([]);
});

test("a list that holds somebody else is shared, unless all of them are the record's people", async () => {
  const file = Buffer.from(`${HEAD}ann@x ::: bob@x,1\nann@x,2\nann@x ::: ,3\nANN@X ::: ann@x,4\n`);
  const shared = async (lookups: typeof ann, fold: readonly "lowercase"[] = []) =>
    (await scan(file, ruleOf({ split, columns: [{ column: "email", type: "email", fold }] }), lookups)).map(
      (record) => record.shared,
    );
  expect(await shared(ann)).toEqual([true, false, false, true]);
  expect(await shared(ann, ["lowercase"])).toEqual([true, false, false, false]);
  expect(await shared(lookupsOf("email", "ann@x", "bob@x"))).toEqual([false, false, false, true]);
});

test("exports and constants see the values of the list", async () => {
  const rule = ruleOf({ split: { tags: "|" }, exports: ["tags"], where: { tags: ["vip", "5"] } });
  const file = Buffer.from("email,tags\nann@x,vip|new\nann@x,old\nann@x,5.0|x\n");
  expect((await scan(file, rule, ann)).map(({ values }) => values["tags"])).toEqual([
    ["vip", "new"],
    ["5.0", "x"],
  ]);
});

test("a column of a list that the heading has not is missing", async () => {
  await expect(scan(Buffer.from("email\nann@x\n"), ruleOf({ split: { members: ";" } }), ann)).rejects.toMatchObject({
    code: "COLUMN_MISSING",
  });
});
