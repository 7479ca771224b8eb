import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { audit } from "../../src/ledger/audit.ts";
import { leafOf } from "../../src/ledger/disclosed-entry.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import { leafHash, rootOf, treeOf, verifyInclusion } from "../../src/ledger/merkle.ts";
import { parseCheckpoint, parseNote } from "../../src/ledger/signed-note.ts";
import { folder, newKey, targetResult, wholeRequest } from "./entries.ts";

const origin = "example.org/erasure-ledger/1";

function fresh(): { ledger: Ledger; file: string; key: ReturnType<typeof newKey> } {
  const file = path.join(folder(), "ledger.db");
  const key = newKey();
  const ledger = openLedger(file, { origin, signingKey: key });
  onTestFinished(() => ledger[Symbol.dispose]());
  return { ledger, file, key };
}

/** Changes the file behind the ledger's back, past its triggers. */
function tamper(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  for (const trigger of db.prepare("select name from sqlite_schema where type = 'trigger'").all()) db.exec(`drop trigger "${String(trigger["name"])}"`);
  db.exec(sql);
  db.close();
}

const head = (ledger: Ledger): ReturnType<typeof parseCheckpoint> => parseCheckpoint(parseNote(ledger.checkpoint()).text);

describe("a ledger", () => {
  it("signs an empty tree when it is new", () => {
    const { ledger } = fresh();
    expect(head(ledger)).toMatchObject({ origin, size: 0 });
    expect(audit(Buffer.from(ledger.checkpoint()), { key: ledger.vkey }).ok).toBe(true);
  });

  it("appends in order, and its signed root is that of its leaves", () => {
    const { ledger } = fresh();
    expect(ledger.append(wholeRequest("R-2026-0001"))).toEqual({ size: 8 });
    expect(ledger.append(wholeRequest("R-2026-0002").slice(0, 3))).toEqual({ size: 11 });
    const { leaves } = JSON.parse(Buffer.from(ledger.exportAll()).toString());
    const hashes = leaves.map(({ leaf }: { leaf: string }) => leafHash(Buffer.from(leaf)));
    expect(head(ledger)).toEqual({ origin, size: 11, root: rootOf(11, treeOf(hashes)) });
  });

  it("takes an entry once by its id, in one call, in the next, and after opening again", () => {
    const { ledger, file, key } = fresh();
    const [first, second] = wholeRequest("R-2026-0001");
    if (first === undefined || second === undefined) throw new Error("no entries");
    expect(ledger.append([first, first, second])).toEqual({ size: 2 });
    const before = ledger.checkpoint();
    expect(ledger.append([second, first])).toEqual({ size: 2 });
    ledger[Symbol.dispose]();
    using again = openLedger(file, { origin, signingKey: key });
    expect(again.append([first])).toEqual({ size: 2 });
    expect(again.checkpoint()).toBe(before);
  });

  it("discloses a request's entries with proofs that lead to the disclosed head, and nobody else's", () => {
    const { ledger } = fresh();
    for (const id of ["R-2026-0001", "R-2026-0002", "R-2026-0003"]) ledger.append(wholeRequest(id));
    const { checkpoint, entries } = ledger.entriesOf("R-2026-0002");
    const { size, root } = parseCheckpoint(parseNote(checkpoint).text);
    expect(entries.map(({ proof }) => proof.index)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    for (const entry of entries) {
      expect(entry.core["request"]).toBe("R-2026-0002");
      expect(
        verifyInclusion({
          index: entry.proof.index,
          size,
          root,
          leaf: leafHash(Buffer.from(leafOf(entry))),
          proof: entry.proof.path.map((hash) => Buffer.from(hash, "base64")),
        }),
      ).toBe(true);
    }
    expect(JSON.stringify(entries)).not.toContain("dddd");
    expect(ledger.entriesOf("R-2026-9999").entries).toEqual([]);
    expect(ledger.exportProof("R-2026-9999")).toBeUndefined();
  });

  it("gives the same content another leaf every time, with and without a subject", () => {
    const { ledger } = fresh();
    const core = targetResult("R-2026-0001");
    ledger.append([1, 2].map((n) => ({ id: `e${n}`, type: "target.result", core })));
    const [one, two] = ledger.entriesOf("R-2026-0001").entries;
    expect(one?.core).toEqual(two?.core);
    expect(one?.core_salt).not.toBe(two?.core_salt);
    expect(one?.link_commitment).not.toBe(two?.link_commitment);
  });

  it("writes nothing of a batch of which one entry is refused, and never repeats the value", () => {
    const { ledger } = fresh();
    const [first] = wholeRequest("R-2026-0001");
    if (first === undefined) throw new Error("no entries");
    const leak = { id: "x", type: "target.result", core: targetResult("R-2026-0001", { record: "casimir@regatta.example" }) };
    expect(() => ledger.append([first, leak])).toThrow(
      expect.objectContaining({ code: "UNEXPECTED", message: "the ledger refuses an entry: target.result.record" }),
    );
    expect(ledger.size()).toBe(0);
  });

  it("keeps its file to its owner", () => {
    const { ledger, file } = fresh();
    ledger.append(wholeRequest("R-2026-0001"));
    for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o077).toBe(0);
  });

  it("goes on where a crash took the signing: the head is signed at the next look", () => {
    const { ledger, file, key } = fresh();
    ledger.append(wholeRequest("R-2026-0001"));
    ledger[Symbol.dispose]();
    tamper(file, "delete from checkpoint");
    using again = openLedger(file, { origin, signingKey: key });
    expect(head(again).size).toBe(8);
  });

  it("lets two writers append without losing or doubling one", () => {
    const { ledger, file, key } = fresh();
    using other = openLedger(file, { origin, signingKey: key });
    ledger.append(wholeRequest("R-2026-0001"));
    other.append(wholeRequest("R-2026-0002"));
    ledger.append(wholeRequest("R-2026-0002"));
    expect([ledger.size(), other.size()]).toEqual([16, 16]);
    expect(ledger.checkpoint()).toBe(other.checkpoint());
    expect(audit(other.exportAll(), { key: other.vkey }).ok).toBe(true);
  });
});

