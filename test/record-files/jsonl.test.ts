import { expect, test } from "vitest";
import { checkRecords, remainingRecords } from "../../src/record-files/record-file.ts";
import { rewriteRecords } from "../../src/record-files/rewrite-records.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import { changesFor, eraseFrom, inChunks, lookupsOf, ruleOf, scan, type TestRule } from "./support.ts";

const jsonl = (given: Partial<TestRule> = {}) => ruleOf({ name: "people.jsonl", format: "jsonl", ...given });
const fields = (rules: FieldRules): Change => ({ kind: "fields", fields: rules, documents: [] });
const ann = lookupsOf("email", "ann@x");

test("only the person's lines go: spelling, blank lines, CRLF, broken lines and a missing last line end stay", async () => {
  const keep = [
    '{"big":12345678901234567890,"z":1.0,"a":-0,"a":1e400,"2":0,"1":"\\ud800"}\r\n',
    "\n",
    "  \r\n",
    "not json\n",
    '["ann@y"]\n',
    '{"email":"ANN@x"}',
  ];
  const file = [keep[0], '{"email":"ann@x"}\r\n', keep[1], '{"id":1,"email":"ann\\u0040x"}\n', ...keep.slice(2)].join(
    "",
  );
  const rule = jsonl();
  const { text, result, found } = await eraseFrom(Buffer.from(file), rule, ann);
  expect(text).toBe(keep.join(""));
  expect(found.map(({ line }) => line)).toEqual([2, 4]);
  expect(result).toMatchObject({ records: 4, removed: 2, bytesIn: Buffer.byteLength(file) });
  expect(rule.gaps).toEqual([
    { line: 6, gap: false },
    { line: 7, gap: false },
  ]);
});

test("where the last line goes, the line end before it stays", async () => {
  expect((await eraseFrom(Buffer.from('{"email":"bob"}\r\n{"email":"ann@x"}'), jsonl(), ann)).text).toBe(
    '{"email":"bob"}\r\n',
  );
});

test("a line that cannot be read is a gap where it holds an identifier, in any spelling its fold allows", async () => {
  const rule = jsonl({ columns: [{ column: "email", type: "email", fold: ["lowercase"] }] });
  await scan(
    Buffer.from('{"email":"ANN@x"\n"ann\\u0040x"\nnobody\n{"email":"ann@x",}\n\xff ann@x\n', "latin1"),
    rule,
    ann,
  );
  expect(rule.gaps.map(({ line, gap }) => `${line} ${gap}`)).toEqual([
    "1 true",
    "2 true",
    "3 false",
    "4 true",
    "5 true",
  ]);
});

test("numbers match by their text: no digit is lost, and a number and a string of the same text are the same", async () => {
  const rule = jsonl({ columns: [{ column: "id", type: "integer", fold: [] }] });
  const lines = [
    '{"id":90071992547409931}',
    '{"id":90071992547409932}',
    '{"id":"90071992547409931"}',
    '{"id":90071992547409931.0}',
    '{"id":"090071992547409931"}',
    '{"id":[90071992547409931]}',
    '{"id":null}',
  ];
  const found = await scan(Buffer.from(lines.join("\n")), rule, lookupsOf("id", "90071992547409931"));
  expect(found.map(({ line }) => line)).toEqual([1, 3, 6]);
});

test("null never matches the word null", async () => {
  expect(await scan(Buffer.from('{"email":null}\n{"email":""}\n'), jsonl(), lookupsOf("email", "null"))).toEqual([]);
});

