import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FAILURES } from "../../src/errors.ts";
import { dataMapSchema } from "../../src/datamap/json-schema.ts";
import { sentences } from "../../src/datamap/sentences.ts";
import { keysPage } from "./keys-page.ts";
import { advice, good, lint, whole } from "./lint-map.ts";

const page = readFileSync("docs/datamap.md", "utf8");
const examples = [...page.matchAll(/```yaml\n(.*?)```/gsu)].map(([, text = ""]) =>
  text.includes("version: 1") ? text : whole(text),
);
const how = { holidays: () => Promise.resolve(["2026-12-25"]) };

describe("docs/datamap.md", () => {
  it("has examples, and each lints clean", async () => {
    expect(examples).toHaveLength(6);
    for (const example of examples) {
      expect(await lint(example, how)).toEqual([]);
      expect((await advice(example, how)).filter(({ code }) => code !== "OWNER_MISSING")).toEqual([]);
    }
  });

  it("quotes the sentence that its example makes", async () => {
    const said = sentences(await good(examples[0] ?? "", how)).find(({ record }) => record === "books.invoices");
    expect(page).toContain(`> ${said?.sentence}`);
  });

  it("quotes exit codes as they are", () => {
    expect(page).toContain(`every other command with ${FAILURES.DATAMAP_INVALID.exit}`);
  });
});

describe("docs/datamap-keys.md", () => {
  it("is up to date (write it anew with vitest --update)", async () => {
    await expect(keysPage(JSON.parse(dataMapSchema()))).toMatchFileSnapshot("../../docs/datamap-keys.md");
  });
});