describe("a ledger refuses to open", () => {
  const refusal = expect.objectContaining({ code: "STATE_UNREADABLE" });

  it("what is no database, another database, or another ledger's", () => {
    const { ledger, file, key } = fresh();
    ledger.append(wholeRequest("R-2026-0001"));
    ledger[Symbol.dispose]();
    expect(() => openLedger(file, { origin: "example.org/other", signingKey: key })).toThrow(refusal);
    expect(() => openLedger(file, { origin, signingKey: newKey() })).toThrow(refusal);
    const dir = folder();
    writeFileSync(path.join(dir, "text.db"), "no database at all, but long enough to look like one".repeat(100));
    expect(() => openLedger(path.join(dir, "text.db"), { origin, signingKey: key })).toThrow(refusal);
    tamper(path.join(dir, "other.db"), "create table people (name text)");
    expect(() => openLedger(path.join(dir, "other.db"), { origin, signingKey: key })).toThrow(refusal);
    tamper(path.join(dir, "newer.db"), "pragma application_id = 1162634343; pragma user_version = 2");
    expect(() => openLedger(path.join(dir, "newer.db"), { origin, signingKey: key })).toThrow(refusal);
  });

  for (const [what, sql] of [
    ["leaves that were signed for", "delete from leaf where idx > 5"],
    ["a node that was signed for", "update node set hash = zeroblob(32) where level = 3"],
    ["the text of its head", "update checkpoint set note = replace(note, char(10) || '8' || char(10), char(10) || '9' || char(10))"],
    ["the head altogether, against one of more entries", "update checkpoint set size = 9"],
  ] as const) {
    it(`when somebody changed ${what}`, () => {
      const { ledger, file, key } = fresh();
      ledger.append(wholeRequest("R-2026-0001"));
      ledger[Symbol.dispose]();
      tamper(file, sql);
      expect(() => openLedger(file, { origin, signingKey: key })).toThrow(refusal);
    });
  }

  it("a file of which a page was overwritten, at the latest when that page is read", () => {
    const { ledger, file, key } = fresh();
    for (let n = 1; n <= 30; n += 1) ledger.append(wholeRequest(`R-2026-${String(n).padStart(4, "0")}`));
    ledger[Symbol.dispose]();
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 4096 * 3, 4096 * 12);
    writeFileSync(file, bytes);
    expect(() => {
      using again = openLedger(file, { origin, signingKey: key });
      again.exportAll();
    }).toThrow(refusal);
  });
});

describe("the file's own guards", () => {
  it("refuse to delete or change a leaf, even for our own statements", () => {
    const { ledger, file } = fresh();
    ledger.append(wholeRequest("R-2026-0001"));
    const db = new DatabaseSync(file);
    onTestFinished(() => db.close());
    expect(() => db.exec("delete from leaf where idx = 1")).toThrow("never deleted");
    expect(() => db.exec("update leaf set leaf = 'x' where idx = 1")).toThrow("never change");
    expect(() => db.exec("delete from checkpoint")).toThrow("never deleted");
  });

  it("let a content expire, and every proof still holds", () => {
    const { ledger, file } = fresh();
    ledger.append(wholeRequest("R-2026-0001"));
    const db = new DatabaseSync(file);
    onTestFinished(() => db.close());
    db.exec("update leaf set core = null, core_salt = null, request = null, link = null, link_salt = null where idx < 4");
    const result = audit(ledger.exportAll(), { key: ledger.vkey });
    expect(result).toMatchObject({ ok: true, warnings: ["4 of 8 entries have no content any more: ask which expiry took it"] });
    expect(ledger.entriesOf("R-2026-0001").entries).toHaveLength(4);
  });
});
