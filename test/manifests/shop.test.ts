import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registry } from "../../connectors/registry.ts";
import { readMapFile } from "../../src/map-file.ts";
import { without } from "../support/shop/map-without.ts";
import { SHOP_SYSTEMS } from "../support/shop/shop.ts";

const SHIPPED = join(import.meta.dirname, "../../manifests/shop/datamap.yaml");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "expunge-map-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the shop's map has nothing to mend and asks for nothing that is not built", async () => {
  const { map, issues, notBuilt } = await readMapFile(SHIPPED, registry, "2026-11-21");
  expect(issues).toEqual([]);
  expect(notBuilt).toEqual([]);
  expect(map?.systems.map(({ name }) => name)).toEqual([...SHOP_SYSTEMS, "backups"]);
});

test.each(SHOP_SYSTEMS)("nor has it without %s", async (system) => {
  const file = join(folder, `${system}.yaml`);
  writeFileSync(file, without(readFileSync(SHIPPED, "utf8"), [system]));
  const { map, issues } = await readMapFile(file, registry, "2026-11-21");
  expect(issues).toEqual([]);
  expect(map?.systems.map(({ name }) => name)).not.toContain(system);
});

test("an editor completes it: its first line names the schema, which lies beside it", () => {
  expect(readFileSync(SHIPPED, "utf8").split("\n")[0]).toBe("# yaml-language-server: $schema=./datamap.schema.json");
  const beside = readFileSync(join(SHIPPED, "../datamap.schema.json"), "utf8");
  expect(beside).toBe(readFileSync(join(SHIPPED, "../../datamap.schema.json"), "utf8"));
});
