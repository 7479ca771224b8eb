/** `init --from-…` as a person types it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { list, openDesk } from "../support/desk.ts";
import { OUTPUTS } from "../support/output-schemas.ts";

const ANN = "ann@person.example";

function shopAt(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT); CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, placed_on DATE);
    CREATE TABLE c9 (n INTEGER PRIMARY KEY, x TEXT); INSERT INTO customers VALUES (1, '${ANN}', 'Ann'); INSERT INTO c9 (x) VALUES ('${ANN}'), ('b@person.example'), ('c@person.example')`);
  database.close();
}

test("a database and a folder give one map, which lints; no value of a record is in it or in what is printed", async () => {
  using desk = openDesk();
  shopAt(join(desk.folder, "shop.db"));
  desk.file("lists/ann@person.example/may.csv", `E-Mail,Vorname\n${ANN},Ann\n`);
  desk.file("lists/q1/points.csv", "customer_id,points\n1,20\n");
  const env = { EXPUNGE_SECRET_SHOP_DB: join(desk.folder, "shop.db") };
  const said = await desk.json(["init", "--from-database", "shop_db", "--from-folder", "lists"], { env });
  expect(said.code, said.err).toBe(0);
  expect(OUTPUTS["init"]?.safeParse(said.json).success).toBe(true);
  expect(said.json).toMatchObject({
    data: { proposal: { records: 4, asks: 2 }, files: expect.arrayContaining(["datamap.yaml", "datamap.schema.json"]) },
  });
  const text = desk.read("datamap.yaml");
  expect(text).toContain("orders:");
  expect(text).toMatch(/match: \{ E-Mail: email \}\n\s+do: remove-rows/u);
  expect(text).toMatch(/customer_id: customer_id \}[\s\S]*do: ask # remove-rows/u);
  for (const told of [text, said.out, said.err]) expect(told).not.toContain("person.example");
  expect((await desk.cli(["map", "lint"])).code).toBe(0);
  // without a sample no value is looked at
  expect(text).not.toContain("c9:");
  const sampled = await desk.json(["init", "--from-database", "shop_db", "--sample", "10", "--out", "sampled.yaml"], {
    env,
  });
  expect(sampled.code, sampled.err).toBe(0);
  expect(desk.read("sampled.yaml")).toContain("c9:");
  expect(`${desk.read("sampled.yaml")}${sampled.out}${sampled.err}`).not.toContain("person.example");
  expect(desk.read("datamap.yaml")).toBe(text);
});

test("a map that is there is never overwritten, and nothing at all is made then", async () => {
  using desk = openDesk();
  shopAt(join(desk.folder, "shop.db"));
  const env = { EXPUNGE_SECRET_SHOP_DB: join(desk.folder, "shop.db") };
  desk.file("datamap.yaml", "mine");
  const said = await desk.json(["init", "--from-database", "shop_db"], { env });
  expect(said).toMatchObject({ code: 64, json: { error: { code: "FILE_EXISTS" } } });
  expect(desk.read("datamap.yaml")).toBe("mine");
  expect(existsSync(join(desk.folder, ".expunge"))).toBe(false);
  expect((await desk.json(["init", "--from-database", "shop_db", "--out", "draft.yaml"], { env })).code).toBe(0);
  expect(desk.read("datamap.yaml")).toBe("mine");
});

test("what cannot be surveyed is said with its own code, and leaves no file behind", async () => {
  using desk = openDesk();
  const asked = async (args: readonly string[], env: Record<string, string> = {}) =>
    await desk.json(["init", ...args], { env });
  expect(await asked(["--from-database", "none_db"])).toMatchObject({
    code: 4,
    json: { error: { code: "SECRET_MISSING" } },
  });
  expect(await asked(["--from-database", "a"], { EXPUNGE_SECRET_A: "postgres://app@127.0.0.1:1/app" })).toMatchObject({
    code: 4,
  });
  expect(await asked(["--from-database", "a"], { EXPUNGE_SECRET_A: "mysql://app@127.0.0.1:1/app" })).toMatchObject({
    code: 64,
    json: { error: { code: "FORMAT_NOT_BUILT" } },
  });
  expect(await asked(["--from-database", "a", "--kind", "mysql"], { EXPUNGE_SECRET_A: "x" })).toMatchObject({
    code: 64,
  });
  expect(await asked(["--from-folder", "nowhere"])).toMatchObject({ code: 4 });
  expect(await asked(["--sample", "3"])).toMatchObject({ code: 64 });
  expect(existsSync(join(desk.folder, "datamap.yaml"))).toBe(false);
  expect(existsSync(join(desk.folder, ".expunge"))).toBe(false);
});

test("without --from-… an example is made as before", async () => {
  using desk = openDesk();
  expect((await desk.json(["init"])).code).toBe(0);
  expect(readFileSync(join(desk.folder, "datamap.yaml"), "utf8")).toContain("replace this example");
});

test("files that are cut by another sign or written in another encoding: what was read is what is drafted, and a plan takes it", async () => {
  using desk = openDesk();
  const cut = (name: string, sign: string, bytes: (text: string) => string | Buffer) => {
    mkdirSync(join(desk.folder, "lists", name), { recursive: true });
    const text = ["E-Mail", "Größe"].join(sign) + `\r\n${ANN}${sign}1\r\nbob@person.example${sign}2\r\n`;
    writeFileSync(join(desk.folder, "lists", name, "list.csv"), bytes(text));
  };
  cut("comma", ",", (text) => text);
  cut("semicolon", ";", (text) => text);
  cut("bar", "|", (text) => `\u{FEFF}${text}`);
  cut("told", ";", (text) => `sep=;\r\n${text}`);
  cut("western", ";", (text) => Buffer.from(text, "latin1"));
  cut("wide", "\t", (text) => Buffer.from(`\u{FEFF}${text}`, "utf16le"));
  expect((await desk.json(["init", "--from-folder", "lists"])).code).toBe(0);
  const text = desk.read("datamap.yaml");
  expect(text.match(/dialect: .*/gu)?.toSorted()).toEqual([
    'dialect: { delimiter: ";" }',
    'dialect: { delimiter: ";" }',
    String.raw`dialect: { delimiter: "\t" }`,
    'dialect: { delimiter: "|" }',
  ]);
  expect(text.match(/encoding: .*/gu)?.toSorted()).toEqual(["encoding: utf-16le", "encoding: windows-1252"]);
  expect((await desk.cli(["map", "lint"])).code).toBe(0);
  expect((await desk.json(["map", "check"])).code).toBe(0);
  await desk.json(["request", "new", "--subject-file", "-"], { stdin: JSON.stringify({ email: ANN }) });
  const plan = await desk.json(["plan", "R-2026-0001"]);
  expect(plan.code, plan.out + plan.err).toBe(0);
  expect(list(plan.json, "data.plan.steps").map(({ found }) => found)).toEqual([1, 1, 1, 1, 1, 1]);
});
