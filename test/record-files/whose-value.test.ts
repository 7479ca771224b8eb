import { expect, test } from "vitest";
import type { Change } from "../../src/model/rule-change.ts";
import type { FieldRules } from "../../src/model/field-rule.ts";
import type { Lookup, MatchColumn } from "../../src/model/search.ts";
import type { RecordChange } from "../../src/record-files/record-format.ts";
import type { RecordRule } from "../../src/record-files/record-rule.ts";
import { rewriteRecords, verifyRewrite } from "../../src/record-files/rewrite-records.ts";
import { eraseFrom, inChunks, ruleOf, scan } from "./support.ts";

const fields = (rules: FieldRules, documents: Extract<Change, { kind: "fields" }>["documents"] = []): Change => ({
  kind: "fields",
  fields: rules,
  documents,
});
const column = (name: string): MatchColumn => ({ column: name, type: "email", fold: ["trim", "lowercase"] });
const asked = (columns: readonly MatchColumn[], ...values: readonly string[]): Lookup[] => [
  { subject: 0, values: Object.fromEntries(columns.map((one) => [one.column, values])) },
];
const roles = [column("from"), column("to")];
const unlink: FieldRules = { from: { kind: "unlink" }, to: { kind: "unlink" } };

test("CSV: a rule for a matched column cuts the person's side and leaves the other", async () => {
  const file = "id,from,to\n1,ann@x,bob@x\n2,bob@x, ANN@x \n3,bob@x,eve@x\n4,ann@x,ann@x\n";
  const { text, found } = await eraseFrom(
    Buffer.from(file),
    ruleOf({ columns: roles, change: fields(unlink) }),
    asked(roles, "ann@x"),
  );
  expect(text).toBe("id,from,to\n1,,bob@x\n2,bob@x,\n3,bob@x,eve@x\n4,,\n");
  expect(found.map(({ line, done }) => [line, done])).toEqual([
    [2, false],
    [3, false],
    [5, false],
  ]);
});

test("CSV: `set`, `template` and `pseudonymise` of a matched column leave the other person's cell too", async () => {
  const rules: FieldRules = { from: { kind: "set", value: "ghost" }, to: { kind: "pseudonymise" } };
  const { text } = await eraseFrom(
    Buffer.from("from,to\nann@x,bob@x\nbob@x,ann@x\n,ann@x\n"),
    ruleOf({ columns: roles, change: fields(rules) }),
    asked(roles, "ann@x"),
  );
  expect(text).toMatch(/^from,to\nghost,bob@x\nbob@x,ps_[0-9a-f]{32}\n,ps_[0-9a-f]{32}\n$/u);
});

test("JSON Lines: a rule at a matched path, or above one, acts where the value is the person's", async () => {
  const columns = [column("from.email"), column("to.email")];
  const file = [
    '{"from":{"email":"ann@x","name":"Ann"},"to":{"email":"bob@x"}}',
    '{"from":{"email":"bob@x"},"to":{"email":"ann@x","name":"Ann"}}',
    '{"from":{"email":"bob@x"},"to":{"email":"eve@x"}}',
    "",
  ].join("\n");
  const at = await eraseFrom(
    Buffer.from(file),
    ruleOf({
      name: "mail.jsonl",
      format: "jsonl",
      columns,
      change: fields({ "from.email": { kind: "unlink" }, "to.email": { kind: "remove" } }),
    }),
    asked(columns, "ann@x"),
  );
  expect(at.text.split("\n")).toEqual([
    '{"from":{"email":null,"name":"Ann"},"to":{"email":"bob@x"}}',
    '{"from":{"email":"bob@x"},"to":{"name":"Ann"}}',
    '{"from":{"email":"bob@x"},"to":{"email":"eve@x"}}',
    "",
  ]);
  const above = await eraseFrom(
    Buffer.from(file),
    ruleOf({
      name: "mail.jsonl",
      format: "jsonl",
      columns,
      change: fields({ from: { kind: "clear" }, to: { kind: "remove" } }),
    }),
    asked(columns, "ann@x"),
  );
  expect(above.text.split("\n").slice(0, 2)).toEqual([
    '{"from":null,"to":{"email":"bob@x"}}',
    '{"from":{"email":"bob@x"}}',
  ]);
});

test("JSON Lines: of a list the person's elements, and in them only what the rule names", async () => {
  const columns = [column("m[].email")];
  const file = '{"m":[{"email":"ann@x","n":1},{"email":"bob@x","n":2},{"n":3}]}\n';
  const change = async (rules: FieldRules) =>
    (
      await eraseFrom(
        Buffer.from(file),
        ruleOf({ name: "m.jsonl", format: "jsonl", columns, change: fields(rules) }),
        asked(columns, "ann@x"),
      )
    ).text;
  expect(await change({ "m[].n": { kind: "clear" } })).toBe(
    '{"m":[{"email":"ann@x","n":null},{"email":"bob@x","n":2},{"n":3}]}\n',
  );
  expect(await change({ "m[].email": { kind: "unlink" } })).toBe(
    '{"m":[{"email":null,"n":1},{"email":"bob@x","n":2},{"n":3}]}\n',
  );
  expect(await change({ "m[]": { kind: "remove" } })).toBe('{"m":[{"email":"bob@x","n":2},{"n":3}]}\n');
});

