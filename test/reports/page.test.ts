import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {} from "../../src/ledger/ledger.ts";
import type { ReportPayload } from "../../src/ledger/report-file.ts";
import { reportPage } from "../../src/reports/page.ts";
import { html } from "../../src/reports/markup.ts";
import { reportOf } from "../../src/reports/report.ts";
import { spoken } from "../../src/reports/spoken-date.ts";
import { summarise } from "../../src/reports/summary.ts";
import { STYLE } from "../../src/reports/style.ts";
import { violations } from "../support/accessibility.ts";
import { at, folder, newKey, openIn, targetResult, wholeRequest } from "../ledger/entries.ts";

const request = "R-2026-0001";
const signed = { name: "R-2026-0001.report.json", sha256: "5e".repeat(32) };

async function payload(): Promise<ReportPayload> {
  const ledger = await openIn(path.join(folder(), "ledger.db"), { origin: "example.org/1", signingKey: newKey() });
  onTestFinished(async () => await ledger[Symbol.asyncDispose]());
  await ledger.append(wholeRequest(request));
  return reportOf(await ledger.entriesOf(request), {
    request,
    generatedAt: new Date(at("11:00:00")),
    tool: "expunge@0.1.0",
  });
}

/** Every tag of a page, in order. */
const tagsOf = (
  page: string,
): readonly { readonly name: string; readonly closing: boolean; readonly attributes: string }[] =>
  [...page.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gu)].map(
    ([, slash, name = "", attributes = ""]) => ({
      name,
      closing: slash === "/",
      attributes,
    }),
  );

