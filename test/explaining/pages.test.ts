/** The pages that explain a data map: what a lawyer reads in each, from one map that has something of everything. */
import { parse } from "csv-parse/sync";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { policyOf } from "../../src/explaining/policy.ts";
import { ropaOf } from "../../src/explaining/ropa.ts";
import { policyPaper, reviewPaper, ropaPaper } from "../../src/reports/explained-papers.ts";
import { paperAs } from "../../src/reports/paper.ts";
import { paperScreen } from "../../src/terminal/paper-screen.ts";
import { good, whole } from "../datamap/lint-map.ts";
import { violations } from "../support/accessibility.ts";

const TODAY = "2026-11-30";

const MAP = whole(`map: { owner: dpo@shop.example, review_by: 2027-01-15 }
identities: { email: { type: email, fold: [trim, lowercase] } }
conditions: { open: { says: a ticket is open | still, where: { state: [open] } } }
holds:
  invoices: { rule: de/invoice, people: { owner: finance@shop.example, approved_by: counsel@shop.example, review_by: 2027-02-01 } }
systems:
  shop:
    kind: postgres
    owner: platform@shop.example
    feeds: [partner]
    records:
      customers:
        called: your <profile>
        purpose: running the account
        categories: [contact, "=HYPERLINK(1)"]
        data_subjects: customers
        match: { email: email }
        do: soft-delete
        soft_delete: { timestamp: deleted_at }
        restore_window: 7 days
        purge_after: 14 days
      invoices: { match: { email: email }, do: erase, hold: { use: invoices, from: issued_on } }
      invoice_lines: { match: { invoice_id: shop.invoices.id }, do: erase }
      leads: { match: { email: email }, do: erase, schedule: { after: 90 days, from: seen } }
      tickets: { match: { email: email }, do: erase, unless: open }
      customers_audit: { audit_of: shop.customers, match: { email: email }, do: redact, fields: { email: clear } }
  search:
    kind: elasticsearch
    copy_of: shop.customers
    recipient: { role: processor, name: Finders Inc., country: US }
    records: { customers: { index: customers, match: { email: email }, do: erase } }
  partner:
    kind: files
    connect: { root: ./partner }
    owner: sales@shop.example
    recipient: { name: "Cousin, Sons", country: Ireland }
    records: { lists: { files: ["*.csv"], match: { email: email }, do: remove-rows } }
  backups: { kind: backups, covers: [shop], expires_after: 35 days }
`);

const HOSTILE = '<b>"x"</b>';

/** The cells of the row that a record has in each table, by table and column. */
function rowsOf(page: string, record: string): Readonly<Record<string, string>> {
  const { document } = new JSDOM(page).window;
  const cells: Record<string, string> = {};
  for (const table of document.querySelectorAll("table")) {
    const columns = [...table.querySelectorAll("thead th")].map((one) => one.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
      const [name = "", ...more] = [...row.children].map((cell) => cell.innerHTML.trim());
      if (name.split("<br>").at(-1) !== record) continue;
      for (const [at, text] of more.entries()) cells[columns[at + 1] ?? ""] = text;
    }
  }
  return cells;
}

describe("the policy", () => {
  it("answers of each record type what can be brought back, what goes by itself, what is kept, traced, copied and owned", async () => {
    const page = paperAs(policyPaper(policyOf(await good(MAP), TODAY)), "html");
    expect(rowsOf(page, "shop.customers")).toEqual({
      "When a person asks": "hidden, and erased for good 14 days later",
      "Without anybody asking": "what is marked as deleted, by whomever, is erased for good 14 days after that",
      "Can be brought back for": "7 days",
      "Answers for the final delete": "platform@shop.example",
      "Audit trail": "kept in shop.customers_audit",
      "Systems that receive copies":
        "search: a copy, erased by its own rules<br>partner: filled from shop<br>backups: backups, each gone 35 days after it was made",
    });
    const invoices = rowsOf(page, "shop.invoices");
    expect(invoices["When a person asks"]).toBe("kept first (below), then erased");
    expect(invoices["Kept until"]).toMatch(
      /^8 years after the end of the calendar year of issued_on.*<br>what begins today, until 31 December 2034$/u,
    );
    expect(invoices["Law"]).toContain("DE AO §147(3)-(4)");
    expect(invoices["Answers for it, and who approved it"]).toBe(
      "finance@shop.example<br>approved by counsel@shop.example",
    );
    expect(invoices["To be reviewed by"]).toBe("1 February 2027");
    expect(rowsOf(page, "shop.invoice_lines")["When a person asks"]).toContain("kept with shop.invoices");
    expect(rowsOf(page, "shop.leads")["Without anybody asking"]).toBe("erased, 90 days after seen");
    expect(rowsOf(page, "shop.leads")["Can be brought back for"]).toBe("cannot be brought back");
    expect(rowsOf(page, "shop.tickets")["When a person asks"]).toContain("waits while a ticket is open | still");
    expect(rowsOf(page, "search.customers")["Answers for the final delete"]).toBe("nobody is named");
    expect(page).toContain("for the final delete of 1 nobody is named");
  });
});

