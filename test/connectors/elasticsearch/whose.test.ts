/** Whose a document is, and whose the values in it are: never a stranger's. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../../../src/model/change.ts";
import type { Lookup } from "../../../src/model/search.ts";
import { eraseUnit, planned, remainingOf } from "../../support/erase.ts";
import { type Given, idOf, recordOn, type Values } from "./person.ts";
import { rawElasticsearch, systemUnderTest, type RawElasticsearch } from "./raw.ts";

const ANN = "ann@shop.example";
const BOB = "bob@shop.example";
const EVE = "eve@shop.example";
const keyword = { type: "keyword" };
const long = { type: "long" };
const gone = { kind: "remove" } as const;
const unlink = { kind: "unlink" } as const;
let raw: RawElasticsearch;

beforeAll(async () => {
  raw = await rawElasticsearch();
});
afterAll(async () => {
  await raw.drop();
});

describe("pairs and constants", () => {
  test("a composite key is compared as the pairs of the parent's rows, by the field's type, and never column by column", async () => {
    const index = await raw.create("pairs", { tenant: long, order: keyword });
    await raw.put(index, {
      a: '{"tenant":1,"order":"7"}',
      b: '{"tenant":2,"order":"8"}',
      c: '{"tenant":1,"order":"8"}',
      d: '{"tenant":2,"order":"7"}',
      e: '{"tenant":"1","order":"7"}',
    });
    const record = recordOn(raw, index, { match: { tenant: "integer", order: "string" }, mode: "all" });
    const rows = [
      ["1.00", "7"],
      ["2", "8"],
    ];
    const lookup: Lookup = {
      subject: 0,
      values: { tenant: ["1.00", "2"], order: ["7", "8"] },
      tuples: [{ columns: ["tenant", "order"], rows }],
    };
    const found = await record.located({ by: "subjects", lookups: [lookup] });
    expect(found.map(({ key }) => idOf(key)).toSorted()).toEqual(["a", "b", "e"]);
    expect(await record.erase(found)).toMatchObject({ deleted: 3, failed: 0 });
    expect(Object.keys(await raw.dump(index))).toEqual(["c", "d"]);
  });

  test("two people of one batch do not lend each other half a key", async () => {
    const index = await raw.create("halves", { tenant: keyword, order: keyword });
    await raw.put(index, {
      a: { tenant: "t1", order: "7" },
      b: { tenant: "t2", order: "8" },
      c: { tenant: "t1", order: "8" },
      d: { tenant: "t2", order: "7" },
    });
    const record = recordOn(raw, index, { match: { tenant: "string", order: "string" }, mode: "all" });
    const found = await record.find({ tenant: "t1", order: "7" }, { tenant: "t2", order: "8" });
    expect(found.map(({ key, subject }) => `${idOf(key)}${subject}`).toSorted()).toEqual(["a0", "b1"]);
  });

  test("in nested arrays a pair stands together in one element of every array that both paths go through", async () => {
    const index = await raw.create("nests", {
      teams: { properties: { name: keyword, people: { properties: { first: keyword, last: keyword } } } },
    });
    const team = (name: string, ...people: readonly (readonly [string, string])[]) => ({
      name,
      people: people.map(([first, last]) => ({ first, last })),
    });
    await raw.put(index, {
      a: { teams: [team("red", ["Ann", "Lind"]), team("blue", ["Bob", "Tan"])] },
      b: { teams: [team("blue", ["Ann", "Lind"]), team("red", ["Bob", "Tan"])] },
      c: { teams: [team("red", ["Ann", "Tan"], ["Bob", "Lind"])] },
    });
    const match = {
      "teams[].name": "string",
      "teams[].people[].first": "string",
      "teams[].people[].last": "string",
    } as const;
    const record = recordOn(raw, index, { match, mode: "all" });
    expect(
      await record.ids({ "teams[].name": "red", "teams[].people[].first": "Ann", "teams[].people[].last": "Lind" }),
    ).toEqual(["a"]);
  });

  test("a constant narrows the match in the same element: an id that belongs to another kind is a stranger's", async () => {
    const index = await raw.create("kinds", {
      kind: keyword,
      item: keyword,
      marks: { properties: { kind: keyword, id: keyword } },
    });
    await raw.put(index, {
      a: { kind: "User", item: "7" },
      b: { kind: "Post", item: "7" },
      c: {
        marks: [
          { kind: "User", id: "7" },
          { kind: "Post", id: "9" },
        ],
      },
      d: {
        marks: [
          { kind: "User", id: "9" },
          { kind: "Post", id: "7" },
        ],
      },
    });
    expect(await recordOn(raw, index, { match: { item: "string" }, where: { kind: ["User"] } }).ids("7")).toEqual([
      "a",
    ]);
    const marks = recordOn(raw, index, {
      match: { "marks[].id": "string" },
      where: { "marks[].kind": ["User"] },
      paths: { "marks[]": gone },
    });
    expect(await marks.ids("7")).toEqual(["c"]);
    expect(await marks.erase(await marks.find("7"))).toMatchObject({ changed: 1 });
    expect(await raw.source(index, "c")).toBe('{"marks":[{"kind":"Post","id":"9"}]}');
  });
});

describe("whose value", () => {
  test("unlink cuts the erased one's side of a message, as text, object and array", async () => {
    for (const [from, to, match] of [
      ["from", "to", { from: "email", to: "email" }],
      ["from.email", "to[].email", { "from.email": "email", "to[].email": "email" }],
    ] as const) {
      const deep = { properties: { email: keyword, name: keyword } };
      const index = await raw.create(
        "mail",
        from === "from" ? { from: keyword, to: keyword } : { from: deep, to: deep },
      );
      const side = (email: string, list = false) => (from === "from" ? email : list ? [{ email }] : { email });
      await raw.put(index, {
        a: { from: side(ANN), to: side(BOB, true) },
        b: { from: side(BOB), to: side(ANN) },
        c: { from: side(BOB), to: side(EVE) },
      });
      const before = await raw.dump(index);
      const record = recordOn(raw, index, { match, more: { do: "unlink", fields: { [from]: unlink, [to]: unlink } } });
      const found = await record.find(ANN);
      expect(found.map(({ key, done }) => [idOf(key), done])).toEqual([
        ["a", false],
        ["b", false],
      ]);
      expect(await record.remaining(found)).toHaveLength(2);
      expect(await record.erase(found)).toMatchObject({ changed: 2, left: [] });
      const cut = (id: string) => before[id]?.replace(`"${ANN}"`, "null");
      expect(await raw.dump(index)).toEqual({ a: cut("a"), b: cut("b"), c: before["c"] });
      expect(await record.remaining(found)).toEqual([]);
    }
  });

  test("an object above a matched value goes where the value in it is the person's, and stays where it is another's", async () => {
    const person = { properties: { email: keyword, name: { type: "text" } } };
    const index = await raw.create("above", { author: person, editor: person });
    await raw.put(index, {
      a: { author: { email: ANN, name: "Ann" }, editor: { email: BOB, name: "Bob" } },
      b: '{"author":{"email":"bob@shop.example","name":"Bob"},"editor.name":"Ann","editor.email":"ann@shop.example"}',
    });
    const record = recordOn(raw, index, {
      match: { "author.email": "email", "editor.email": "email" },
      paths: { author: gone, editor: gone },
    });
    expect(await record.erase(await record.find(ANN))).toMatchObject({ changed: 2 });
    expect(await raw.dump(index)).toEqual({
      a: '{"editor":{"email":"bob@shop.example","name":"Bob"}}',
      b: '{"author":{"email":"bob@shop.example","name":"Bob"}}',
    });
  });

  test("clear and unlink on a list of values leave the others' values in it", async () => {
    for (const kind of ["clear", "unlink"] as const) {
      const index = await raw.create("lists", { emails: keyword, tags: keyword });
      await raw.put(index, { a: { emails: [BOB, ANN], tags: ["x", "y"] } });
      const record = recordOn(raw, index, { match: { emails: "email" }, paths: { emails: { kind }, tags: { kind } } });
      const found = await record.find(ANN);
      expect(await record.erase(found)).toMatchObject({ changed: 1 });
      expect(await raw.source(index, "a")).toBe(`{"emails":["${BOB}",null],"tags":null}`);
      expect(await record.remaining(found)).toEqual([]);
    }
  });

  test("a rule is done for the people of the record only, whoever else the batch asks for", async () => {
    const index = await raw.create("batch", { members: { properties: { email: keyword, name: keyword } } });
    const member = (email: string) => ({ email, name: "n" });
    await raw.put(index, { a: { members: [member(ANN), member(BOB), member(EVE)] } });
    const record = recordOn(raw, index, { match: { "members[].email": "email" }, paths: { "members[]": gone } });
    const found = await record.find(ANN, BOB);
    // Bob's part is held: his subject is no part of the record that is acted on
    const mine = found.slice(0, 1).map((one) => ({ ...one, subjects: [0] }));
    expect(await record.erase(mine)).toMatchObject({ changed: 1 });
    expect(await raw.source(index, "a")).toBe(JSON.stringify({ members: [member(BOB), member(EVE)] }));
    expect(await record.remaining(mine)).toEqual([]);
    expect(await record.remaining(mine.map((one) => ({ ...one, subjects: [1] })))).toHaveLength(1);
  });

  test("two record types on one document are done in one go, each for its own role", async () => {
    const index = await raw.create("roles", { from: keyword, to: keyword, body: { type: "text" }, tags: keyword });
    await raw.put(index, {
      a: { from: ANN, to: BOB, body: "by her", tags: ["x", "ann", "y"] },
      b: { from: BOB, to: ANN, body: "to her" },
      c: { from: ANN, to: ANN, body: "to herself", tags: ["ann", "x"] },
    });
    const clear = { kind: "clear" } as const;
    const sent = recordOn(raw, index, {
      match: { from: "email" },
      paths: { from: clear, body: clear, "tags[]": gone },
    });
    const received = recordOn(raw, index, { match: { to: "email" }, paths: { to: clear } });
    const lookup = (column: string): Lookup => ({ subject: 0, values: { [column]: [ANN] } });
    const found = [...(await sent.find(ANN))];
    const change = sent.target.changes.rule;
    const other = received.target.changes.rule;
    if (change === undefined || other === undefined) throw new Error("no rule");
    const operation: Operation = {
      change,
      records: planned(found),
      also: [{ target: received.target, change: other, lookups: [lookup("to")] }],
    };
    const unit = {
      id: "u",
      effect: "erase",
      works: [{ step: "s", target: sent.target, lookups: [lookup("from")], operations: [operation] }],
    } as const;
    expect(await remainingOf(systemUnderTest(), sent.io, sent.target, operation, [lookup("from")])).toHaveLength(2);
    expect(await eraseUnit(systemUnderTest(), sent.io, unit)).toMatchObject({ matched: 2, changed: 2, left: [] });
    expect(await raw.dump(index)).toEqual({
      a: `{"from":null,"to":"${BOB}","body":null,"tags":[]}`,
      b: `{"from":"${BOB}","to":"${ANN}","body":"to her"}`,
      c: '{"from":null,"to":null,"body":null,"tags":[]}',
    });
    expect(await remainingOf(systemUnderTest(), sent.io, sent.target, operation, [lookup("from")])).toEqual([]);
    await raw.call("POST", `/${index}/_update/c`, { doc: { to: ANN } });
    expect(
      await remainingOf(systemUnderTest(), sent.io, sent.target, operation, [lookup("from")]),
      "the other type's part came back",
    ).toHaveLength(1);
  });

  test("a field that the map names by an alias or a sub-field is changed, and exported, where it lies", async () => {
    const index = await raw.create("alias", {
      who: { properties: { email: { type: "text", fields: { raw: keyword } } } },
      mail: { type: "alias", path: "who.email.raw" },
    });
    await raw.put(index, { a: { who: { email: ANN } }, b: { who: { email: BOB } } });
    for (const name of ["who.email.raw", "mail"]) {
      const record = recordOn(raw, index, {
        match: { "who.email": "email" },
        paths: { [name]: { kind: "clear" } },
        exports: [name],
      });
      const found = await record.find(ANN);
      expect(found.map(({ done, values }) => [done, values[name]])).toEqual([[false, ANN]]);
      expect(await record.erase(found)).toMatchObject({ changed: 1 });
      expect(await raw.dump(index)).toEqual({ a: '{"who":{"email":null}}', b: `{"who":{"email":"${BOB}"}}` });
      await raw.put(index, { a: { who: { email: ANN } } });
    }
  });
});

describe("shared documents", () => {
  test("a document whose list holds others is shared, unless the person is alone in it", async () => {
    const members = { properties: { email: keyword, phone: keyword } };
    const index = await raw.create("shared", {
      owner: keyword,
      members,
      emails: keyword,
      rooms: { properties: { members } },
    });
    const both = [{ email: ANN }, { email: BOB }];
    await raw.put(index, {
      a: { members: both },
      b: { members: [{ email: ANN, phone: "1" }, { email: ANN }] },
      c: { members: { email: ANN } },
      d: { emails: [ANN, BOB] },
      e: { emails: [ANN] },
      f: { emails: ANN },
      g: { owner: ANN, members: [{ email: BOB }] },
      h: { rooms: [{ members: [{ email: ANN }] }, { members: [{ email: BOB }] }] },
      i: { members: [{ email: ANN }, { email: null }, { email: " " }] },
      // nothing says whose the second is
      j: { members: [{ email: ANN }, { phone: "7" }] },
      k: { rooms: [{ members: [{ email: ANN }] }, { members: [{ phone: "7" }] }] },
    });
    const sharedOf = async (match: Given["match"], ...values: readonly (string | Values)[]) =>
      (await recordOn(raw, index, { match }).find(...values))
        .map(({ key, shared }) => `${idOf(key)}${shared === true ? "+" : ""}`)
        .toSorted();
    expect(await sharedOf({ "members[].email": "email" }, ANN)).toEqual(["a+", "b", "c", "i", "j+"]);
    expect(await sharedOf({ emails: "email" }, ANN)).toEqual(["d+", "e", "f"]);
    expect(await sharedOf({ owner: "email", "members[].email": "email" }, ANN)).toEqual([
      "a+",
      "b",
      "c",
      "g",
      "i",
      "j+",
    ]);
    expect(await sharedOf({ "rooms[].members[].email": "email" }, ANN)).toEqual(["h+", "k+"]);
    expect(
      await sharedOf({ "members[].email": "email", "members[].phone": "phone" }, { "members[].phone": "1" }),
    ).toEqual(["b+"]);
    // both are asked for: nobody else is in there
    expect(await sharedOf({ emails: "email" }, ANN, BOB)).toEqual(["d", "d", "e", "f"]);
  });

  test("somebody who joins after the plan keeps the document: it has changed", async () => {
    const index = await raw.create("joined", { emails: keyword });
    await raw.put(index, { a: { emails: [ANN] }, b: { emails: [ANN] } });
    const record = recordOn(raw, index, { match: { emails: "email" } });
    const found = await record.find(ANN);
    expect(found.map(({ shared }) => shared)).toEqual([undefined, undefined]);
    await raw.put(index, { a: { emails: [ANN, BOB] } });
    expect(await record.erase(found)).toMatchObject({
      deleted: 1,
      left: [{ key: JSON.stringify([index, "a"]), kind: "failed", reason: "changed" }],
    });
    expect(await raw.dump(index)).toEqual({ a: `{"emails":["${ANN}","${BOB}"]}` });
  });
});

describe("arrays and mixed shapes", () => {
  test("the documented example: matched, exported and redacted through an array", async () => {
    const index = await raw.create("rooms", { members: { properties: { email: keyword, name: keyword } } });
    await raw.put(index, {
      a: {
        members: [
          { email: ANN, name: "A" },
          { email: BOB, name: "B" },
        ],
      },
    });
    const path = "members[].email";
    const record = recordOn(raw, index, { match: { [path]: "email" }, paths: { "members[]": gone }, exports: [path] });
    expect(await record.check()).toEqual([]);
    const found = await record.located({ by: "subjects", lookups: [{ subject: 0, values: { [path]: [ANN] } }] });
    expect(found.map(({ values }) => values)).toEqual([{ [path]: [ANN, BOB] }]);
    expect(await record.erase(found)).toMatchObject({ changed: 1 });
    expect(await raw.source(index, "a")).toBe('{"members":[{"email":"bob@shop.example","name":"B"}]}');
  });

  test("an address as text, list, object and list of objects is found, told apart and taken out", async () => {
    const index = await raw.create("mixed", { to: { properties: { email: keyword } }, cc: keyword });
    const before = {
      a: `{"to":{"email":"${ANN}"}}`,
      b: `{"to":[{"email":"${BOB}"},{"email":"${ANN}"}]}`,
      c: `{"to":[[{"email":"${ANN}"}],{"email":["${BOB}","${ANN}"]}]}`,
      d: `{"cc":"${ANN}"}`,
      e: `{"cc":["${ANN}","${BOB}"]}`,
      f: `{"to.email":"${ANN}"}`,
      g: `{"to":{"email":"${BOB}"},"cc":["${BOB}"]}`,
    };
    for (const paths of [
      { "to[].email": gone, "cc[]": gone },
      { "to.email": gone, cc: gone },
    ]) {
      await raw.put(index, before);
      const record = recordOn(raw, index, { match: { "to[].email": "email", cc: "email" }, paths });
      const found = await record.find(ANN);
      expect(found.map(({ key }) => idOf(key)).toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
      expect(await record.erase(found)).toMatchObject({ changed: 6, left: [] });
      const lone = "cc[]" in paths;
      expect(await raw.dump(index)).toEqual({
        a: '{"to":{}}',
        b: `{"to":[{"email":"${BOB}"},{}]}`,
        c: `{"to":[[{}],{"email":["${BOB}"]}]}`,
        d: lone ? '{"cc":[]}' : "{}",
        e: `{"cc":["${BOB}"]}`,
        f: "{}",
        g: before.g,
      });
    }
  });

  test("identifiers that begin or end with a star, a percent sign, a question mark or a backslash mean themselves", async () => {
    const index = await raw.create("signs", { id: keyword });
    const odd = ["*abc", "abc*", "%abc", "abc%", "*", "**", "?abc?", String.raw`\abc`, String.raw`abc\*`];
    await raw.put(
      index,
      Object.fromEntries([...odd, "abc", "xabc", "abcx", "abcd", "xabcx"].map((id, at) => [`d${at}`, { id }])),
    );
    for (const fold of [[], ["trim"], ["lowercase"], ["nfc", "trim", "lowercase"]] as const) {
      const record = recordOn(raw, index, { match: { id: "string" }, fold });
      for (const [at, id] of odd.entries())
        expect(await record.ids(id), `${id} by ${fold.join("+")}`).toEqual([`d${at}`]);
    }
  });
});