test("every rule changes its value's own bytes and no other", async () => {
  const line = String.raw`{ "email" : "ann@x","born":"1987-05-23", "n" : 1.00,"ip":"10.1.2.3","zip":"34353" ,"name":"A\u006en","note":{"a":[1]},"ref":"r","keep":"A\u006en" , "gone":1}`;
  const change = fields({
    born: { kind: "generalise", to: "year" },
    n: { kind: "set", value: 5 },
    ip: { kind: "truncate", bits: 16 },
    zip: { kind: "prefix", length: 2 },
    name: { kind: "set", value: 'former "x"' },
    note: { kind: "clear" },
    ref: { kind: "pseudonymise" },
    keep: { kind: "keep" },
    gone: { kind: "remove" },
    absent: { kind: "set", value: "never made" },
  });
  const { text } = await eraseFrom(Buffer.from(`{"email":"bob"}\n${line}\n`), jsonl({ change }), ann);
  const wanted = String.raw`{ "email" : "ann@x","born":"1987", "n" : 5,"ip":"10.1.0.0","zip":"34" ,"name":"former \"x\"","note":null,"ref":"ps_`;
  expect(text.startsWith(`{"email":"bob"}\n${wanted}`)).toBe(true);
  expect(text.slice(text.indexOf("ps_") + 35)).toBe(String.raw`","keep":"A\u006en"}` + "\n");
});

test("a second look finds a changed record done, and a second rewriting changes nothing", async () => {
  const change = fields({
    name: { kind: "clear" },
    mail: { kind: "template", template: "gone+:random@invalid" },
    tel: { kind: "remove" },
  });
  const rule = jsonl({ change });
  const first = await eraseFrom(Buffer.from('{"email":"ann@x","name":"Ann","mail":"ann@x","tel":1}\n'), rule, ann);
  expect(first.found.map(({ done }) => done)).toEqual([false]);
  expect(first.text).toMatch(/^\{"email":"ann@x","name":null,"mail":"gone\+[0-9a-f]{18}@invalid"\}\n$/u);
  const second = await eraseFrom(first.bytes, rule, ann);
  expect(second.found.map(({ done }) => done)).toEqual([true]);
  expect(second.result).toMatchObject({
    matched: [second.found[0]?.id],
    changed: [],
    alreadyAsWanted: [second.found[0]?.id],
  });
  expect(second.text).toBe(first.text);
});

test("a shared array loses the matching elements only, whichever way the rule names it", async () => {
  const line = '{"members":[{"email":"bob@x","tel":1}, {"email":"ann@x","tel":2},{"email":"ann@x.org","tel":3}]}\n';
  const columns = [{ column: "members[].email", type: "email", fold: [] }] as const;
  const lookups = lookupsOf("members[].email", "ann@x");
  const left = '{"members":[{"email":"bob@x","tel":1},{"email":"ann@x.org","tel":3}]}\n';
  for (const path of ["members[]", "members"]) {
    expect(
      (await eraseFrom(Buffer.from(line), jsonl({ columns, change: fields({ [path]: { kind: "remove" } }) }), lookups))
        .text,
    ).toBe(left);
  }
  const cleared = await eraseFrom(
    Buffer.from(line),
    jsonl({ columns, change: fields({ "members[].tel": { kind: "clear" } }) }),
    lookups,
  );
  expect(cleared.text).toBe(line.replace('"tel":2', '"tel":null'));
});

test("an array of plain values loses the matching ones only, also where match or rule leave the brackets out", async () => {
  for (const [match, path] of [
    ["mails", "mails"],
    ["mails[]", "mails"],
    ["mails", "mails[]"],
    ["mails[]", "mails[]"],
  ] as const) {
    const rule = jsonl({
      columns: [{ column: match, type: "email", fold: [] }],
      change: fields({ [path]: { kind: "remove" } }),
    });
    const { text } = await eraseFrom(
      Buffer.from('{"mails":["bob@x","ann@x"],"n":1}\n{"mails":["ann@x"]}\n'),
      rule,
      lookupsOf(match, "ann@x"),
    );
    expect(text, `${match} ${path}`).toBe('{"mails":["bob@x"],"n":1}\n{"mails":[]}\n');
  }
});