describe("a report's page", () => {
  it("is well formed: every element is closed in its order, and no bracket stands alone", async () => {
    const page = reportPage(await payload(), { signed });
    const open: string[] = [];
    const tags = tagsOf(page);
    for (const { name, closing } of tags) {
      if (name === "meta") continue;
      if (closing) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
    const body = page.slice("<!doctype html>".length).replace(/<style>[^]*<\/style>/u, "");
    expect([...body.matchAll(/</gu)]).toHaveLength(tags.length - 2);
    expect(tags.length).toBeGreaterThan(150);
  });

  it("gives axe nothing to find", async () => {
    expect(await violations(reportPage(await payload(), { signed, notice: "unchecked" }))).toEqual([]);
  });

  it("has a language, a title, one first heading, no step left out, a caption a table and a scope a header cell", async () => {
    const page = reportPage(await payload(), { signed });
    expect(page).toContain('<html lang="en">');
    expect(page).toContain("<title>Proof of erasure R-2026-0001</title>");
    const tags = tagsOf(page).filter(({ closing }) => !closing);
    const headings = tags.flatMap(({ name }) => (/^h\d$/u.test(name) ? [Number(name[1])] : []));
    expect(headings[0]).toBe(1);
    expect(headings.slice(1).every((level) => level === 2)).toBe(true);
    const count = (wanted: string): number => tags.filter(({ name }) => name === wanted).length;
    expect(count("table")).toBe(5);
    expect(count("caption")).toBe(count("table"));
    const cells = tags.filter(({ name }) => name === "th");
    expect(cells.length).toBeGreaterThan(20);
    expect(cells.every(({ attributes }) => / scope="(?:col|row)"/u.test(attributes))).toBe(true);
    expect(count("main")).toBe(1);
    expect(page).toContain("@media print");
  });

  it("asks nothing of the network and runs nothing", async () => {
    const page = reportPage(await payload(), { signed });
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\son[a-z]+=|javascript:|url\(|@import|https?:\/\//u);
    expect(page).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
  });

  it("names the signed file, its hash, the command that checks it, and what it does not show", async () => {
    const report = await payload();
    const page = reportPage(report, { signed });
    for (const said of [
      signed.sha256,
      "expunge proof verify R-2026-0001.report.json --key public.vkey",
      "1 record erased, 1 record kept until 2034-12-31",
      "31 December 2034",
      "DE AO §147(3)-(4); DE UStG §14b(1)",
      "kept by law",
      "10 February 2026, 10:04 UTC",
      "17 March 2026",
      "a view",
    ])
      expect(page).toContain(said);
    for (const limit of report.limits) expect(page).toContain(limit.replaceAll("'", "&#39;"));
  });

  it("says overdue by the controller's civil day, and without it only where the day has passed everywhere", async () => {
    const report = await payload();
    const open = report.entries.slice(0, 1);
    const pageAt = (generated_at: string, today?: string) =>
      reportPage({ ...report, entries: open, generated_at }, { signed, ...(today === undefined ? {} : { today }) });
    const late = "not answered yet and overdue";
    expect(pageAt(at("11:00:00"))).toContain("not answered yet");
    const { legal = "" } = summarise(open.map(({ core }) => core)).deadline ?? {};
    const next = new Date(Date.parse(legal) + 86_400_000).toISOString().slice(0, 10);
    // in Kiritimati it is the next day already, in Pago Pago it is still the last
    expect(pageAt(`${legal}T11:00:00.000Z`, next)).toContain(late);
    expect(pageAt(`${next}T03:00:00.000Z`, legal)).not.toContain(late);
    expect(pageAt(`${next}T11:59:00.000Z`)).not.toContain(late);
    expect(pageAt(`${next}T12:00:00.000Z`)).toContain(late);
  });

  it("escapes whatever a data map may be called", async () => {
    const report = await payload();
    const evil = `<img src=x onerror="alert('1')">&`;
    const core = { v: 1, type: "target.result", ...targetResult(request, { record: evil, law: [evil] }) };
    const page = reportPage(
      { ...report, limits: [evil], entries: report.entries.map((entry) => ({ ...entry, core })) },
      { signed: { ...signed, name: evil } },
    );
    expect(page).not.toContain("<img");
    expect(page).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
  });

  it("says in words what it also says in colour", async () => {
    const page = reportPage(await payload(), { signed });
    for (const [, tone = "", said = ""] of page.matchAll(/<span class="(good|warn|bad)">([^<]*)<\/span>/gu))
      expect(said, tone).toMatch(/^[A-Za-z0-9][a-z ]{2,}$/u);
  });

  it("keeps a contrast of 4.5 to 1 for every colour of text, light and dark", async () => {
    const themes = [...STYLE.matchAll(/:root \{([^}]*)\}/gu)].map(
      ([, body = ""]) =>
        new Map(
          [...body.matchAll(/--([a-z]+): (#[0-9a-f]{3,6})/gu)].map(([, name = "", colour = ""]) => [name, colour]),
        ),
    );
    const linear = (part: string): number => {
      const level = Number.parseInt(part, 16) / 255;
      return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
    };
    const luminance = (colour: string): number => {
      const full = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/gu, "$&$&") : colour;
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => linear(full.slice(start, start + 2)));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    expect(themes).toHaveLength(3);
    for (const theme of themes) {
      for (const text of ["ink", "quiet", "good", "warn", "bad"]) {
        for (const ground of ["paper", "head"]) {
          const [light = 0, dark = 0] = [theme.get(text) ?? "#000", theme.get(ground) ?? "#000"]
            .map(luminance)
            .toSorted((a, b) => b - a);
          expect((light + 0.05) / (dark + 0.05), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });
});

describe("the page's small parts", () => {
  it("spell dates out", async () =>
    expect(["2026-12-02", "2026-12-02T10:03:59.000Z", "soon"].map(spoken)).toEqual([
      "2 December 2026",
      "2 December 2026, 10:03 UTC",
      "soon",
    ]));
  it("escape text and keep markup", async () =>
    expect(html`<b>${"<"}${html`<i>${1}</i>`}</b>`.markup).toBe("<b>&lt;<i>1</i></b>"));
});
