import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { audit } from "../../src/ledger/audit.ts";
import { leafOf } from "../../src/ledger/disclosed-entry.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { leafHash, rootOf, treeOf, verifyInclusion } from "../../src/ledger/merkle.ts";
import { parseCheckpoint, parseNote } from "../../src/ledger/signed-note.ts";
import { folder, newKey, openIn, targetResult, wholeRequest } from "./entries.ts";

const origin = "example.org/erasure-ledger/1";

async function fresh(): Promise<{ ledger: Ledger; file: string; key: ReturnType<typeof newKey> }> {
  const file = path.join(folder(), "ledger.db");
  const key = newKey();
  const ledger = await openIn(file, { origin, signingKey: key });
  onTestFinished(async () => await ledger[Symbol.asyncDispose]());
  return { ledger, file, key };
}

/** Changes the file behind the ledger's back, past its triggers. */
function tamper(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  for (const trigger of db.prepare("select name from sqlite_schema where type = 'trigger'").all())
    db.exec(`drop trigger "${String(trigger["name"])}"`);
  db.exec(sql);
  db.close();
}

const head = async (ledger: Ledger): Promise<ReturnType<typeof parseCheckpoint>> =>
  parseCheckpoint(parseNote(await ledger.checkpoint()).text);

describe("a ledger", () => {
  it("signs an empty tree when it is new", async () => {
    const { ledger } = await fresh();
    expect(await head(ledger)).toMatchObject({ origin, size: 0 });
    expect(audit(Buffer.from(await ledger.checkpoint()), { key: ledger.vkey }).ok).toBe(true);
  });

  it("appends in order, and its signed root is that of its leaves", async () => {
    const { ledger } = await fresh();
    expect(await ledger.append(wholeRequest("R-2026-0001"))).toMatchObject({ size: 8 });
    expect(await ledger.append(wholeRequest("R-2026-0002").slice(0, 3))).toMatchObject({ size: 11 });
    const { leaves } = JSON.parse(Buffer.from(await ledger.exportAll()).toString());
    const hashes = leaves.map(({ leaf }: { leaf: string }) => leafHash(Buffer.from(leaf)));
    expect(await head(ledger)).toEqual({ origin, size: 11, root: rootOf(11, treeOf(hashes)) });
  });

  it("takes an entry once by its id, in one call, in the next, and after opening again", async () => {
    const { ledger, file, key } = await fresh();
    const [first, second] = wholeRequest("R-2026-0001");
    if (first === undefined || second === undefined) throw new Error("no entries");
    expect(await ledger.append([first, first, second])).toMatchObject({ size: 2 });
    const before = await ledger.checkpoint();
    expect(await ledger.append([second, first])).toMatchObject({ size: 2 });
    await ledger[Symbol.asyncDispose]();
    await using again = await openIn(file, { origin, signingKey: key });
    expect(await again.append([first])).toMatchObject({ size: 2 });
    expect(await again.checkpoint()).toBe(before);
  });

  it("discloses a request's entries with proofs that lead to the disclosed head, and nobody else's", async () => {
    const { ledger } = await fresh();
    for (const id of ["R-2026-0001", "R-2026-0002", "R-2026-0003"]) await ledger.append(wholeRequest(id));
    const { checkpoint, entries } = await ledger.entriesOf("R-2026-0002");
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
    expect((await ledger.entriesOf("R-2026-9999")).entries).toEqual([]);
    expect(await ledger.exportProof("R-2026-9999")).toBeUndefined();
  });

  it("gives the same content another leaf every time, with and without a subject", async () => {
    const { ledger } = await fresh();
    const core = targetResult("R-2026-0001");
    await ledger.append([1, 2].map((n) => ({ id: `e${n}`, type: "target.result", core })));
    const [one, two] = (await ledger.entriesOf("R-2026-0001")).entries;
    expect(one?.core).toEqual(two?.core);
    expect(one?.core_salt).not.toBe(two?.core_salt);
    expect(one?.link_commitment).not.toBe(two?.link_commitment);
  });

  it("writes nothing of a batch of which one entry is refused, and never repeats the value", async () => {
    const { ledger } = await fresh();
    const [first] = wholeRequest("R-2026-0001");
    if (first === undefined) throw new Error("no entries");
    const leak = {
      id: "x",
      type: "target.result",
      core: targetResult("R-2026-0001", { record: "casimir@regatta.example" }),
    };
    await expect(ledger.append([first, leak])).rejects.toThrow(
      expect.objectContaining({ code: "UNEXPECTED", message: "the ledger refuses an entry: target.result.record" }),
    );
    expect(await ledger.size()).toBe(0);
  });

  it("keeps its file to its owner", async () => {
    const { ledger, file } = await fresh();
    await ledger.append(wholeRequest("R-2026-0001"));
    for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o077).toBe(0);
  });

  it("goes on where a crash took the signing: the head is signed at the next look", async () => {
    const { ledger, file, key } = await fresh();
    await ledger.append(wholeRequest("R-2026-0001"));
    await ledger[Symbol.asyncDispose]();
    tamper(file, "delete from checkpoint");
    await using again = await openIn(file, { origin, signingKey: key });
    expect((await head(again)).size).toBe(8);
  });

  it("lets two writers append without losing or doubling one", async () => {
    const { ledger, file, key } = await fresh();
    await using other = await openIn(file, { origin, signingKey: key });
    await ledger.append(wholeRequest("R-2026-0001"));
    await other.append(wholeRequest("R-2026-0002"));
    await ledger.append(wholeRequest("R-2026-0002"));
    expect([await ledger.size(), await other.size()]).toEqual([16, 16]);
    expect(await ledger.checkpoint()).toBe(await other.checkpoint());
    expect(audit(await other.exportAll(), { key: other.vkey }).ok).toBe(true);
  });
});

