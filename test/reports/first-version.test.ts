/** Files that version 0.1 wrote: they verify for ever, and tell no less today. See test/vectors/first-version. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { audit } from "../../src/ledger/audit.ts";
import { checkEvent, isEventType } from "../../src/ledger/events.ts";
import type { ReportPayload } from "../../src/ledger/report-file.ts";
import { reportPage } from "../../src/reports/page.ts";
import { summaryHolds } from "../../src/reports/report.ts";
import { summarise } from "../../src/reports/summary.ts";

const folder = "test/vectors/first-version";
const key = readFileSync(`${folder}/public.vkey`, "utf8");

function reportOf(id: string): ReportPayload {
  const { ok, report } = audit(readFileSync(`${folder}/${id}.report.json`), { key });
  if (!ok || report === undefined) throw new Error(`${id} does not verify`);
  return report;
}

const coresOf = (id: string): ReportPayload["entries"][number]["core"][] =>
  reportOf(id).entries.map(({ core }) => core);

describe("a report of version 0.1", () => {
  it.each(["R-2026-0001", "R-2026-0002", "R-2026-0003"])(
    "%s verifies, summary and all, and not with another word in the summary",
    (id) => {
      const report = reportOf(id);
      expect(summaryHolds(report)).toBe(true);
      expect(summaryHolds({ ...report, summary: { ...report.summary, sentence: "Everything is gone." } })).toBe(false);
      // neither form stands in for the other
      expect(summaryHolds({ ...report, summary: summarise(report.entries.map(({ core }) => core)) })).toBe(true);
      expect(summaryHolds({ ...report, summary: { ...report.summary, form: 2 } })).toBe(false);
    },
  );

  it("of a closed request reads today with everything in it, split where the entries say so", () => {
    const { sentence, totals, systems, decision, deadline, verification } = summarise(coresOf("R-2026-0001"));
    expect(sentence).toBe(
      "2 records erased, 1 record erased or changed as the rule says, 1 record changed, 1 record kept until 2034-12-31 at the latest; a later look found nothing else. Copies that no erasure reaches yet are listed with their dates.",
    );
    expect(totals).toMatchObject({ found: 5, deleted: 2, unsorted: 1, changed: 1, kept: 1, failed: 0 });
    expect(systems.map(({ record, found, gone }) => [record, found, gone])).toEqual([
      ["crews", 2, 2],
      ["guests", 1, 1],
      ["invoices", 2, 1],
    ]);
    expect([decision, deadline?.met, verification?.residual]).toEqual(["partial", true, 0]);
  });

  it("of a refused one, and of one that was run and not verified, too", () => {
    expect(summarise(coresOf("R-2026-0002"))).toMatchObject({
      sentence: "The request was refused; nothing was erased.",
      decision: "refused",
      state: "refused",
    });
    const { sentence, people } = summarise(coresOf("R-2026-0003"));
    expect(sentence).toBe(
      "No record of this person was found in the systems of the data map; not yet verified. No entry says that anybody confirmed the identity. The request is still open.",
    );
    expect(people.map(({ did }) => did)).toEqual([
      "request.received",
      "identity.checked",
      "decision",
      "erasure.started",
    ]);
  });

  it("has a page today, which tells what its entries tell", () => {
    const page = reportPage(reportOf("R-2026-0001"), {
      signed: { name: "R-2026-0001.report.json", sha256: "5e".repeat(32) },
    });
    for (const said of ["Erased or changed", "1 record kept until 2034-12-31", "31 December 2034", "backups (nightly)"])
      expect(page).toContain(said);
  });
});

it("every entry of that ledger still has a form that the ledger takes, as an outbox of then may hand it over", () => {
  const exported = readFileSync(`${folder}/ledger.json`);
  expect(audit(exported, { key }).ok).toBe(true);
  const { leaves }: { leaves: { core: { v: number; type: string } }[] } = JSON.parse(exported.toString());
  expect(leaves.length).toBeGreaterThan(15);
  for (const { core } of leaves) {
    const { v, type, ...rest } = core;
    expect(v).toBe(1);
    expect(() => checkEvent(type, JSON.parse(JSON.stringify(rest)))).not.toThrow();
  }
  expect(leaves.filter(({ core }) => !isEventType(core.type)).map(({ core }) => core.type)).toEqual(["refused"]);
});
