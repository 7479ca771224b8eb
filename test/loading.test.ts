import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Desk, openDesk, testMap } from "./support/desk.ts";

/** Notes every package that is loaded, by import or require, into the file named in LOADED. */
const HOOK = `
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({ resolve(specifier, context, next) {
  const found = next(specifier, context);
  const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//u.exec(found.url)?.[1];
  if (name !== undefined) appendFileSync(process.env.LOADED, name + "\\n");
  return found;
} });
`;

const CLIENTS = ["pg", "@aws-sdk/client-s3", "@elastic/elasticsearch", "@inquirer/prompts", "date-holidays"];

async function loadedBy(
  desk: Desk,
  args: readonly string[],
): Promise<{ readonly code: number | string; readonly packages: readonly string[] }> {
  const [hook, loaded] = [desk.file("hook.mjs", HOOK), desk.file("loaded.txt", "")];
  const said = await desk.cli([...args, "--no-input"], { env: { NODE_OPTIONS: `--import ${hook}`, LOADED: loaded } });
  return { code: said.code, packages: [...new Set(readFileSync(loaded, "utf8").trim().split("\n"))] };
}

test("help loads no command, no client, and nothing that reads a data map", async () => {
  using desk = openDesk();
  const { code, packages } = await loadedBy(desk, ["--help"]);
  expect([code, packages.includes("@oclif/core")]).toEqual([0, true]);
  expect(packages.filter((name) => [...CLIENTS, "zod", "yaml", "csv-parse"].includes(name))).toEqual([]);
});

test("a client is loaded only when the data map names its system and the system is opened", async () => {
  using desk = openDesk();
  await desk.json(["init"]);
  const clientsOf = async (args: readonly string[]): Promise<readonly string[]> =>
    (await loadedBy(desk, args)).packages.filter((name) => CLIENTS.includes(name));
  const folder = {
    kind: "files",
    connect: { root: "./data" },
    owner: "it@harbour.example",
    records: { lists: { files: ["*.csv"], match: { email: "email" }, do: "remove-rows" } },
  };
  const shop = {
    kind: "postgres",
    connect: { secret: "shop" },
    owner: "it@harbour.example",
    records: { people: { match: { email: "email" }, do: "erase" } },
  };
  mkdirSync(join(desk.folder, "data"), { recursive: true });
  writeFileSync(join(desk.folder, "data/a.csv"), "email\nann@example.com\n");
  desk.map(testMap({ systems: { folder } }));
  const id = await desk.open({ email: "ann@example.com" });
  expect(await clientsOf(["plan", id])).toEqual([]);

  desk.map(testMap({ systems: { folder, shop } }));
  expect(await clientsOf(["map", "lint"])).toEqual([]);
  expect(await clientsOf(["request", "list"])).toEqual([]);
  expect(await clientsOf(["plan", id])).toEqual(["pg"]);
});

test("what draws the picture of a data map is loaded for the page only", async () => {
  using desk = openDesk();
  const lists = { files: ["*.csv"], match: { email: "email" }, do: "remove-rows" };
  desk.map(testMap({ systems: { folder: { kind: "files", connect: { root: "./data" }, records: { lists } } } }));
  const drawn = async (format: string): Promise<readonly [number | string, boolean]> => {
    const { code, packages } = await loadedBy(desk, ["map", "graph", "--format", format]);
    return [code, packages.includes("@dagrejs/dagre")];
  };
  expect([await drawn("mermaid"), await drawn("html")]).toEqual([
    [0, false],
    [0, true],
  ]);
});
