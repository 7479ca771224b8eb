import { describe, expect, it } from "vitest";
import { sentences } from "../../src/datamap/sentences.ts";
import { codes, good, whole } from "./lint-map.ts";

const copied = (system: string, record: string): string =>
  whole(
    `systems:\n  shop: { kind: postgres, records: { leads: { match: { email: email }, do: erase } } }\n  search: { kind: postgres, ${system}, records: { leads: { match: { email: email }, ${record} } } }`,
  );
const MARKED = "do: soft-delete, soft_delete: { timestamp: gone }, purge_after: 14 days";

describe("a copy that says how it follows", () => {
  it("keeps it at each of its record types; one that replays nothing keeps nothing", async () => {
    const follows = async (system: string, record: string) =>
      (await good(copied(system, record))).systems[1]?.records[0]?.follows;
    expect(await follows("copy_of: shop.leads, replays: hard_delete", "do: erase")).toEqual({
      source: "shop.leads",
      replays: "hard_delete",
    });
    expect(await follows("copy_of: shop.leads, replays: soft_delete", MARKED)).toEqual({
      source: "shop.leads",
      replays: "soft_delete",
    });
    expect(await follows("copy_of: shop.leads, replays: none", "do: erase")).toBeUndefined();
    expect(await follows("copy_of: shop.leads", "do: erase")).toBeUndefined();
  });

  it("says of what it is one, and that is elsewhere", async () => {
    expect(await codes(copied("replays: hard_delete", "do: erase"))).toEqual(["3:3 MISSING_KEY"]);
    expect(await codes(copied("copy_of: search.leads, replays: hard_delete", "do: erase"))).toEqual([
      "3:38 WRONG_VALUE",
    ]);
    expect(await codes(copied("copy_of: shop.lead, replays: hard_delete", "do: erase"))).toEqual([
      "3:38 UNKNOWN_RECORD",
    ]);
  });

  it("does not change what goes, and says how its marks are seen and since when", async () => {
    const HARD = "copy_of: shop.leads, replays: hard_delete";
    const SOFT = "copy_of: shop.leads, replays: soft_delete";
    const found = async (system: string, record: string) =>
      (await codes(copied(system, record))).map((code) => code.split(" ")[1]);
    expect(await found(HARD, "do: anonymise, fields: { email: clear }")).toEqual(["WRONG_VALUE"]);
    expect(await found(SOFT, "do: erase")).toEqual(["WRONG_VALUE"]);
    expect(await found(SOFT, "do: soft-delete, soft_delete: { flag: gone }, purge_after: 14 days")).toEqual([
      "WRONG_VALUE",
    ]);
    expect(await found(SOFT, `${MARKED}, restore_window: 7 days`)).toEqual(["WRONG_VALUE"]);
  });

  it("says in words what is waited for, and what is left to us", async () => {
    const said = async (system: string, record: string) =>
      sentences(await good(copied(system, record))).find((one) => one.record === "search.leads")?.sentence;
    expect(await said("copy_of: shop.leads, replays: hard_delete", "do: erase")).toBe(
      "Erase leads in search found by email; as a copy it goes by itself where shop.leads goes: we wait for that and look again, and what must stay here keeps shop.leads too.",
    );
    expect(await said("copy_of: shop.leads, replays: soft_delete", MARKED)).toBe(
      "Hide leads in search found by email by setting gone; erased 14 days after it was hidden; as a copy it is marked by itself where shop.leads is marked: we wait for that and look again, and erase it ourselves after shop.leads.",
    );
  });
});
