/** Schemas of our own, with labels of what is personal in them: what a draft finds, and what it takes for personal. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { draft } from "../../src/drafting/draft.ts";
import { mapText } from "../../src/drafting/map-text.ts";
import { advice } from "../datamap/lint-map.ts";
import { labelsIn, scored, storesOf, surveyedAs } from "./labelled.ts";
import { erp } from "./schemas/erp.ts";

const FOLDER = join(import.meta.dirname, "schemas");
const text = (name: string) => readFileSync(join(FOLDER, name), "utf8");

for (const name of ["shop", "rails", "django", "forum", "odd", "parish", "garage"])
  test(`of the personal columns of ${name} no more than one in twenty is missed, and of those named most are`, async () => {
    const stores = await storesOf(`draft_${name}`, text(`${name}.sql`));
    const score = scored(stores, labelsIn(text(`${name}.labels`)));
    expect(score.recall, `missed: ${score.missed.join(", ")}; wrong: ${score.wrong.join(", ")}`).toBeGreaterThanOrEqual(
      0.95,
    );
    expect(score.precision, `wrong: ${score.wrong.join(", ")}`).toBeGreaterThanOrEqual(0.85);
    // advice is for what somebody wrote: a draft has nothing of it
    const drafted = mapText(draft([surveyedAs(stores)]), { today: "2026-11-30", timezone: "Europe/Berlin" });
    expect(await advice(drafted)).toEqual([]);
  });

test("a thousand tables: what leads to a person is proposed, all else is ignored in few lines, and no wildcard reaches what is mapped", async () => {
  const { sql, labels } = erp();
  const stores = await storesOf("draft_erp", sql);
  expect(stores.length).toBe(1000);
  const { proposal, ...score } = scored(stores, labels);
  expect(score.recall, `missed: ${score.missed.join(", ")}`).toBeGreaterThanOrEqual(0.95);
  expect(score.precision, `wrong: ${score.wrong.join(", ")}`).toBeGreaterThanOrEqual(0.85);
  expect(proposal.records.length).toBeLessThan(40);
  expect(proposal.ignored.reduce((sum, one) => sum + one.stores, 0)).toBe(
    1000 - new Set([...proposal.records, ...proposal.unplaced].map(({ store }) => store.name)).size,
  );
  expect(proposal.ignored.length).toBeLessThan(250);
  for (const { entry } of proposal.ignored) {
    const pattern = new RegExp(`^${entry.replaceAll("*", ".*")}$`, "u");
    expect([...proposal.records, ...proposal.unplaced].filter(({ store }) => pattern.test(store.name))).toEqual([]);
  }
});
