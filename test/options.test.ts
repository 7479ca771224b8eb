import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dig, openDesk, testMap } from "./support/desk.ts";

const LATER: readonly (readonly [string, ...string[]])[] = [
  ["--deep", "verify", "R-2026-0001", "--deep"],
  ["--type restriction", "request", "new", "--type", "restriction", "--subject-file", "subject.json"],
];

test("an option of a later version says that it is not built yet, ends with 64, and is not in the help", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  for (const [name, ...args] of LATER) {
    const said = await desk.json(args);
    expect([said.code, dig(said.json, "error.code"), dig(said.json, "error.message")], args.join(" ")).toEqual([
      64,
      "OPTION_NOT_BUILT",
      `${name} is not built yet`,
    ]);
  }
  for (const command of [["plan"], ["verify"], ["status"], ["request", "new"]]) {
    const help = await desk.cli([...command, "--help"]);
    expect(help.code, command.join(" ")).toBe(0);
    for (const [name] of LATER)
      expect(`${help.out} `, command.join(" ")).not.toMatch(new RegExp(`${name.split(" ")[0] ?? ""}[^a-z-]`, "u"));
  }
  expect((await desk.cli(["verify", "--dee"])).err).not.toContain("--deep");
});

/** One line of a file to erase. */
function filesMap(approval: object): object {
  const records = { lines: { files: ["*.jsonl"], match: { email: "email" }, do: "remove-rows" } };
  return testMap({
    approval,
    systems: { share: { kind: "files", connect: { root: "./data" }, owner: "it@x.example", records } },
  });
}

test("a folder of --out that is not there is told before anything is planned, and without its name", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  desk.map(filesMap({ required: true, four_eyes: false }));
  desk.file("data/a.jsonl", '{"email":"ann@x.example"}\n');
  const id = await desk.open({ email: "ann@x.example" });
  const said = await desk.json(["plan", id, "--out", "no/such/dir/x"]);
  expect([said.code, dig(said.json, "error.code"), dig(said.json, "error.message")]).toEqual([
    64,
    "USAGE",
    "the folder of --out does not exist",
  ]);
  expect(said.out + said.err).not.toContain("such/dir");
  const state = async () => dig((await desk.json(["request", "show", id])).json, "data.requests.0.state");
  const before = await state();
  expect(existsSync(join(desk.folder, "no"))).toBe(false);
  expect([
    (await desk.json(["plan", id, "--out", "data/plan.txt"])).code,
    existsSync(join(desk.folder, "data/plan.txt")),
  ]).toEqual([0, true]);
  expect(await state()).not.toEqual(before);
});

test("--dry-run goes where the run would go, refuses what it would refuse, and does nothing", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  desk.file("data/a.jsonl", '{"email":"ann@x.example"}\n{"email":"bob@x.example"}\n');
  const before = desk.read("data/a.jsonl");
  desk.map(filesMap({ required: false }));
  const id = await desk.open({ email: "ann@x.example" });
  const dry = async () => {
    const said = await desk.json(["run", id, "--dry-run"]);
    return [said.code, dig(said.json, "error.code") ?? dig(said.json, "steps.0.matched")];
  };
  expect(await dry()).toEqual([3, "NOT_APPROVED"]);
  await desk.json(["plan", id]);
  expect(await dry()).toEqual([0, 1]);
  desk.map(filesMap({ required: true, four_eyes: false }));
  expect(await dry(), "not approved under this map").toEqual([3, "NOT_APPROVED"]);
  await desk.json(["plan", id]);
  expect(await dry()).toEqual([3, "NOT_APPROVED"]);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
  expect(await dry()).toEqual([0, 1]);
  desk.map(filesMap({ required: false }));
  expect(await dry(), "another map than the plan's").toEqual([6, "PLAN_STALE"]);
  expect(desk.read("data/a.jsonl")).toBe(before);
});
