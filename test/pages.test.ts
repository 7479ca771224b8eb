import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { commandsPage } from "./support/docs/commands-page.ts";
import { connectorTable } from "./support/docs/connector-table.ts";
import { exitCodesPage } from "./support/docs/exit-codes-page.ts";
import { openDesk } from "./support/desk.ts";

const ROOT = join(import.meta.dirname, "..");
const page = (file: string): string => readFileSync(join(ROOT, file), "utf8");

test("the README's data map has nothing to mend", async () => {
  using desk = openDesk();
  desk.file("datamap.yaml", /```yaml\n(.*?)```/su.exec(page("README.md"))?.[1] ?? "");
  const lint = await desk.json(["map", "lint"]);
  expect(lint).toMatchObject({ code: 0, json: { data: { issues: [] } } });
});

test("every link between our pages leads to a file that is there", () => {
  const pages = globSync("{*.md,docs/**/*.md}", { cwd: ROOT });
  const links = pages
    .flatMap((file) =>
      [...page(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/gu)].map((found) => ({ file, link: found[1] ?? "" })),
    )
    .filter(({ link }) => !/^[a-z]+:/u.test(link));
  expect(links.length).toBeGreaterThan(15);
  expect(links.filter(({ file, link }) => !existsSync(join(ROOT, normalize(join(dirname(file), link)))))).toEqual([]);
});

test("pages made from code are as the code is (npm run docs)", async () => {
  expect(page("docs/exit-codes.md")).toBe(exitCodesPage());
  expect(page("docs/commands.md")).toBe(await commandsPage(ROOT));
  expect(page("README.md")).toContain(await connectorTable());
});

test("the scripts that the README names are there", () => {
  const scripts: unknown = JSON.parse(page("package.json"));
  const named = [...page("README.md").matchAll(/npm (?:run )?(demo|test|ci)\b/gu)]
    .map((found) => found[1] ?? "")
    .filter((name) => name !== "ci");
  expect(named.length).toBeGreaterThan(1);
  for (const name of named) expect(scripts).toHaveProperty(["scripts", name]);
});