describe("a ledger refuses to open", () => {
  const refusal = expect.objectContaining({ code: "STATE_UNREADABLE" });

  it("what is no database, another database, or another ledger's", async () => {
    const { ledger, file, key } = await fresh();
    await ledger.append(wholeRequest("R-2026-0001"));
    await ledger[Symbol.asyncDispose]();
    await expect(openIn(file, { origin: "example.org/other", signingKey: key })).rejects.toThrow(refusal);
    await expect(openIn(file, { origin, signingKey: newKey() })).rejects.toThrow(refusal);
    const dir = folder();
    writeFileSync(path.join(dir, "text.db"), "no database at all, but long enough to look like one".repeat(100));
    await expect(openIn(path.join(dir, "text.db"), { origin, signingKey: key })).rejects.toThrow(refusal);
    tamper(path.join(dir, "other.db"), "create table people (name text)");
    await expect(openIn(path.join(dir, "other.db"), { origin, signingKey: key })).rejects.toThrow(refusal);
    tamper(path.join(dir, "newer.db"), "pragma application_id = 1162634343; pragma user_version = 2");
    await expect(openIn(path.join(dir, "newer.db"), { origin, signingKey: key })).rejects.toThrow(refusal);
  });

  for (const [what, sql] of [
    ["leaves that were signed for", "delete from leaf where idx > 5"],
    ["a node that was signed for", "update node set hash = zeroblob(32) where level = 3"],
    [
      "the text of its head",
      "update checkpoint set note = replace(note, char(10) || '8' || char(10), char(10) || '9' || char(10))",
    ],
    ["the head altogether, against one of more entries", "update checkpoint set size = 9"],
  ] as const) {
    it(`when somebody changed ${what}`, async () => {
      const { ledger, file, key } = await fresh();
      await ledger.append(wholeRequest("R-2026-0001"));
      await ledger[Symbol.asyncDispose]();
      tamper(file, sql);
      await expect(openIn(file, { origin, signingKey: key })).rejects.toThrow(refusal);
    });
  }

  it("a file of which a page was overwritten, at the latest when that page is read", async () => {
    const { ledger, file, key } = await fresh();
    for (let n = 1; n <= 30; n += 1) await ledger.append(wholeRequest(`R-2026-${String(n).padStart(4, "0")}`));
    await ledger[Symbol.asyncDispose]();
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 4096 * 3, 4096 * 12);
    writeFileSync(file, bytes);
    const reading = async (): Promise<Uint8Array> => {
      await using again = await openIn(file, { origin, signingKey: key });
      return await again.exportAll();
    };
    await expect(reading()).rejects.toThrow(refusal);
  });
});

