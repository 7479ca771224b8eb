import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { audit } from "../../src/ledger/audit.ts";
import { type Ledger, type NewEntry } from "../../src/ledger/ledger.ts";
import { LIMITS, reportFile, reportOf, summaryHolds } from "../../src/reports/report.ts";
import { summarise } from "../../src/reports/summary.ts";
import {
  at,
  completed,
  digestOf,
  firstTargetResult,
  folder,
  newKey,
  openIn,
  targetResult,
  wholeRequest,
} from "../ledger/entries.ts";

const request = "R-2026-0001";
const how = { request, generatedAt: new Date(at("11:00:00")), tool: "expunge@0.1.0" };

async function ledgerWith(entries: readonly NewEntry[]): Promise<Ledger> {
  const ledger = await openIn(path.join(folder(), "ledger.db"), { origin: "example.org/1", signingKey: newKey() });
  onTestFinished(async () => await ledger[Symbol.asyncDispose]());
  await ledger.append(entries);
  return ledger;
}

const summaryOf = async (entries: readonly NewEntry[]): Promise<ReturnType<typeof summarise>> => {
  const { entries: told } = await (await ledgerWith(entries)).entriesOf(request);
  return summarise(told.map(({ core }) => core));
};
const result = (id: string, more: Parameters<typeof targetResult>[1]): NewEntry => ({
  id,
  type: "target.result",
  core: targetResult(request, more),
});
const firstResult = (id: string, more: Parameters<typeof firstTargetResult>[1]): NewEntry => ({
  id,
  type: "target.result",
  core: firstTargetResult(request, more),
});

describe("a report", () => {
  const ledger = async (): Promise<Ledger> =>
    await ledgerWith([...wholeRequest("R-2026-0007"), ...wholeRequest(request)]);

  it("is one signed envelope that the audit accepts and whose summary is what its entries say", async () => {
    const from = await ledger();
    const payload = reportOf(await from.entriesOf(request), how);
    const file = reportFile(payload, (type, bytes) => from.seal(type, bytes));
    expect(Object.keys(JSON.parse(file))).toEqual(["payload", "payloadType", "signatures"]);
    expect(file.endsWith("}\n")).toBe(true);
    const { ok, report } = audit(Buffer.from(file), { key: from.vkey });
    expect(ok).toBe(true);
    expect(report).toEqual(payload);
    expect(report !== undefined && summaryHolds(report)).toBe(true);
    expect(summaryHolds({ ...payload, summary: { ...payload.summary, sentence: "Everything is gone." } })).toBe(false);
  });

  it("is the same to the byte for the same entries, time and head", async () => {
    const from = await ledger();
    const file = async (): Promise<string> =>
      reportFile(reportOf(await from.entriesOf(request), how), (type, bytes) => from.seal(type, bytes));
    expect(await file()).toBe(await file());
  });

  it("carries the request's id and never a pseudonym, a link or another request", async () => {
    const from = await ledger();
    const text = JSON.stringify(reportOf(await from.entriesOf(request), how));
    expect(text).toContain(request);
    for (const secret of [digestOf("d"), digestOf("d").slice(0, 8), "R-2026-0007", 'pseudonym"'])
      expect(text).not.toContain(secret);
    // where it would have been
    expect(Buffer.from(await from.exportAll()).toString()).toContain(digestOf("d"));
  });

  it("says in every copy what it does not show", async () =>
    expect(reportOf(await (await ledger()).entriesOf(request), how).limits).toEqual(LIMITS));

  it("of a request that the ledger does not know is refused", async () => {
    const nothing = await (await ledger()).entriesOf("R-2026-0099");
    expect(() => reportOf(nothing, how)).toThrow(expect.objectContaining({ code: "NO_SUCH_REQUEST" }));
  });
});

