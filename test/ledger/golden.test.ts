import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { toBase64 } from "../../src/ledger/base64.ts";
import { commit, leafText, parseLeaf } from "../../src/ledger/commitment.ts";
import { leafHash, rootOf, treeOf } from "../../src/ledger/merkle.ts";
import { epochKey, pseudonym, shownPseudonym } from "../../src/ledger/pseudonym.ts";
import { checkpointText, isSignedBy, parseCheckpoint, parseNote, signNote } from "../../src/ledger/signed-note.ts";
import { parseVerifierKey, verifierKeyOf } from "../../src/ledger/verifier-key.ts";

const content = z.record(z.string(), z.union([z.string(), z.number()]));
const golden = z
  .object({
    seed_hex: z.string(),
    origin: z.string(),
    type: z.string(),
    core: content,
    core_salt_hex: z.string(),
    pseudonym_key_hex: z.string(),
    pseudonym_input: z.string(),
    pseudonym_hex: z.string(),
    link: content,
    link_salt_hex: z.string(),
    core_commitment_hex: z.string(),
    link_commitment_hex: z.string(),
    leaf_hash_hex: z.string(),
    vkey: z.string(),
    signature_line_base64: z.string(),
  })
  .parse(JSON.parse(readFileSync("test/vectors/ledger-golden.json", "utf8")));

const hex = (text: string): Buffer => Buffer.from(text, "hex");
// RFC 8410: the fixed head of a PKCS #8 Ed25519 key, then the seed
const signingKey = createPrivateKey({
  key: Buffer.concat([hex("302e020100300506032b657004220420"), hex(golden.seed_hex)]),
  format: "der",
  type: "pkcs8",
});
const core = commit("core", hex(golden.core_salt_hex), golden.core);
const link = commit("link", hex(golden.link_salt_hex), golden.link);
const leaf = leafHash(Buffer.from(leafText({ type: golden.type, core, link })));

describe("the golden entry, to the last byte", () => {
  it("has its pseudonym, whose input names the identity", () => {
    const [, identity = "", value = ""] = golden.pseudonym_input.split("\n");
    expect(pseudonym(hex(golden.pseudonym_key_hex), identity, value)).toBe(golden.pseudonym_hex);
    expect(shownPseudonym(golden.pseudonym_hex)).toBe("s_dc8e5a03");
  });

  it("has its two commitments", () => {
    expect(core.toString("hex")).toBe(golden.core_commitment_hex);
    expect(link.toString("hex")).toBe(golden.link_commitment_hex);
  });

  it("has its leaf hash, which is the root of a tree of one", () => {
    expect(leaf.toString("hex")).toBe(golden.leaf_hash_hex);
    expect(Buffer.from(rootOf(1, treeOf([leaf]))).toString("hex")).toBe(golden.leaf_hash_hex);
  });

  it("has its key and its signature line", () => {
    const verifier = verifierKeyOf(golden.origin, signingKey);
    expect(verifier.text).toBe(golden.vkey);
    const note = signNote(checkpointText({ origin: golden.origin, size: 1, root: leaf }), signingKey, verifier);
    expect(note).toBe(
      `${golden.origin}\n1\n${toBase64(leaf)}\n\n\u2014 ${golden.origin} ${golden.signature_line_base64}\n`,
    );
    expect(isSignedBy(parseNote(note), parseVerifierKey(golden.vkey))).toBe(true);
    expect(parseCheckpoint(parseNote(note).text)).toEqual({ origin: golden.origin, size: 1, root: leaf });
  });
});

describe("commitments", () => {
  it("refuse a salt of 31 bytes, which HMAC would take for the one with a zero more", () => {
    expect(() => commit("core", new Uint8Array(31), golden.core)).toThrow("32 bytes");
    expect(() => commit("core", new Uint8Array(33), golden.core)).toThrow("32 bytes");
  });

  it("differ between core and link of the same content and salt", () =>
    expect(commit("core", hex(golden.core_salt_hex), golden.core)).not.toEqual(
      commit("link", hex(golden.core_salt_hex), golden.core),
    ));

  it("stand in a leaf that is read back, and in no other text", () => {
    const text = leafText({ type: golden.type, core, link });
    expect(parseLeaf(text)).toEqual({ type: golden.type, core, link });
    for (const wrong of [
      text.slice(0, -1),
      `${text}\n`,
      text.replace("v1", "v2"),
      text.replace("erasure.completed", "Erasure"),
      text.replace("=", ""),
    ])
      expect(() => parseLeaf(wrong)).toThrow("malformed");
  });
});

describe("epoch keys", () => {
  const master = new Uint8Array(32).fill(9);
  it("differ by epoch and by ledger, and are the same every time", () => {
    const key = Buffer.from(epochKey(master, 1, "example.org/a")).toString("hex");
    expect(Buffer.from(epochKey(master, 1, "example.org/a")).toString("hex")).toBe(key);
    expect(Buffer.from(epochKey(master, 2, "example.org/a")).toString("hex")).not.toBe(key);
    expect(Buffer.from(epochKey(master, 1, "example.org/b")).toString("hex")).not.toBe(key);
    expect(key).toHaveLength(64);
  });
});
