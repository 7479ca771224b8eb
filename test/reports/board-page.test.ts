/** The board's page, as a browser reads it: whole, in order, and with nothing that axe finds. */
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { type BoardLine, boardPage } from "../../src/reports/board-page.ts";
import { STYLE } from "../../src/reports/style.ts";
import { violations } from "../support/accessibility.ts";

const LATE: BoardLine = {
  id: "R-2026-0003",
  state: "planned",
  due: "2026-11-20",
  days_left: -10,
  overdue: true,
  waiting_for: "approval",
  next: "expunge approve R-2026-0003",
};
const SOON: BoardLine = { ...LATE, id: "R-2026-0004", due: "2026-11-30", days_left: 0, overdue: false };
const LATER: BoardLine = { ...LATE, id: "R-2026-0005", due: "2027-02-01", days_left: 63, overdue: false };
const DUE_WORK: BoardLine = { ...LATE, id: "D-2026-0001", due: null, days_left: null, overdue: false, next: null };
const FRAME = { today: "2026-11-30", controller: "Harbour Tea <Ltd>" };

describe("the board's page", () => {
  it("has what is late first, each request once, with day, state and next step in words", () => {
    const { document } = new JSDOM(boardPage([LATE, SOON, LATER, DUE_WORK], FRAME)).window;
    expect([...document.querySelectorAll("h2")].map((one) => one.textContent)).toEqual([
      "Overdue",
      "Due within 7 days",
      "Due later",
      "Due work that nobody asked for",
    ]);
    const rows = [...document.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent.trim()),
    );
    expect(rows).toEqual([
      ["R-2026-0003", "20 November 2026", "overdue by 10 days", "planned", "approval", "expunge approve R-2026-0003"],
      ["R-2026-0004", "30 November 2026", "today", "planned", "approval", "expunge approve R-2026-0003"],
      ["R-2026-0005", "1 February 2027", "63 days", "planned", "approval", "expunge approve R-2026-0003"],
      ["D-2026-0001", "nobody waits", "–", "planned", "approval", "nothing now"],
    ]);
    expect(document.querySelector(".outcome")?.textContent).toBe("4 requests are open, 1 of them OVERDUE.");
    expect(document.querySelector("h1")?.textContent).toBe("Open requests on 30 November 2026");
    expect(document.body.innerHTML).toContain("Harbour Tea &lt;Ltd&gt;");
  });

  it("says until when undo works, and what due work left aside", async () => {
    const page = boardPage([{ ...LATER, undo_until: "2026-12-07" }], {
      ...FRAME,
      aside: [
        { request: "D-2026-0001", record: "shop.people", count: 2 },
        { request: "D-2026-0002", record: "shop.orders", count: 1, tried_again_after: "2026-12-30" },
      ],
    });
    const { document } = new JSDOM(page).window;
    expect(
      [...document.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent.trim())),
    ).toEqual([
      expect.arrayContaining(["R-2026-0005", "approval; undo works until 7 December 2026"]),
      ["shop.people", "2", "D-2026-0001", "once nothing stands against them"],
      ["shop.orders", "1", "D-2026-0002", "after 30 December 2026"],
    ]);
    expect([...document.querySelectorAll("h2")].map((one) => one.textContent)).toEqual(["Due later", "Left aside"]);
    expect(await violations(page)).toEqual([]);
    expect(boardPage([LATER], FRAME)).not.toContain("Left aside");
  });

  it("says so where nothing is open, or not everything is listed", () => {
    expect(boardPage([], FRAME)).toContain("No request is open.");
    expect(boardPage([SOON], { today: "2026-11-30", within: 7 })).toContain("due within 7 days is listed");
  });

  it("needs no script, no outside file and no width of its own", () => {
    const { document } = new JSDOM(boardPage([LATE], FRAME)).window;
    expect(document.querySelectorAll("script, link, img, [src], [href]")).toHaveLength(0);
    expect(document.querySelector('meta[name="viewport"]')?.getAttribute("content")).toContain("width=device-width");
  });

  it("gives axe nothing to find; the look of a broken page is found", async () => {
    expect(await violations(boardPage([LATE, SOON, LATER, DUE_WORK], FRAME))).toEqual([]);
    expect(await violations(boardPage([], FRAME))).toEqual([]);
    const broken = boardPage([LATE], FRAME)
      .replace('lang="en"', "")
      .replace(/<title>.*<\/title>/u, "");
    expect(await violations(broken)).toEqual(expect.arrayContaining(["document-title", "html-has-lang"]));
  });
});

describe("the colours of pages", () => {
  const palettes = STYLE.split("@media print")[0]?.match(/:root \{[^}]*--ink[^}]*\}/gu) ?? [];

  it.each([
    ["light", palettes[0] ?? ""],
    ["dark", palettes[1] ?? ""],
  ])("%s: every text has a contrast of 4.5 to 1 or better on what it stands on", (_, palette) => {
    const colours = new Map(
      [...palette.matchAll(/--(\w+): (#[0-9a-f]{3,6})/gu)].map(([, name, value]) => [name, value]),
    );
    const texts = ["ink", "quiet", "good", "warn", "bad"];
    expect(texts.filter((name) => !colours.has(name))).toEqual([]);
    for (const text of texts)
      for (const ground of ["paper", "head"])
        expect([text, ground, contrast(colours.get(text) ?? "", colours.get(ground) ?? "") >= 4.5]).toEqual([
          text,
          ground,
          true,
        ]);
  });
});

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const hex = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/gu, "$&$&") : colour;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
