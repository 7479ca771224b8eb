import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeFrames } from "../../src/datamap/code-frame.ts";
import { dataMapSchema, keysAt } from "../../src/datamap/json-schema.ts";
import { sentences } from "../../src/datamap/sentences.ts";
import { publicHolidays } from "../../src/retention/holidays.ts";
import { good, lint } from "./lint-map.ts";

describe("what people read", () => {
  it("of a faulty data map, is this", async () => {
    const text = readFileSync("test/datamap/faulty.yaml", "utf8");
    const frames = codeFrames(text, await lint(text)).join("\n\n");
    expect(frames).not.toContain("do-not-print-this");
    await expect(`${frames}\n`).toMatchFileSnapshot("faulty.lint.txt");
  });

  it("of the shop's rules, is this", async () => {
    const text = readFileSync("manifests/shop/datamap.yaml", "utf8");
    const rules = sentences(await good(text, { holidays: publicHolidays }));
    await expect(
      rules.map(({ record, sentence, line }) => `${record} (line ${line})\n  ${sentence}\n`).join(""),
    ).toMatchFileSnapshot("shop.sentences.txt");
  });
});

describe("the shop's data map", () => {
  it("has no issue", async () => {
    expect(await lint(readFileSync("manifests/shop/datamap.yaml", "utf8"), { holidays: publicHolidays })).toEqual([]);
  });
});

describe("manifests/datamap.schema.json", () => {
  it("is up to date (write it anew with vitest -u)", async () => {
    await expect(dataMapSchema()).toMatchFileSnapshot("../../manifests/datamap.schema.json");
  });

  it("is draft-07 and has a word on every key", () => {
    const schema: unknown = JSON.parse(dataMapSchema());
    expect(schema).toMatchObject({ $schema: "http://json-schema.org/draft-07/schema#", type: "object" });
    const wordless: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [key, each] of Object.entries(value)) {
        if (key === "properties" && typeof each === "object" && each !== null) {
          for (const [name, property] of Object.entries(each))
            if (typeof property !== "object" || property === null || !("description" in property))
              wordless.push(`${path}.${name}`);
        }
        walk(each, `${path}.${key}`);
      }
    };
    walk(schema, "");
    expect(wordless).toEqual([]);
  });

  it("knows which keys may stand where", () => {
    expect(keysAt(["systems", "any", "connect"])).toEqual([
      "secret",
      "read_secret",
      "file",
      "root",
      "unsafe_overwrite",
    ]);
    expect(keysAt(["systems", "any", "records", "any", "hold", 0])).toEqual(["use", "from", "protects"]);
    expect(keysAt(["nowhere"])).toEqual([]);
  });
});