test("a plain value under the same key as an array selects none of its elements", async () => {
  const rule = jsonl({
    columns: [{ column: "mails", type: "email", fold: [] }],
    change: fields({ "mails[]": { kind: "remove" } }),
  });
  const line = '{"mails":"ann@x","mails":["bob@x"]}\n';
  expect((await eraseFrom(Buffer.from(line), rule, lookupsOf("mails", "ann@x"))).text).toBe(line);
});

test("each subject's elements are taken for that subject alone", async () => {
  const columns = [{ column: "m[].e", type: "email", fold: [] }] as const;
  const rule = jsonl({
    columns,
    change: { kind: "fields", fields: {}, documents: [{ in: "doc", paths: { "m[]": { kind: "remove" } } }] },
  });
  const bytes = Buffer.from('{"doc":{"m":[{"e":"ann@x"},{"e":"bob@x"},{"e":"eve@x"}]}}\n');
  const withDoc = { ...rule, columns: [{ column: "doc.m[].e", type: "email", fold: [] }] as const };
  const lookups = lookupsOf("doc.m[].e", "ann@x", "bob@x", "eve@x");
  const found = await scan(bytes, withDoc, lookups);
  expect(found.map(({ subjects }) => subjects)).toEqual([[0, 1, 2]]);
  const two = found.map((record) => ({ ...record, subjects: [0, 2] }));
  const { output } = rewriteRecords(inChunks(bytes), withDoc, changesFor(two, rule.change, lookups, withDoc), String);
  expect(Buffer.concat(await Array.fromAsync(output)).toString()).toBe('{"doc":{"m":[{"e":"bob@x"}]}}\n');
});

test("a rewriting without the subjects' lookups takes nothing out of a shared array", async () => {
  const columns = [{ column: "m[].e", type: "email", fold: [] }] as const;
  const rule = jsonl({ columns, change: fields({ "m[]": { kind: "remove" } }) });
  const bytes = Buffer.from('{"m":[{"e":"ann@x"},{"e":"bob@x"}]}\n');
  const changes = changesFor(await scan(bytes, rule, lookupsOf("m[].e", "ann@x")), rule.change, [], rule);
  expect(
    Buffer.concat(await Array.fromAsync(rewriteRecords(inChunks(bytes), rule, changes, String).output)).toString(),
  ).toBe(bytes.toString());
  const unknown = new Map(
    [...changes].map(([id, { remove, parts }]) => [
      id,
      { remove, parts: parts.map((part) => ({ ...part, lookups: null })) },
    ]),
  );
  expect(await Array.fromAsync(remainingRecords(inChunks(bytes), rule, unknown)), "but it is not done either").toEqual([
    ...changes.keys(),
  ]);
});

test("equal lines are told apart by their order", async () => {
  const bytes = Buffer.from('{"email":"ann@x"}\n{"email":"bob"}\n{"email":"ann@x"}\r\n{"email":"ann@x"}');
  const found = await scan(bytes, jsonl(), ann);
  expect(new Set(found.map(({ id }) => id)).size).toBe(3);
  const changes = changesFor(found.slice(1, 2), { kind: "delete" }, ann);
  expect(
    Buffer.concat(await Array.fromAsync(rewriteRecords(inChunks(bytes), jsonl(), changes, String).output)).toString(),
  ).toBe('{"email":"ann@x"}\n{"email":"bob"}\n{"email":"ann@x"}');
});

test("a path that no line has is an error naming file and path, never nothing found; an empty file is none", async () => {
  const rule = jsonl({ exports: ["who.mail"] });
  const check = async (text: string) => await checkRecords(inChunks(Buffer.from(text)), rule);
  await expect(check('{"email":"a"}\n{"email":"b","who":{"email":1}}\n')).rejects.toMatchObject({
    code: "COLUMN_MISSING",
    message: 'people.jsonl: no line has a path "who.mail"',
  });
  await expect(check("no json\n")).rejects.toMatchObject({ code: "COLUMN_MISSING" });
  await check('{"email":"a"}\n{"who":{"mail":null}}\n');
  await check("\n\n");
  await check("");
});