describe("the file's own guards", () => {
  it("refuse to delete or change a leaf, even for our own statements", async () => {
    const { ledger, file } = await fresh();
    await ledger.append(wholeRequest("R-2026-0001"));
    const db = new DatabaseSync(file);
    onTestFinished(() => db.close());
    expect(() => db.exec("delete from leaf where idx = 1")).toThrow("never deleted");
    expect(() => db.exec("update leaf set leaf = 'x' where idx = 1")).toThrow("never change");
    expect(() => db.exec("delete from checkpoint")).toThrow("never deleted");
  });

  it("let a content expire, and every proof still holds", async () => {
    const { ledger, file } = await fresh();
    await ledger.append(wholeRequest("R-2026-0001"));
    const db = new DatabaseSync(file);
    onTestFinished(() => db.close());
    db.exec(
      "update leaf set core = null, core_salt = null, request = null, link = null, link_salt = null where idx < 4",
    );
    const result = audit(await ledger.exportAll(), { key: ledger.vkey });
    expect(result).toMatchObject({
      ok: true,
      warnings: ["4 of 8 entries have no content any more: ask which expiry took it"],
    });
    expect((await ledger.entriesOf("R-2026-0001")).entries).toHaveLength(4);
  });
});

describe("a ledger gives out nothing that its own check would refuse, and nothing less than all", () => {
  const damaged = expect.objectContaining({ code: "STATE_UNREADABLE" });
  /** Entries 4 and 5 are results of the request. */
  const harm = {
    "an entry is filed under no request": "update leaf set request = null where idx = 5",
    "an entry is filed under another request": "update leaf set request = 'R-2026-0002' where idx = 5",
    "an entry is filed and named as another's":
      "update leaf set request = 'R-2026-0002', id = 'R-2026-0002/x' where idx = 5",
    "an entry is filed and named as nobody's": "update leaf set request = 'R-2025-0009', id = 'x' where idx = 5",
    "an entry is another's in all but its leaf":
      "update leaf set request = 'R-2026-0002', id = 'y', core = (select core from leaf where idx = 13), core_salt = (select core_salt from leaf where idx = 13) where idx = 5",
    "a content says something else": `update leaf set core = replace(core, '"gone":1', '"gone":0') where idx = 4`,
    "a salt is another": "update leaf set core_salt = zeroblob(32) where idx = 5",
    "a leaf is gone": "delete from leaf where idx = 5",
    "a leaf is another": "update leaf set leaf = (select leaf from leaf where idx = 4) where idx = 5",
  };

  for (const [what, sql] of Object.entries(harm)) {
    it(`where ${what}`, async () => {
      const { ledger, file } = await fresh();
      await ledger.append(wholeRequest("R-2026-0001"));
      await ledger.append(wholeRequest("R-2026-0002"));
      expect((await ledger.entriesOf("R-2026-0001")).entries).toHaveLength(8);
      tamper(file, sql);
      await expect(ledger.entriesOf("R-2026-0001")).rejects.toThrow(damaged);
      await expect(ledger.exportProof("R-2026-0001")).rejects.toThrow(damaged);
      await expect(ledger.exportAll()).rejects.toThrow(damaged);
    });
  }

  it("says how many entries have expired", async () => {
    const { ledger, file } = await fresh();
    await ledger.append(wholeRequest("R-2026-0001").map((one, at) => ({ ...one, id: `R-2026-0001/${at}` })));
    await ledger.append(wholeRequest("R-2026-0002"));
    expect(await ledger.entriesOf("R-2026-0001")).toMatchObject({ expired: { own: 0, others: 0 } });
    tamper(
      file,
      "update leaf set core = null, core_salt = null, request = null, link = null, link_salt = null where idx between 3 and 4",
    );
    const { entries, expired } = await ledger.entriesOf("R-2026-0001");
    expect([entries.length, expired, await ledger.expired()]).toEqual([6, { own: 2, others: 0 }, 2]);
    // under another id it is nobody's, and told of all the same
    tamper(file, "update leaf set id = 'x' where idx = 3");
    expect(await ledger.entriesOf("R-2026-0001")).toMatchObject({ expired: { own: 1, others: 1 } });
  });

  it("knows its entries by their ids", async () => {
    const { ledger } = await fresh();
    const [first] = wholeRequest("R-2026-0001");
    if (first === undefined) throw new Error("no entries");
    await ledger.append([first]);
    expect([await ledger.has(first.id), await ledger.has("R-2026-0001/decision")]).toEqual([true, false]);
  });
});
