/** A pattern that matches nothing: nobody searched there, and somebody has to say that this will do. */
import { expect, test } from "vitest";
import { dig, list, openDesk, steps, testMap } from "../support/desk.ts";

test("a plan with an empty pattern is approved only by whoever accepts it by name; then the request can close", async () => {
  using desk = openDesk();
  const rows = { match: { email: "email" }, do: "remove-rows" };
  desk.map(
    testMap({
      systems: {
        share: {
          kind: "files",
          connect: { root: "./data" },
          records: { lists: { files: ["lists.csv"], ...rows }, old: { files: ["old/*.csv"], ...rows } },
        },
      },
    }),
  );
  desk.file("data/lists.csv", "email,n\nann@shop.example,1\nbob@shop.example,2\n");
  await desk.json(["init"]);
  const id = await desk.open({ email: "ann@shop.example" });
  const plan = await desk.json(["plan", id]);
  expect([plan.code, steps(plan)["share.old"]?.["status"]]).toEqual([2, "not_checked"]);
  const refused = await desk.json(["approve", id, "--confirm", id]);
  expect([refused.code, dig(refused.json, "error.code")]).toEqual([3, "NOT_SEARCHED"]);
  expect(dig(refused.json, "error.message")).toContain("a pattern of share.old matches nothing");
  const approved = await desk.json(["approve", id, "--confirm", id, "--accept-not-searched", "share.old"]);
  expect([approved.code, dig(approved.json, "data.approval.accepted")]).toEqual([0, ["share.old"]]);
  const run = await desk.json(["run", id, "--confirm", id]);
  expect([run.code, steps(run)["share.old"]?.["status"]]).toEqual([0, "not_checked"]);
  expect(desk.read("data/lists.csv")).toBe("email,n\nbob@shop.example,2\n");
  const verify = await desk.json(["verify", id]);
  expect([verify.code, dig(verify.json, "data.state")]).toEqual([0, "closed"]);
  expect(list(verify.json, "data.checks")).toMatchObject([{ result: "pass" }, { result: "not_searchable" }]);
});
