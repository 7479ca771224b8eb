import { describe, expect, it } from "vitest";
import { publicHolidays } from "../../src/retention/holidays.ts";

describe("publicHolidays", () => {
  it("knows Baden-Württemberg's twelve, and only public ones", async () => {
    expect(await publicHolidays("DE-BW", [2026])).toEqual([
      "2026-01-01",
      "2026-01-06",
      "2026-04-03",
      "2026-04-06",
      "2026-05-01",
      "2026-05-14",
      "2026-05-25",
      "2026-06-04",
      "2026-10-03",
      "2026-11-01",
      "2026-12-25",
      "2026-12-26",
    ]);
  });

  it("knows England's substitute day, and that 1 May is none there", async () => {
    const found = await publicHolidays("GB-ENG", [2026]);
    expect(found).toContain("2026-12-28");
    expect(found).not.toContain("2026-05-01");
  });

  it("gives every year asked for", async () => {
    const found = await publicHolidays("FR", [2026, 2027]);
    expect(found.filter((day) => day.endsWith("-07-14"))).toEqual(["2026-07-14", "2027-07-14"]);
  });

  it("a region that does not exist has none, not its country's", async () => {
    expect(
      await Promise.all(
        ["XX", "DE-QQ", "DE-BY-Q", "", "de-bw", "DE-BY-A-B"].map((region) => publicHolidays(region, [2026])),
      ),
    ).toEqual(Array(6).fill([]));
  });

  it("a holiday that begins at sunset is the day that follows", async () => {
    // Passover 2026: 15 Nisan is Thursday 2 April
    const found = await publicHolidays("IL", [2026]);
    expect(found).toContain("2026-04-02");
    expect(found).not.toContain("2026-04-01");
  });
});
