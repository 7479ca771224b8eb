import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { audit } from "../../src/ledger/audit.ts";
import { jcs } from "../../src/ledger/jcs.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { leafHash, rootOf, treeOf } from "../../src/ledger/merkle.ts";
import { checkpointText, signNote } from "../../src/ledger/signed-note.ts";
import { verifierKeyOf } from "../../src/ledger/verifier-key.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { reportFile, reportOf } from "../../src/reports/report.ts";
import { at, folder, newKey, openIn, wholeRequest } from "./entries.ts";

const origin = "example.org/erasure-ledger/1";
const key = newKey();

async function ledgerWith(...requests: readonly string[]): Promise<Ledger> {
  const ledger = await openIn(path.join(folder(), "ledger.db"), { origin, signingKey: key });
  onTestFinished(async () => await ledger[Symbol.asyncDispose]());
  for (const request of requests) await ledger.append(wholeRequest(request));
  return ledger;
}

/** One entry with a link, one that kept something, one that ended it: every member that a file can have, in little. */
async function smallLedger(): Promise<Ledger> {
  const ledger = await ledgerWith();
  await ledger.append([0, 5, 6].flatMap((at) => wholeRequest("R-2026-0001").slice(at, at + 1)));
  return ledger;
}

async function reportFrom(ledger: Ledger, request: string): Promise<Buffer> {
  const payload = reportOf(await ledger.entriesOf(request), {
    request,
    generatedAt: new Date(at("11:00:00")),
    tool: "expunge@0.1.0",
  });
  return Buffer.from(reportFile(payload, (type, bytes) => ledger.seal(type, bytes)));
}

async function proofFrom(ledger: Ledger, request: string): Promise<Buffer> {
  return Buffer.from((await ledger.exportProof(request)) ?? "");
}

