/** What a data map that is not ready, or that changes on the way, means for the commands. */
import { expect, test } from "vitest";
import { dig, list, openDesk, testMap } from "../support/desk.ts";

const files = (records: object) => ({ kind: "files", connect: { root: "./data" }, owner: "it@x.example", records });
// a place of its own: two systems over one are refused
const archived = (records: object) => ({ ...files(records), connect: { root: "./archive" } });
const LIST = { files: ["list.csv"], match: { email: "email" }, do: "remove-rows" };
const CSV = "email,name\nann@x.example,Ann\nbob@x.example,Bob\n";

test("`do: ask` stops plan and approve by name (3); `--system` plans the rest", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  const systems = { share: files({ list: LIST }), archive: archived({ notes: { ...LIST, do: "ask" } }) };
  const decided = { ...systems, archive: archived({ notes: LIST }) };
  desk.map(testMap({ systems: decided }));
  for (const folder of ["data", "archive"]) desk.file(`${folder}/list.csv`, CSV);
  const id = await desk.open({ email: "ann@x.example" });
  expect((await desk.json(["plan", id])).code).toBe(0);
  desk.map(testMap({ systems }));
  expect(
    list((await desk.json(["map", "lint"])).json, "data.issues").map(({ code, severity }) => [code, severity]),
  ).toContainEqual(["ASK", "warning"]);
  for (const refused of [
    await desk.json(["approve", id, "--confirm", id, "--as", "olga"]),
    await desk.json(["plan", id]),
  ]) {
    expect([refused.code, dig(refused.json, "error.code")]).toEqual([3, "ASK"]);
    expect(dig(refused.json, "error.message")).toContain("archive.notes");
  }
  const rest = await desk.json(["plan", id, "--system", "share"]);
  expect([rest.code, list(rest.json, "data.plan.steps").map(({ record, act }) => [record, act])]).toEqual([
    0,
    [["list", 1]],
  ]);
  expect((await desk.json(["approve", id, "--confirm", id, "--as", "olga"])).code).toBe(0);
});

test("rules for the same records that contradict each other stop a plan (65), and no request", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  const of = (name: string) => ({
    files: ["list.csv"],
    match: { email: "email" },
    do: "anonymise",
    fields: { email: "clear", name: { set: name } },
  });
  desk.map(testMap({ systems: { share: files({ main: of("x"), spare: of("y") }) } }));
  desk.file("data/list.csv", CSV);
  const plan = await desk.json(["plan", await desk.open({ email: "ann@x.example" })]);
  expect([plan.code, dig(plan.json, "error.code")]).toEqual([65, "CONFLICT"]);
  expect(dig(plan.json, "error.message")).toContain("`name`");
  expect(desk.read("data/list.csv")).toBe(CSV);
});

test("a plan is bound to the rules: a comment, an owner or another order of keys does not make it stale, a rule does (6)", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  const map = testMap({ systems: { share: files({ list: LIST }) } });
  desk.map(map);
  desk.file("data/list.csv", CSV);
  const id = await desk.open({ email: "ann@x.example" });
  expect((await desk.json(["plan", id])).code).toBe(0);
  desk.map(testMap({ systems: { share: files({ list: LIST, old: { ...LIST, files: ["old.csv"] } }) } }));
  const other = await desk.json(["approve", id, "--confirm", id, "--as", "olga"]);
  expect([other.code, dig(other.json, "error.code")]).toEqual([6, "PLAN_STALE"]);
  desk.map(Object.fromEntries(Object.entries({ ...map, map: { owner: "somebody.else@x.example" } }).toReversed()));
  desk.file("datamap.yaml", `${desk.read("datamap.yaml")}\n# looked at by Olga\n`);
  expect((await desk.json(["approve", id, "--confirm", id, "--as", "olga"])).code).toBe(0);
  desk.map(map);
  expect((await desk.json(["run", id, "--confirm", id])).code).toBe(0);
  expect(desk.read("data/list.csv")).toBe("email,name\nbob@x.example,Bob\n");
});
