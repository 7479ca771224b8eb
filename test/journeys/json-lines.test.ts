import { expect, test } from "vitest";
import { dig, list, openDesk, testMap } from "../support/desk.ts";

test("where the erased lines were the only ones with the matched path, verify passes and the request closes", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  desk.map(
    testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@x.example",
          records: { lines: { files: ["*.jsonl"], match: { "who.email": "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  desk.file("data/a.jsonl", '{"who":{"email":"ann@x.example"}}\n{"other":1}\n');
  const { plan, run, verify } = await desk.through(await desk.open({ email: "ann@x.example" }));
  expect([plan.code, run?.code, verify?.code, dig(verify?.json, "data.state")]).toEqual([0, 0, 0, "closed"]);
  expect(list(verify?.json, "data.checks").map((check) => check["result"])).toEqual(["pass"]);
  expect(desk.read("data/a.jsonl")).toBe('{"other":1}\n');
  // nobody else can be searched there now, and the plan says so
  const other = await desk.json(["plan", await desk.open({ email: "bob@x.example" })]);
  expect([other.code, dig(other.json, "error.code")]).toEqual([65, "COLUMN_MISSING"]);
});
