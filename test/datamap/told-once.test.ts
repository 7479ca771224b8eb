/** One mistake is one issue: what follows from it is not told beside it. */
import { describe, expect, it } from "vitest";
import { codes, lint, shop, whole } from "./lint-map.ts";

const FILES = (record: string): string =>
  `systems: { box: { kind: files, connect: { root: . }, owner: a@b.example, records: { list: ${record} } } }`;

describe("one mistake is one issue", () => {
  it.each([
    ["a mistyped key is not missing too", shop("leads: { macth: { email: email }, do: erase }"), "5:16 UNKNOWN_KEY"],
    [
      "names in a mistyped block are not unknown too",
      "version: 1\ncontroller: { name: A, contact: a@b.example, calendar: { timezone: Europe/Berlin } }\nidentites: { email: { type: email } }\nsystems: { shop: { kind: postgres, records: { leads: { match: { email: email }, do: erase } } } }",
      "3:1 UNKNOWN_KEY",
    ],
    [
      "the files of the wrong form: rows may be removed all the same",
      whole(FILES('{ files: "*.csv", match: { mail: email }, do: remove-rows }')),
      "1:100 WRONG_TYPE",
    ],
    [
      "a match whose sides are swapped is no unknown identity",
      shop("leads: { match: { email: email }, do: erase }\nnotes: { match: { shop.leads.id: lead_id }, do: erase }"),
      "6:25 MATCH_SWAPPED",
    ],
    ["a map that is empty", "# nothing\n", "1:1 WRONG_TYPE"],
  ])("%s", async (_title, text, wanted) => {
    expect(await codes(text)).toEqual([wanted]);
  });

  it("a swapped match is written out as it was meant, and items of a list are named by their key", async () => {
    const [swapped] = await lint(
      shop("leads: { match: { email: email }, do: erase }\nnotes: { match: { shop.leads.id: lead_id }, do: erase }"),
    );
    expect(swapped?.help).toBe("Write `lead_id: shop.leads.id`.");
    const [fold] = await lint(whole("identities: { email: { type: email, fold: [trim, lower] } }"));
    expect(fold?.message).toBe("`fold` cannot be `lower`.");
  });
});
