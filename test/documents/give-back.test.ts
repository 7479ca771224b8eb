import { expect, test } from "vitest";
import { givenBack } from "../../src/documents/give-back.ts";

const before = '{ "a":"Ann", "b" : 1.0, "c":["x", "y"], "d":{"e":1} }';
const after = '{ "a":null, "b" : 1.0, "c":["x", "y"] }';
const back = (now: string) => givenBack({ before, after }, now);

test("nobody wrote since, or wrote the same anew: the old text as it was", () => {
  expect(back(after)).toEqual({ text: before });
  expect(back('{"c":["x","y"],"b":1,"a":null}')).toEqual({ text: before });
  expect(back(before)).toBeUndefined();
});

test("what others wrote, added or took away since stays; what the change did is taken back", () => {
  expect(back('{"a":null,"b":2,"z":1}')).toEqual({ text: '{"a":"Ann","b":2,"z":1,"d":{"e":1}}' });
  expect(back('{"a":"Ann","b":2,"d":{"e":1}}')).toBeUndefined();
});

test("a value that the change left and somebody wrote since is a conflict, and so is a key that stands twice", () => {
  for (const now of ['{"a":"Zoe","b":1.0}', '{"b":1.0}', '{"a":null,"d":2}', '{"a":null,"a":null,"b":2}', "[]"])
    expect(back(now), now).toBe("changed");
});

test("in lists value by value, where they are as long as they were", () => {
  const lists = { before: '{"l":[{"n":"Ann","k":1},{"n":"Bob"}]}', after: '{"l":[{"n":null,"k":1},{"n":"Bob"}]}' };
  expect(givenBack(lists, '{"l":[{"n":null,"k":2},{"n":"Cay"}]}')).toEqual({
    text: '{"l":[{"n":"Ann","k":2},{"n":"Cay"}]}',
  });
  expect(givenBack(lists, '{"l":[{"n":null,"k":2}]}')).toBe("changed");
});