describe("the record of processing activities", () => {
  it("has what is written, says what is not, and judges only countries of two letters", async () => {
    const ropa = ropaOf(await good(MAP), TODAY);
    const page = paperAs(ropaPaper(ropa), "html");
    const customers = rowsOf(page, "shop.customers");
    expect(customers).toMatchObject({
      Purpose: "running the account",
      "Categories of people": "customers",
      "Categories of data": "contact<br>=HYPERLINK(1)",
      "Third countries": "US<br>Ireland: not judged",
      Law: "none is named",
    });
    expect(customers["Recipients"]).toContain("Finders Inc. (processor, US), by search");
    expect(customers["Recipients"]).toContain("Cousin, Sons (role not written, Ireland), by partner");
    // a copy of another record, but filled from the same system
    expect(rowsOf(page, "shop.leads")).toMatchObject({
      Purpose: "not written",
      "Third countries": "Ireland: not judged",
    });
    expect(rowsOf(page, "shop.invoices")["Time limits for erasure"]).toContain("8 years after");
    expect(rowsOf(page, "shop.tickets")["Time limits for erasure"]).toContain("no period is written");
    expect(ropa.activities.map(({ recipients }) => recipients.map(({ third_country: third }) => third))[0]).toEqual([
      true,
      null,
    ]);
    expect(page).toContain("of 7 the purpose or a category is not written");
  });

  it("is safe in a spreadsheet: nothing is a formula, whatever the map says", async () => {
    const sheet = paperAs(ropaPaper(ropaOf(await good(MAP.replace("contact, ", "")), TODAY)), "csv");
    expect(sheet.startsWith("\uFEFF")).toBe(true);
    const rows: string[][] = parse(sheet, { bom: true });
    expect(rows.map((row) => row.length)).toEqual(rows.map(() => 10));
    const cells = rows.flat();
    expect(cells).toContain("'=HYPERLINK(1)");
    expect(cells.filter((cell) => /^[=+\-@\t\r]/u.test(cell))).toEqual([]);
    expect(sheet).toContain('"running the account"');
  });

  it("asks the law of the controller's own place what a third country is", async () => {
    const uk = MAP.replace("timezone: Europe/Berlin", "timezone: Europe/London, regime: uk");
    const third = async (map: string): Promise<unknown> =>
      ropaOf(await good(map), TODAY).activities[0]?.recipients[0]?.third_country;
    expect(await third(MAP.replace("country: US", "country: FR"))).toBe(false);
    expect(await third(uk.replace("country: US", "country: FR"))).toBe(true);
    expect(await third(uk.replace("country: US", "country: GB"))).toBe(false);
    expect(await third(uk.replace("country: US", "country: us"))).toBeNull();
  });
});

const REVIEW = {
  controller: HOSTILE,
  as_of: TODAY,
  hidden: [
    {
      record: "shop.customers",
      called: "your profile",
      count: 3,
      oldest: "2026-11-01",
      restorable_until: "2026-11-08",
      purged_on: null,
    },
  ],
  restores: [{ id: "R-2026-0001", on: "2026-11-20", records: [], ended: true }],
  reviews: [
    { what: "the data map", owner: null, review_by: "2026-11-01", state: "overdue", file: "datamap.yaml", line: 1 },
  ],
  legal_holds: [{ id: "H-2026-0001", since: "2026-11-02", until: null, records: ["shop.leads"], people: 2 }],
  waiting: [{ id: "D-2026-0001", state: "planned", waiting_for: "approval", next: "expunge approve D-2026-0001" }],
  due: [{ record: "shop.leads", count: 7 }],
} as const;

describe("every page", () => {
  it("gives axe nothing to find, needs nothing but itself, and holds no tag of the map's words", async () => {
    const map = await good(MAP);
    const empty = { ...REVIEW, hidden: [], restores: [], reviews: [], legal_holds: [], waiting: [], due: [] };
    for (const paper of [
      policyPaper(policyOf(map, TODAY)),
      ropaPaper(ropaOf(map, TODAY)),
      reviewPaper(REVIEW),
      reviewPaper(empty),
    ]) {
      const page = paperAs(paper, "html");
      expect(await violations(page)).toEqual([]);
      const { document } = new JSDOM(page).window;
      expect(document.querySelectorAll("script, link, img, [src], [href], b, profile")).toHaveLength(0);
    }
    expect(paperAs(policyPaper(policyOf(map, TODAY)), "html")).toContain("your &lt;profile&gt;");
  });

  it("has the same rows in Markdown, where no word ends a cell or begins a tag", async () => {
    const map = await good(MAP);
    for (const paper of [policyPaper(policyOf(map, TODAY)), ropaPaper(ropaOf(map, TODAY)), reviewPaper(REVIEW)]) {
      const lines = paperAs(paper, "md").split("\n");
      for (const { columns, rows } of paper.tables) {
        const head = lines.indexOf(`| ${columns.join(" | ")} |`);
        const body = lines.slice(head + 2, head + 2 + rows.length);
        expect(body.map((line) => line.split(/(?<!\\)\|/u).length)).toEqual(rows.map(() => columns.length + 2));
      }
      expect(lines.join("\n").replaceAll("<br>", "")).not.toMatch(/<[a-z/]/iu);
    }
  });

  it("is whole as lists in a terminal, which obeys none of its words", async () => {
    const map = await good(MAP.replace("called: your <profile>", 'called: "your \\e[31mprofile"'));
    const screen = paperScreen(policyPaper(policyOf(map, TODAY)));
    expect(screen).toContain("your profile · shop.customers\n    When a person asks: hidden");
    expect(screen).not.toContain("\u001B");
    for (const { record } of policyOf(map, TODAY).rules) expect(screen).toContain(record);
    expect(paperScreen(reviewPaper(REVIEW))).toContain(
      "H-2026-0001\n    Since: 2 November 2026\n    Until: no last day",
    );
  });
});
