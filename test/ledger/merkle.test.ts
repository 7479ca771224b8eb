import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  treeOf,
  verifyConsistency,
  verifyInclusion,
} from "../../src/ledger/merkle.ts";

/** The definitions of RFC 6962 2.1, written down once more and as slow as they stand there. */
const naive = {
  half: (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1),
  root(leaves: readonly Buffer[]): Buffer {
    const [only] = leaves;
    if (only === undefined) return createHash("sha256").digest();
    if (leaves.length === 1)
      return createHash("sha256")
        .update(Buffer.concat([Buffer.of(0), only]))
        .digest();
    const k = naive.half(leaves.length);
    return createHash("sha256")
      .update(Buffer.concat([Buffer.of(1), naive.root(leaves.slice(0, k)), naive.root(leaves.slice(k))]))
      .digest();
  },
  path(m: number, leaves: readonly Buffer[]): Buffer[] {
    if (leaves.length === 1) return [];
    const k = naive.half(leaves.length);
    return m < k
      ? [...naive.path(m, leaves.slice(0, k)), naive.root(leaves.slice(k))]
      : [...naive.path(m - k, leaves.slice(k)), naive.root(leaves.slice(0, k))];
  },
  proof(m: number, leaves: readonly Buffer[], whole: boolean): Buffer[] {
    const n = leaves.length;
    if (m === n) return whole ? [] : [naive.root(leaves)];
    const k = naive.half(n);
    return m <= k
      ? [...naive.proof(m, leaves.slice(0, k), whole), naive.root(leaves.slice(k))]
      : [...naive.proof(m - k, leaves.slice(k), false), naive.root(leaves.slice(0, k))];
  },
};

const SIZES = 34;
const leaves = Array.from({ length: SIZES }, (_, index) => Buffer.from(`leaf ${index}`));
const hashes = leaves.map(leafHash);
const node = treeOf(hashes);
const at = (index: number): Buffer => hashes[index] ?? Buffer.alloc(0);

describe("the Merkle tree", () => {
  it("has the roots, paths and proofs of RFC 6962 for every size up to 34", () => {
    expect(Buffer.from(rootOf(0, node)).toString("hex")).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    for (let size = 1; size <= SIZES; size += 1) {
      const first = leaves.slice(0, size);
      expect(Buffer.from(rootOf(size, node))).toEqual(naive.root(first));
      for (let m = 0; m < size; m += 1) expect(inclusionProof(m, size, node)).toEqual(naive.path(m, first));
      for (let m = 1; m <= size; m += 1) expect(consistencyProof(m, size, node)).toEqual(naive.proof(m, first, true));
    }
  });

  it("verifies every leaf at its own place and nowhere else", () => {
    for (let size = 1; size <= 17; size += 1) {
      const root = rootOf(size, node);
      for (let index = 0; index < size; index += 1) {
        const proof = inclusionProof(index, size, node);
        for (let claimed = 0; claimed <= size; claimed += 1)
          expect(verifyInclusion({ index: claimed, size, leaf: at(index), proof, root })).toBe(claimed === index);
        expect(verifyInclusion({ index, size, leaf: at(index + 1), proof, root })).toBe(false);
        expect(verifyInclusion({ index, size, leaf: at(index), proof: [...proof, root], root })).toBe(false);
        expect(verifyInclusion({ index, size, leaf: at(index), proof: proof.slice(1), root })).toBe(proof.length === 0);
      }
    }
  });

  it("verifies every older head against a newer one, and no other head", () => {
    for (let newer = 1; newer <= 17; newer += 1) {
      for (let older = 1; older <= newer; older += 1) {
        const claim = {
          older,
          olderRoot: rootOf(older, node),
          newer,
          newerRoot: rootOf(newer, node),
          proof: consistencyProof(older, newer, node),
        };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, olderRoot: at(0), ...(older === 1 ? { olderRoot: at(1) } : {}) })).toBe(
          false,
        );
        expect(verifyConsistency({ ...claim, newerRoot: nodeHash(at(0), at(0)) })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, at(3)] })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: claim.proof.slice(0, -1) })).toBe(claim.proof.length === 0);
      }
    }
  });

  it("calls nothing consistent with an empty tree", () =>
    expect(
      verifyConsistency({ older: 0, olderRoot: rootOf(0, node), newer: 0, newerRoot: rootOf(0, node), proof: [] }),
    ).toBe(false));
});

const folder = "../shared/vectors";
const proof = z.array(z.string()).nullable();
const base64 = (text: string): Buffer => Buffer.from(text, "base64");

if (existsSync(`${folder}/merkle-inclusion.json`)) {
  describe("the vectors of transparency-dev/merkle", () => {
    it("for inclusion: 98 of 98", () => {
      const cases = z
        .record(
          z.string(),
          z.object({
            leafIdx: z.number(),
            treeSize: z.number(),
            root: z.string(),
            leafHash: z.string(),
            proof,
            wantErr: z.boolean(),
          }),
        )
        .parse(JSON.parse(readFileSync(`${folder}/merkle-inclusion.json`, "utf8")));
      expect(Object.keys(cases)).toHaveLength(98);
      for (const [name, one] of Object.entries(cases)) {
        const holds = verifyInclusion({
          index: one.leafIdx,
          size: one.treeSize,
          leaf: base64(one.leafHash),
          proof: (one.proof ?? []).map(base64),
          root: base64(one.root),
        });
        expect(holds, name).toBe(!one.wantErr);
      }
    });

    it("for consistency: 98 of 98", () => {
      const cases = z
        .record(
          z.string(),
          z.object({
            size1: z.number(),
            size2: z.number(),
            root1: z.string(),
            root2: z.string(),
            proof,
            wantErr: z.boolean(),
          }),
        )
        .parse(JSON.parse(readFileSync(`${folder}/merkle-consistency.json`, "utf8")));
      expect(Object.keys(cases)).toHaveLength(98);
      for (const [name, one] of Object.entries(cases)) {
        const holds = verifyConsistency({
          older: one.size1,
          newer: one.size2,
          olderRoot: base64(one.root1),
          newerRoot: base64(one.root2),
          proof: (one.proof ?? []).map(base64),
        });
        expect(holds, name).toBe(!one.wantErr);
      }
    });
  });
} else {
  process.stdout.write(
    `merkle.test.ts: no ${folder} here, so only the naive second implementation was compared with\n`,
  );
}