describe("a summary", () => {
  it("tells systems, kept records, residue, people, deadline and keys of a closed request", async () => {
    const summary = await summaryOf(wholeRequest(request));
    expect(summary.sentence).toBe(
      "1 record erased, 1 record kept until 2034-12-31 at the latest; a later look found nothing else. Copies that no erasure reaches yet are listed with their dates.",
    );
    expect(summary).toMatchObject({
      state: "closed",
      exit: 0,
      right: "erasure",
      subjects: 1,
      controller: "Harbour Reading Club",
      received: "2026-02-10",
      regime: "eu",
      keys_destroyed_at: at("10:05:00"),
    });
    expect(summary.deadline).toEqual({
      nominal: "2026-03-10",
      legal: "2026-03-10",
      extended: "2026-05-10",
      due: "2026-03-10",
      extension: null,
      ended_at: at("10:04:00"),
      ended_on: "2026-02-10",
      met: true,
    });
    expect(summary.decision).toBe("partial");
    expect(summary.approval).toEqual({
      exceptions: ["art17-3-b"],
      plan_digest: digestOf("a"),
      map_digest: digestOf("b"),
      rules_digest: digestOf("c"),
      excluded: 0,
      at: at("10:01:00"),
    });
    expect(
      summary.systems.map(({ record, status, found, matched, affected, gone, kept, verified }) => [
        record,
        status,
        found,
        matched,
        affected,
        gone,
        kept,
        verified?.result,
        verified?.at,
      ]),
    ).toEqual([
      ["customers", "deleted", 1, 1, 1, 1, 0, "pass", at("10:03:50")],
      ["invoices", "kept", 1, 0, 0, 0, 1, "pass", at("10:03:02")],
    ]);
    expect(summary.kept).toEqual([
      {
        system: "shop",
        record: "invoices",
        count: 1,
        minimised: 0,
        reason: "retention",
        until: "2034-12-31",
        law: ["DE AO §147(3)-(4)", "DE UStG §14b(1)"],
        restricted: true,
      },
    ]);
    expect(summary.residue).toEqual([{ system: "shop", mechanism: "backups", gone_by: "2026-03-17" }]);
    expect(summary.people.map(({ did }) => did)).toEqual([
      "request.received",
      "identity.verified",
      "decision",
      "erasure.started",
    ]);
  });

  it("calls a deadline missed when the request ended after its legal day, and says nothing of an open one", async () => {
    const ended = (time: string): readonly NewEntry[] => [
      ...wholeRequest(request).slice(0, 6),
      { id: "end", type: "erasure.completed", core: completed(request, { at: time }) },
    ];
    expect((await summaryOf(ended("2026-03-10T23:59:59.000Z"))).deadline?.met).toBe(true);
    expect((await summaryOf(ended("2026-03-11T00:00:00.000Z"))).deadline?.met).toBe(false);
    expect((await summaryOf(wholeRequest(request).slice(0, 6))).deadline).toMatchObject({ met: null, ended_at: null });
  });

  it("of a run that is not verified says so, and that the request is open", async () =>
    expect((await summaryOf(wholeRequest(request).slice(0, 6))).sentence).toBe(
      "1 record erased, 1 record kept until 2034-12-31 at the latest; not yet verified. The request is still open. Copies that no erasure reaches yet are listed with their dates.",
    ));

  it("of a second plan adds what both did and keeps the last word on what is left", async () => {
    const { systems, kept, sentence } = await summaryOf([
      result("1", { found: 3, matched: 2, affected: 2, gone: 2, kept: 1, status: "kept", until: "2026-06-30" }),
      result("2", { plan_digest: digestOf("e"), found: 1, already_gone: 1, status: "deleted" }),
    ]);
    expect(systems).toMatchObject([
      { found: 4, matched: 3, affected: 3, gone: 3, already_gone: 1, kept: 0, status: "deleted" },
    ]);
    expect(kept).toEqual([]);
    expect(sentence).toContain("3 records erased, 1 record gone already; not yet verified.");
  });

  it("never calls erased what may have been changed, where an entry of version 0.1 does not say", async () => {
    const said = async (more: Parameters<typeof firstTargetResult>[1]): Promise<string> =>
      (await summaryOf([firstResult("1", more)])).sentence.split(";")[0] ?? "";
    expect(await said({ status: "deleted" })).toBe("1 record erased");
    expect(await said({ operation: "anonymise", status: "anonymised" })).toBe("1 record changed");
    // a parent that a held child references is changed where its rule says erase
    expect(await said({ status: "anonymised" })).toBe("1 record changed");
    expect(await said({ status: "kept", found: 2, kept: 1, until: "2030-01-01" })).toBe(
      "1 record erased or changed as the rule says, 1 record kept until 2030-01-01 at the latest",
    );
    expect(await said({ status: "blocked", found: 2, matched: 1, affected: 0, gone: 0, blocked: 2 })).toBe(
      "2 records blocked",
    );
    expect(await said({ status: "nothing_found", found: 0, matched: 0, affected: 0, gone: 0 })).toBe(
      "No record of this person was found in the systems of the data map",
    );
  });

  it("names a residue's record without its system, once, however often it was said", async () => {
    const residue = [
      { system: "shop", record: "shop.orders", mechanism: "wal", gone_by: null },
      { system: "shop", record: "orders", mechanism: "wal", gone_by: null },
      { system: "shop", record: "shop.orders", mechanism: "backups", gone_by: null },
    ];
    expect(
      (await summaryOf([{ id: "1", type: "erasure.completed", core: completed(request, { residue }) }])).residue,
    ).toEqual([
      { system: "shop", record: "orders", mechanism: "wal", gone_by: null },
      { system: "shop", record: "orders", mechanism: "backups", gone_by: null },
    ]);
  });

  it("of a refused request says that nothing was erased", async () => {
    const { sentence, state } = await summaryOf([
      ...wholeRequest(request).slice(0, 2),
      {
        id: "r",
        type: "refused",
        core: { request, at: at("10:00:00"), by: `a_${digestOf("1")}`, state: "refused", exception: "art12-5" },
      },
    ]);
    expect([state, sentence]).toEqual(["refused", "The request was refused; nothing was erased."]);
  });

  it("leaves out what it does not know, and does not fail", async () =>
    expect(summarise([{ v: 2, type: "target.result" }, { v: 1, type: "toString" }, {}])).toMatchObject({
      systems: [],
      state: null,
      deadline: null,
    }));
});
