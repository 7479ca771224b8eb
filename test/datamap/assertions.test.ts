import { describe, expect, it } from "vitest";
import { meaningOf } from "../../src/datamap/meaning.ts";
import { good, lint, shop, whole } from "./lint-map.ts";

const LEADS = "leads: { match: { lead_email: email }, do: erase }";
/** The block on lines 5 and 6 of `shop`'s map. */
const asked = (query: string, more = "says: the sum of the ledger") =>
  shop(LEADS, `assert:\n  books: { system: shop, query: ${JSON.stringify(query)}, ${more} }`);
const said = async (text: string) =>
  (await lint(text)).map(({ code, line, severity, message }) => ({ code, line, severity, message }));

describe("assert", () => {
  it("stands with its system, with its words and its place", async () => {
    const map = await good(asked("SELECT sum(amount) FROM ledger WHERE state IN ('open', 'due') AND kind <> 3"));
    expect(map.systems[0]?.assertions).toEqual([
      {
        name: "books",
        query: "SELECT sum(amount) FROM ledger WHERE state IN ('open', 'due') AND kind <> 3",
        says: "the sum of the ledger",
        at: { line: 7, column: 3 },
      },
    ]);
    expect((await good(asked(" with a as (select 1 as n) select n from a where n > 0"))).systems).toHaveLength(1);
  });

  it.each([
    ["SELECT 1; DELETE FROM ledger", "one plain statement"],
    ["SELECT 1;", "one plain statement"],
    ["SELECT 1 -- all", "one plain statement"],
    ["SELECT 1 /* all */", "one plain statement"],
    ["SELECT 1) FROM ledger WHERE (1 = 1", "one plain statement"],
    ["SELECT 'x", "one plain statement"],
    [String.raw`SELECT E'\\'' `, "one plain statement"],
    ["SELECT $$x$$", "one plain statement"],
    ["DELETE FROM ledger", "no SELECT"],
    ["EXPLAIN ANALYZE SELECT 1", "no SELECT"],
    ["WITH x AS (DELETE FROM ledger RETURNING 1) SELECT count(*) FROM x", "writes or locks"],
    ["SELECT id INTO other FROM ledger", "writes or locks"],
    ["SELECT id FROM ledger FOR UPDATE", "writes or locks"],
    ["SELECT count(*) FROM ledger WHERE due < now()", "changes by itself"],
    ["SELECT count(*) FROM ledger WHERE due < CURRENT_DATE", "changes by itself"],
    ["SELECT count(*) FROM ledger WHERE due < date('now')", "changes by itself"],
    ["SELECT random ()", "changes by itself"],
    ["SELECT count(*) FROM leads WHERE who = 'ann@shop.example'", "name a person"],
    ["SELECT count(*) FROM leads WHERE tel = '+49 171 1234567'", "name a person"],
    ["SELECT count(*) FROM leads WHERE no = 123456789012", "name a person"],
    ["SELECT count(*) FROM leads WHERE lead_email = 'ann'", "name a person"],
    ["SELECT count(*) FROM leads WHERE email NOT IN ('ann', 'bob')", "name a person"],
    ["SELECT count(*) FROM leads WHERE \"lead_email\" LIKE 'ann%'", "name a person"],
  ])("%s is refused, without being repeated", async (query, why) => {
    const issues = await said(asked(query));
    expect(issues).toMatchObject([{ line: 7, severity: "error", message: expect.stringContaining(why) }]);
    expect(JSON.stringify(issues)).not.toMatch(/ann|1234567/u);
  });

  it("needs its words, a system that is there, and a SQL database", async () => {
    expect(await said(asked("SELECT 1", "says: ' '"))).toMatchObject([{ code: "WRONG_VALUE" }]);
    expect(await said(shop(LEADS, "assert: { b: { system: shop, query: SELECT 1 } }"))).toMatchObject([
      { code: "MISSING_KEY", line: 6 },
    ]);
    expect(await said(shop(LEADS, "assert: { b: { system: shp, query: SELECT 1, says: x } }"))).toMatchObject([
      { code: "UNKNOWN_SYSTEM" },
    ]);
    const files =
      "systems: { exports: { kind: files, connect: { root: . }, records: { p: { files: ['*.csv'], match: { e: email }, do: remove-rows } } } }\nassert: { b: { system: exports, query: SELECT 1, says: x } }";
    expect(await said(whole(files))).toMatchObject([{ code: "ASSERT_SYSTEM", line: 2 }]);
  });

  it("is part of what a plan is bound to; its words are not", async () => {
    const meaning = async (text: string) => meaningOf(await good(text));
    const own = await meaning(asked("SELECT 1"));
    expect(await meaning(asked("SELECT 2"))).not.toBe(own);
    expect(await meaning(shop(LEADS))).not.toBe(own);
    expect(await meaning(asked("SELECT 1", "says: other words"))).toBe(own);
  });
});