const failed = (result: ReturnType<typeof audit>): readonly string[] =>
  result.checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.detail.split(" ")[0] ?? ""}`);

/** Positions of bytes of which a flip was not noticed. One bit a byte, another one at each place. */
function unnoticed(file: Buffer, vkey: string): readonly number[] {
  const passed: number[] = [];
  const copy = Buffer.from(file);
  for (let index = 0; index < file.length; index += 1) {
    copy[index] = (file[index] ?? 0) ^ (1 << (index % 8));
    if (audit(copy, { key: vkey }).ok) passed.push(index);
    copy[index] = file[index] ?? 0;
  }
  return passed;
}

/** The file with the parsed export changed and written canonically again. */
function edited(
  file: Uint8Array,
  change: (parsed: { checkpoint: string; leaves: Record<string, JsonObject | string>[] }) => void,
): Buffer {
  const parsed = JSON.parse(Buffer.from(file).toString());
  change(parsed);
  return Buffer.from(jcs(parsed));
}

describe("an audit", () => {
  it("holds for a report, an export, a proof and a head as they are, with a named check each", async () => {
    const ledger = await ledgerWith("R-2026-0001", "R-2026-0002", "R-2026-0003");
    const names = (file: Uint8Array): readonly string[] => {
      const result = audit(file, { key: `${ledger.vkey}\n` });
      expect(failed(result)).toEqual([]);
      expect(result.ok).toBe(true);
      return result.checks.map((check) => check.name);
    };
    expect(names(await reportFrom(ledger, "R-2026-0002"))).toEqual([
      "key",
      "signature",
      "form",
      "checkpoint",
      "inclusion",
      "entries",
    ]);
    expect(names(await ledger.exportAll())).toEqual(["key", "form", "checkpoint", "size", "root", "core", "link"]);
    expect(names(await proofFrom(ledger, "R-2026-0002"))).toEqual(["key", "form", "checkpoint", "inclusion"]);
    expect(names(Buffer.from(await ledger.checkpoint()))).toEqual(["key", "form", "checkpoint"]);
  });

  it("never holds without a key, with a malformed one, or with another ledger's", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    for (const file of [
      await reportFrom(ledger, "R-2026-0001"),
      await ledger.exportAll(),
      await proofFrom(ledger, "R-2026-0001"),
      Buffer.from(await ledger.checkpoint()),
    ]) {
      expect(failed(audit(file, {}))).toEqual(["key: no"]);
      expect(audit(file, { key: "" }).ok).toBe(false);
      expect(audit(file, { key: ledger.vkey.replace("+", "-") }).ok).toBe(false);
      expect(failed(audit(file, { key: verifierKeyOf(origin, newKey()).text })).join()).toContain("SIGNATURE:");
      expect(audit(file, { key: verifierKeyOf("example.org/other", key).text }).ok).toBe(false);
    }
  });

  it("says what is wrong with any other file, and never throws", async () => {
    const { vkey } = await ledgerWith();
    for (const file of [
      "",
      "\n",
      "{}",
      "{}\n",
      "[]",
      "null\n",
      '{"checkpoint":1,"leaves":[]}',
      '{"checkpoint":"","leaves":[]}',
      "c2sp.org/tlog-proof@v1\n",
      "hello\n\nworld\n",
      "PK\u0003\u0004",
      '{"payload":"","payloadType":"x","signatures":[]}\n',
    ]) {
      const result = audit(Buffer.from(file), { key: vkey });
      expect(result.ok).toBe(false);
      expect(failed(result).length).toBeGreaterThan(0);
    }
    expect(audit(Buffer.of(0xff, 0xfe, 0x00), { key: vkey }).ok).toBe(false);
  });
});

describe("one flipped bit is noticed", () => {
  it("at every byte of a report, but in the keyid, which is a hint", async () => {
    const ledger = await smallLedger();
    const report = await reportFrom(ledger, "R-2026-0001");
    const start = report.indexOf('"keyid":"') + '"keyid":"'.length;
    const end = report.indexOf('"', start);
    const passed = unnoticed(report, ledger.vkey);
    expect(passed.filter((index) => index < start || index >= end)).toEqual([]);
    expect(passed.length).toBeGreaterThan(10);
  });

  it("at every byte of a ledger export", async () => {
    const ledger = await smallLedger();
    expect(unnoticed(Buffer.from(await ledger.exportAll()), ledger.vkey)).toEqual([]);
  });

  it("at every byte of a tlog-proof, its extra line too: the leaf is made from it", async () => {
    const ledger = await smallLedger();
    expect(unnoticed(await proofFrom(ledger, "R-2026-0001"), ledger.vkey)).toEqual([]);
  });

  it("at every byte of a head", async () => {
    const ledger = await smallLedger();
    expect(unnoticed(Buffer.from(await ledger.checkpoint()), ledger.vkey)).toEqual([]);
  });

  it("and so is every file that ends early", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    for (const file of [
      await reportFrom(ledger, "R-2026-0001"),
      Buffer.from(await ledger.exportAll()),
      await proofFrom(ledger, "R-2026-0001"),
      Buffer.from(await ledger.checkpoint()),
    ]) {
      for (let length = 0; length < file.length; length += 7)
        expect(audit(file.subarray(0, length), { key: ledger.vkey }).ok).toBe(false);
      expect(audit(Buffer.concat([file, Buffer.from("\n")]), { key: ledger.vkey }).ok).toBe(false);
    }
  });
});

describe("a ledger export that somebody wrote anew in its canonical form", () => {
  const cases: readonly (readonly [
    string,
    (leaves: Record<string, JsonObject | string>[]) => void,
    readonly string[],
  ])[] = [
    [
      "with another content",
      (leaves) => Object.assign(leaves[4]?.["core"] ?? {}, { status: "anonymised" }),
      ["core: CORE:"],
    ],
    ["with another pseudonym", (leaves) => Object.assign(leaves[0]?.["link"] ?? {}, { epoch: 2 }), ["link: LINK:"]],
    [
      "with two leaves in each other's place",
      (leaves) => leaves.splice(2, 2, ...leaves.slice(2, 4).toReversed()),
      ["root: ROOT:"],
    ],
    ["without its last leaves", (leaves) => leaves.splice(6), ["size: SIZE:", "root: ROOT:"]],
    [
      "with the content of another leaf of another type",
      (leaves) => Object.assign(leaves[3] ?? {}, { core: leaves[2]?.["core"], core_salt: leaves[2]?.["core_salt"] }),
      ["core: CORE:"],
    ],
    ["with a salt but no content", (leaves) => delete leaves[3]?.["core"], ["form: a"]],
  ];
  for (const [what, change, wrong] of cases) {
    it(`${what} fails`, async () => {
      const ledger = await ledgerWith("R-2026-0001");
      expect(
        failed(
          audit(
            edited(await ledger.exportAll(), ({ leaves }) => change(leaves)),
            { key: ledger.vkey },
          ),
        ),
      ).toEqual(wrong);
    });
  }

  it("without a content holds, with a warning", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    const file = edited(await ledger.exportAll(), ({ leaves }) => {
      delete leaves[4]?.["core"];
      delete leaves[4]?.["core_salt"];
    });
    expect(audit(file, { key: ledger.vkey })).toMatchObject({
      ok: true,
      warnings: ["1 of 8 entries have no content any more: ask which expiry took it"],
    });
  });
});

describe("what a public key alone does not show, a head that was kept does", () => {
  it("a ledger rolled back to an older file verifies alone, and is a ROLLBACK against a newer head", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    const older = await ledger.exportAll();
    await ledger.append(wholeRequest("R-2026-0002"));
    const known = [{ name: "kept.txt", bytes: Buffer.from(await ledger.checkpoint()) }];
    expect(audit(older, { key: ledger.vkey }).ok).toBe(true);
    expect(failed(audit(older, { key: ledger.vkey, known }))).toEqual(["known kept.txt: ROLLBACK:"]);
  });

  it("a ledger written anew by whoever holds the key verifies alone, and is a FORK against any head", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    const known = [{ name: "kept.txt", bytes: Buffer.from(await ledger.checkpoint()) }];
    const forged = await ledgerWith("R-2026-0001", "R-2026-0002");
    expect(audit(await forged.exportAll(), { key: ledger.vkey }).ok).toBe(true);
    expect(failed(audit(await forged.exportAll(), { key: ledger.vkey, known }))).toEqual(["known kept.txt: FORK:"]);
  });

  it("every older head, from whatever file, is a prefix of an honest ledger", async () => {
    const ledger = await ledgerWith();
    const known: { readonly name: string; readonly bytes: Uint8Array }[] = [];
    for (const request of ["R-2026-0001", "R-2026-0002", "R-2026-0003"]) {
      const before = { name: `before ${request}`, bytes: Buffer.from(await ledger.checkpoint()) };
      await ledger.append(wholeRequest(request));
      known.push(
        before,
        { name: `report ${request}`, bytes: await reportFrom(ledger, request) },
        { name: `proof ${request}`, bytes: await proofFrom(ledger, request) },
        { name: `export ${request}`, bytes: await ledger.exportAll() },
      );
    }
    const result = audit(await ledger.exportAll(), { key: ledger.vkey, known });
    expect(failed(result)).toEqual([]);
    expect(result.checks).toHaveLength(7 + 12);
  });

  it("a report shows a fork only at equal size; a newer head is a warning", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    const report = await reportFrom(ledger, "R-2026-0001");
    const root = leafHash(Buffer.from("another history"));
    const head = (size: number): Buffer =>
      Buffer.from(signNote(checkpointText({ origin, size, root }), key, verifierKeyOf(origin, key)));
    const against = (size: number): ReturnType<typeof audit> =>
      audit(report, { key: ledger.vkey, known: [{ name: "k", bytes: head(size) }] });
    expect(failed(against(8))).toEqual(["known k: FORK:"]);
    expect(against(7)).toMatchObject({ ok: true, warnings: [] });
    expect(against(9)).toMatchObject({
      ok: true,
      warnings: ["known k is newer (9 entries, here 8): this is not the latest state of the ledger"],
    });
  });

  it("a known head of another key or ledger, or one that is no head, is no help and fails", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    const other = newKey();
    const size0 = { origin, size: 0, root: rootOf(0, treeOf([])) };
    for (const bytes of [
      signNote(checkpointText(size0), other, verifierKeyOf(origin, other)),
      signNote(checkpointText({ ...size0, origin: "example.org/x" }), key, verifierKeyOf(origin, key)),
      "no head",
      "",
    ]) {
      expect(
        audit(await ledger.exportAll(), { key: ledger.vkey, known: [{ name: "k", bytes: Buffer.from(bytes) }] }).ok,
      ).toBe(false);
    }
  });
});

describe("a report that was signed with the right key but tells of other entries", () => {
  it("of another request, of none, or of one entry twice, does not hold", async () => {
    const ledger = await ledgerWith("R-2026-0001", "R-2026-0002");
    const honest = reportOf(await ledger.entriesOf("R-2026-0001"), {
      request: "R-2026-0001",
      generatedAt: new Date(at("11:00:00")),
      tool: "expunge@0.1.0",
    });
    const judged = (changes: Partial<typeof honest>): readonly string[] =>
      failed(
        audit(Buffer.from(reportFile({ ...honest, ...changes }, (type, bytes) => ledger.seal(type, bytes))), {
          key: ledger.vkey,
        }),
      );
    expect(judged({})).toEqual([]);
    expect(judged({ request: "R-2026-0002" })).toEqual(["entries: REQUEST:"]);
    expect(judged({ entries: [] })).toEqual(["entries: REQUEST:"]);
    expect(judged({ entries: honest.entries.toSpliced(1, 0, ...honest.entries.slice(0, 1)) })).toEqual([
      "entries: REQUEST:",
    ]);
    expect(
      judged({ entries: honest.entries.map((entry) => ({ ...entry, core: { ...entry.core, exit: 0 } })) }),
    ).toEqual(["inclusion: INCLUSION:"]);
    expect(
      judged({
        entries: honest.entries.map((entry) => ({ ...entry, proof: { ...entry.proof, index: entry.proof.index + 1 } })),
      }),
    ).toEqual(["inclusion: INCLUSION:"]);
  });

  it("is refused as another type of payload", async () => {
    const ledger = await ledgerWith("R-2026-0001");
    const honest = reportOf(await ledger.entriesOf("R-2026-0001"), {
      request: "R-2026-0001",
      generatedAt: new Date(at("11:00:00")),
      tool: "expunge@0.1.0",
    });
    expect(
      failed(audit(Buffer.from(ledger.seal("application/json", Buffer.from(jcs(honest)))), { key: ledger.vkey })),
    ).toEqual(["form: the"]);
  });
});

describe("what was not looked at", () => {
  it("a page is told as a page, with or without a key", async () => {
    const { vkey } = await ledgerWith();
    for (const page of ["<!doctype html>\n<html lang=en>", "\n<HTML>"])
      for (const how of [{}, { key: vkey }])
        expect(audit(Buffer.from(page), how).checks).toContainEqual({
          name: "form",
          ok: false,
          detail: "this is a page to read, and nothing of it is signed: check the JSON file beside it",
        });
  });
});
