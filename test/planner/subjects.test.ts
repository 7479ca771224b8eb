import { describe, expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import type { Fold, Identity, IdentityType } from "../../src/model/datamap.ts";
import { readPeople, readSubjects } from "../../src/planner/subjects.ts";

const at = { line: 1, column: 1 };
const identity = (name: string, type: IdentityType, fold: readonly Fold[] = []): Identity => ({
  name,
  type,
  fold,
  by: {},
  at,
});
const IDENTITIES = [
  identity("email", "email", ["trim", "lowercase"]),
  identity("phone", "phone", ["e164"]),
  identity("customer_id", "integer"),
  identity("card", "string"),
  identity("account", "uuid"),
];

function refused(text: string): Failure {
  try {
    readSubjects(text, IDENTITIES);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("whoever stands there twice with the same values is one person, and the line is told", () => {
  const [ann, bob] = [{ email: "ann@example.com", customer_id: 7 }, { email: "bob@example.com" }];
  const again = { customer_id: "7", email: [" ANN@example.com", "ann@example.com"] };
  const text = [ann, bob, again, bob, { email: "ann@example.com" }].map((one) => JSON.stringify(one)).join("\n");
  const { subjects, repeated } = readPeople(text, IDENTITIES);
  expect(subjects.map(({ identifiers }) => identifiers)).toEqual([
    { email: ["ann@example.com"], customer_id: ["7"] },
    { email: ["bob@example.com"] },
    { email: ["ann@example.com"] },
  ]);
  expect(repeated).toEqual([3, 4]);
  expect(readSubjects(text, IDENTITIES)).toEqual(subjects);
});

test("an object, an array and one object a line are read alike", () => {
  const [ann, bob] = [{ email: "ann@example.com" }, { email: ["bob@example.com"], customer_id: 42 }];
  const wanted = [
    { identifiers: { email: ["ann@example.com"] } },
    { identifiers: { email: ["bob@example.com"], customer_id: ["42"] } },
  ];
  expect(readSubjects(JSON.stringify([ann, bob]), IDENTITIES)).toEqual(wanted);
  expect(readSubjects(`\uFEFF${JSON.stringify(ann)}\r\n\n${JSON.stringify(bob)}\n`, IDENTITIES)).toEqual(wanted);
  expect(readSubjects(JSON.stringify(ann, undefined, 2), IDENTITIES)).toEqual(wanted.slice(0, 1));
});

test("values are folded as declared and no further, and each is there once", () => {
  const [subject] = readSubjects(
    '{"email":[" Ann.X+y@Example.COM ","ann.x+y@example.com"],"phone":"0049 (170) 123-456","card":"Straße","account":"6BA7B810-9DAD-11D1-80B4-00C04FD430C8"}',
    IDENTITIES,
  );
  expect(subject?.identifiers).toEqual({
    email: ["ann.x+y@example.com"],
    phone: ["+49170123456"],
    card: ["Straße"],
    account: ["6BA7B810-9DAD-11D1-80B4-00C04FD430C8"],
  });
});

describe("values that are never searched for are refused with identity and position, and never repeated", () => {
  const BAD: readonly (readonly [identity: string, json: string, reason: string])[] = [
    ["email", "null", "is null"],
    ["email", '""', "is empty"],
    ["card", '"   "', "is blank"],
    ["email", "[]", "is an empty list"],
    ["card", "true", "is neither"],
    ["card", '{"like":"x"}', "is neither"],
    ["card", "42", "is a number"],
    ["card", '"%"', "is a pattern"],
    ["card", '"*"', "is a pattern"],
    ["card", '"%%__*"', "is a pattern"],
    ["email", '"@"', "is a pattern"],
    ["email", '"%@example.com"', "is a pattern"],
    ["email", '"*@example.com"', "is a pattern"],
    ["card", '"C-55*"', "is a pattern"],
    ["email", '"@example.com"', "is no e-mail address"],
    ["email", '"ann@"', "is no e-mail address"],
    ["email", '"ann@b@c"', "is no e-mail address"],
    ["email", '"ann example@x.org"', "is no e-mail address"],
    ["card", '"N/A"', "is a placeholder"],
    ["card", '" Unknown "', "is a placeholder"],
    ["card", '"NULL"', "is a placeholder"],
    ["card", '"undefined"', "is a placeholder"],
    ["email", '"Test@Test.com"', "is a placeholder"],
    ["customer_id", '"0"', "is a placeholder"],
    ["customer_id", "-1", "is a placeholder"],
    ["account", '"00000000-0000-0000-0000-000000000000"', "is a placeholder"],
    ["phone", '"0000000000"', "is a placeholder"],
    ["customer_id", '"00042"', "has leading zeros"],
    ["customer_id", "9007199254740993", "beyond 2^53"],
    ["customer_id", "1e3", "is no whole number"],
    ["customer_id", "4.0", "is no whole number"],
    ["customer_id", '"42x"', "is no whole number"],
    ["customer_id", '" 42"', "is no whole number"],
    ["account", '"6ba7b810"', "is no UUID"],
    ["phone", '"+49 call me"', "is no telephone number"],
    ["phone", '"12"', "is no telephone number"],
    ["card", '"C-1\\n{}"', "control characters"],
    ["card", '"C-1\\u0000"', "control characters"],
    ["card", '"C-1\\u200b"', "cannot be seen"],
    ["card", '"\\ud800x"', "well-formed"],
    ["card", JSON.stringify("x".repeat(1001)), "longer than"],
  ];
  test.each(BAD)("%s: %s", (name, json, reason) => {
    const failure = refused(`[{"email":"ann@example.com"},{"${name}":${json}}]`);
    expect([failure.code, failure.exit]).toEqual(["IDENTIFIER_REFUSED", 65]);
    expect(failure.message).toContain(`subject 2, ${name} `);
    expect(failure.message).toContain(reason);
    const value = json.replaceAll(/[^\p{L}\p{N}@]/gu, "");
    if (value.length > 2 && !reason.includes(value))
      expect(JSON.stringify([failure.message, failure.details])).not.toContain(value);
  });
});

test("everything that is wrong is said at once, with its line, and nothing of the file", () => {
  const failure = refused(
    '[\n  {"email":["ann@example.com","","%"],\n   "card":null},\n  {"mail":"x"}, 7,\n\n  {"email":"ann@"}]',
  );
  expect(failure.code).toBe("SUBJECT_INVALID");
  expect(failure.message.split("\n  ")).toEqual([
    "6 things are wrong in the subject file",
    "line 2: subject 1, email (value 2) is empty",
    "line 2: subject 1, email (value 3) is a pattern or a sign, and no identifier",
    "line 2: subject 1, card is null",
    "line 4: subject 2 has a key that is no identity of the data map",
    "line 4: subject 3 is no JSON object",
    "line 6: subject 4, email is no e-mail address",
  ]);
  expect(refused('{"email":"a@b.example"}\n\n{"email":}\n{"card":"*"}').message.split("\n  ").slice(1)).toEqual([
    "line 3: this line is no JSON",
    expect.stringMatching(/^line 4: subject 2, card is a pattern/u),
  ]);
  expect(refused('{"email":"ann@"}').message).toBe("line 1: subject 1, email is no e-mail address");
  const many = refused(Array.from({ length: 500 }, () => '{"email":"ann@"}').join("\n")).message;
  expect(many.split("\n")).toHaveLength(22);
  expect(many).toContain("and 480 more");
});

test("a key that stands twice is told with its line", () => {
  expect(refused('{"email":"a@b.example"}\n{"email":"a@b.example","email":"c@b.example"}').message).toBe(
    "line 2: a subject names an identity twice; give several values as a list",
  );
});

test("a table or a list is known for what it is, and a document that breaks off by its line", () => {
  for (const text of [
    "email;name\nann@example.com;Ann",
    "ann@example.com",
    "email: ann@example.com",
    "E-Mail\r\nann@x.org\r\n",
  ]) {
    const failure = refused(text);
    expect(failure.message).toContain("it looks like a table (CSV) or a list");
    expect(failure.help).toContain('{ "email": "…" }');
    expect(failure.help).toContain("email, phone, customer_id, card, account");
  }
  expect(refused('[\n{"email":"a@b.example"},\n{"email":"a@b.example",}\n]').message).toMatch(/^line 3: /u);
  expect(refused('{\n "email": "a@b.example"\n').message).toMatch(/^line [23]: /u);
});

test("what is no subject is refused without a word of it", () => {
  const secret = "Zq7canary";
  for (const text of [
    "",
    "  \n",
    "[]",
    `{"${secret}":"x"}`,
    "{}",
    `["${secret}"]`,
    `"${secret}"`,
    "17",
    "null",
    `{"email":"${secret}`,
    `${secret}`,
    `{"email":"a@b.example"}\n${secret}`,
    `[[{"email":"${secret}"}]]`,
  ]) {
    const failure = refused(text);
    expect([failure.code, failure.exit], text).toEqual(["SUBJECT_INVALID", 65]);
    expect(`${failure.message}${failure.stack ?? ""}${String(failure.cause)}`, text).not.toContain(secret);
  }
});

test("real identifiers pass as they are", () => {
  const good = {
    email: ["o'neil+news@sub.example.co.uk", "user%x@example.com", "josé@münchen.example"],
    customer_id: ["9007199254740993", 7, "-5"],
    card: ["C-100", "00042", "a_b", "100%ig", "ＡＢ１"],
    phone: ["+49 170 1234567"],
  };
  expect(readSubjects(JSON.stringify(good), IDENTITIES)[0]?.identifiers).toEqual({
    ...good,
    customer_id: ["9007199254740993", "7", "-5"],
    phone: ["+491701234567"],
  });
});

test("an identity that is named twice is refused, as one of the two would be lost", () => {
  for (const text of [
    '{"email":"a@b.example","email":"c@d.example"}',
    '[{"card":"C-1"},{"email":"a@b.example", "\\u0065mail" : "c@d.example"}]',
    '{"card":"C-1"}\n{"card":"C-1","card":"C-2"}',
  ]) {
    expect(refused(text).message, text).toContain("twice");
  }
  expect(readSubjects('[{"card":"{\\"a\\":1,\\"a\\":2}"},{"card":["C:1","C:1","x\\\\"]}]', IDENTITIES)).toHaveLength(2);
});