test("a key with dots in it is where the path leads, too: found, changed and taken away, whatever of it is an object", async () => {
  const rows = [
    '{"u.email":"ann@x","u.n":1,"k":"u.email"}',
    '{"a":[{"u.email":"ann@x"}],"u":{"email":"bob@x"}}',
    '{"u":{"email":"ann@x","n":2},  "u.n":3}',
    '{"x.u.email":"ann@x","u.email.x":"ann@x","u.email":"bob@x"}',
  ];
  const columns = [{ column: "u.email", type: "email", fold: [] }] as const;
  const file = Buffer.from(rows.map((row) => `${row}\n`).join(""));
  const lookups = lookupsOf("u.email", "ann@x");
  const change: Change = {
    kind: "fields",
    fields: { "u.email": { kind: "clear" }, "u.n": { kind: "remove" } },
    documents: [],
  };
  const { text } = await eraseFrom(file, ruleOf({ name: "a.jsonl", format: "jsonl", columns, change }), lookups);
  expect(text.split("\n")).toEqual(['{"u.email":null,"k":"u.email"}', rows[1], '{"u":{"email":null}}', rows[3], ""]);
  const deep = ruleOf({
    name: "a.jsonl",
    format: "jsonl",
    columns: [{ column: "a.b[].c.d", type: "email", fold: [] }],
  });
  const ways = [
    '{"a.b":[{"c.d":"ann@x"}]}',
    '{"a":{"b":[{"c":{"d":"ann@x"}}]}}',
    '{"a.b":[{"c":{"d":"ann@x"}}]}',
    '{"a.b[].c.d":"ann@x"}',
  ];
  expect(
    (await scan(Buffer.from(ways.join("\n")), deep, lookupsOf("a.b[].c.d", "ann@x"))).map(({ line }) => line),
  ).toEqual([1, 2, 3]);
});

test("a key that stands twice with two people's values is shared: readers do not agree on which of them counts", async () => {
  const lines = [
    '{"email":"bob@x","email":"ann@x"}',
    '{"email":"ann@x","email":"bob@x"}',
    '{"email":"ann@x","email":"ann@x"}',
    '{"email":"ann@x","n":1,"n":2}',
    '{"email":"bob@x","email":"cay@x"}',
  ];
  const found = await scan(Buffer.from(`${lines.join("\n")}\n`), jsonl(), ann);
  expect(found.map(({ line, shared }) => [line, shared])).toEqual([
    [1, true],
    [2, true],
    [3, false],
    [4, false],
  ]);
});

test("of several dates that a hold counts from, one that is missing or no date is told as an empty text", async () => {
  const days = async (row: object): Promise<readonly string[] | undefined> => {
    const rule = jsonl({ exports: ["items[].on"], dates: ["items[].on"] });
    const bytes = Buffer.from(`{"items":[{"on":"2001-01-01"}]}\n${JSON.stringify({ email: "ann@x", ...row })}\n`);
    return (await scan(bytes, rule, ann))[0]?.values["items[].on"];
  };
  const [old, late] = [{ on: "2010-01-01" }, { on: "2026-01-01" }];
  expect(await days({ items: [old, late] })).toEqual(["2010-01-01", "2026-01-01"]);
  expect(await days({ items: [{ on: ["2010-01-01", "2026-01-01"] }] })).toEqual(["2010-01-01", "2026-01-01"]);
  for (const other of [{ on: null }, {}, { on: {} }, { on: [] }, [late], null])
    expect(await days({ items: [old, other] }), JSON.stringify(other)).toEqual(["2010-01-01", ""]);
  // where there is none at all the planner knows it as it is
  expect([await days({}), await days({ items: [] })]).toEqual([[], []]);
});