test("in mode `all` an element is the person's where every matched value in it is", async () => {
  const columns = [column("m[].email"), column("m[].alias")];
  const rule = ruleOf({
    name: "m.jsonl",
    format: "jsonl",
    columns,
    mode: "all",
    change: fields({ "m[]": { kind: "remove" } }),
  });
  const lookups: Lookup[] = [{ subject: 0, values: { "m[].email": ["ann@x"], "m[].alias": ["a@x"] } }];
  const file =
    '{"m":[{"email":"ann@x","alias":"a@x"},{"email":"ann@x","alias":"b@x"},{"email":"bob@x","alias":"a@x"}]}\n';
  expect((await eraseFrom(Buffer.from(file), rule, lookups)).text).toBe(
    '{"m":[{"email":"ann@x","alias":"b@x"},{"email":"bob@x","alias":"a@x"}]}\n',
  );
});

/** What two record types do to the same record, each judged with its own columns and people. */
async function together(text: string, rule: RecordRule, parts: RecordChange["parts"]): Promise<string> {
  const found = await scan(Buffer.from(text), rule, asked([...rule.columns], "ann@x"));
  const changes = new Map(found.map(({ id }): [string, RecordChange] => [id, { remove: false, parts }]));
  const rewrite = rewriteRecords(inChunks(Buffer.from(text)), rule, changes, String);
  const written = Buffer.concat(await Array.fromAsync(rewrite.output));
  await verifyRewrite(inChunks(written), rule, changes, rewrite.result());
  return written.toString();
}

test("changes of two record types are made in one go, each where its own match says", async () => {
  const change = (rules: FieldRules) => ({ kind: "fields", fields: rules, documents: [] }) as const;
  const sent = {
    change: change({ from: { kind: "unlink" }, body: { kind: "clear" } }),
    columns: [column("from")],
    mode: "any",
    lookups: asked([column("from")], "ann@x"),
  } as const;
  const received = {
    change: change({ to: { kind: "unlink" } }),
    columns: [column("to")],
    mode: "any",
    lookups: asked([column("to")], "ann@x"),
  } as const;
  expect(
    await together("from,to,body\nann@x,bob@x,a\nann@x,ann@x,b\n", ruleOf({ columns: [column("from")] }), [
      sent,
      received,
    ]),
  ).toBe("from,to,body\n,bob@x,\n,,\n");
  const json = ruleOf({ name: "a.jsonl", format: "jsonl", columns: [column("from")] });
  expect(
    await together('{"from":"ann@x","to":"bob@x","body":"a"}\n{"to":"ann@x","from":"ann@x","body":"b"}\n', json, [
      sent,
      received,
    ]),
  ).toBe('{"from":null,"to":"bob@x","body":null}\n{"to":null,"from":null,"body":null}\n');
});

test("a list in JSON Lines that holds somebody else is shared; a value that stands alone is not", async () => {
  const columns = [column("to[]"), column("from")];
  const rule = ruleOf({ name: "mail.jsonl", format: "jsonl", columns });
  const lines = [
    '{"to":["ann@x","bob@x"]}',
    '{"to":["ann@x"]}',
    '{"from":"ann@x","to":["bob@x","eve@x"]}',
    '{"to":[" ANN@X ","ann@x",null,""]}',
    '{"from":"ann@x","to":["ann@x","eve@x"]}',
  ];
  const found = await scan(Buffer.from(`${lines.join("\n")}\n`), rule, asked(columns, "ann@x"));
  expect(found.map(({ line, shared }) => [line, shared])).toEqual([
    [1, true],
    [2, false],
    [3, false],
    [4, false],
    [5, true],
  ]);
  const flat = ruleOf({ name: "mail.jsonl", format: "jsonl", columns: [column("to")] });
  expect(
    (await scan(Buffer.from(`${lines.join("\n")}\n`), flat, asked([column("to")], "ann@x"))).map(
      ({ shared }) => shared,
    ),
  ).toEqual([true, false, false, true]);
});

test("an object of a list that names nobody may be somebody: the record is shared", async () => {
  const columns = [column("members[].email"), column("members[].phone")];
  const rule = ruleOf({ name: "rooms.jsonl", format: "jsonl", columns });
  const lines = [
    '{"members":[{"email":"ann@x"},{"name":"Zoe"}]}',
    '{"members":[{"email":"ann@x"},{"email":null,"name":" "},{},null]}',
    '{"members":[{"email":"ann@x"},{"phone":"ann@x","name":"Ann"}]}',
    '{"members":[{"email":"ann@x"},[["Zoe"]]]}',
    '{"members":[{"email":"ann@x","phone":"1"}]}',
  ];
  const found = await scan(Buffer.from(`${lines.join("\n")}\n`), rule, asked(columns, "ann@x"));
  expect(found.map(({ line, shared }) => [line, shared])).toEqual([
    [1, true],
    [2, false],
    [3, false],
    [4, true],
    [5, false],
  ]);
});
