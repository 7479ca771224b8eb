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

test("a line that nothing can be done about is known again after lines before it went, and named as the plan named it too", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  desk.map(
    testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@x.example",
          records: { lines: { files: ["*.jsonl"], match: { email: "email" }, do: "remove-rows" } },
        },
      },
    }),
  );
  const [mine, broken, still] = ['{"email":"ann@x.example"}', '{"email":"ann@x.example" and', '["ann@x.example"]'];
  desk.file("data/a.jsonl", `${still}\n${mine}\n${broken}\n{"email":"bob@x.example"}\n${mine}\n${broken}\n`);
  const { plan, verify } = await desk.through(await desk.open({ email: "ann@x.example" }));
  const warned = list(plan.json, "data.plan.warnings").map((warning) => String(warning["message"]).split(" ")[0]);
  expect(warned).toEqual(["a.jsonl:1:", "a.jsonl:3:", "a.jsonl:6:", "a.jsonl:"]);
  expect([verify?.code, dig(verify?.json, "data.state")]).toEqual([2, "partly_done"]);
  expect(list(verify?.json, "data.gaps").map((gap) => gap["where"])).toEqual([
    "a.jsonl:1",
    "a.jsonl:2 (a.jsonl:3 in the plan)",
    "a.jsonl:4 (a.jsonl:6 in the plan)",
    "a.jsonl",
  ]);
  expect(desk.read("data/a.jsonl")).toBe(`${still}\n${broken}\n{"email":"bob@x.example"}\n${broken}\n`);
});
