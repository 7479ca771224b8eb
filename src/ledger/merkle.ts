/** The Merkle tree of RFC 6962: roots, inclusion and consistency proofs, and how they are checked. */
import { createHash } from "node:crypto";

/**
 * The hash of a complete subtree: `level` 0 is a leaf, `index` counts the subtrees of that level from the left. Only
 * asked for subtrees that are full.
 */
export type NodeAt = (level: number, index: number) => Uint8Array;

export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

const NO_HASH = Buffer.alloc(32);
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export function leafHash(leaf: Uint8Array): Buffer {
  return createHash("sha256").update(LEAF).update(leaf).digest();
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash("sha256").update(NODE).update(left).update(right).digest();
}

/** The subtrees whose hashes `work` asks for. Which they are never depends on the hashes: so they can be fetched together. */
export function nodesAskedFor(
  work: (node: NodeAt) => unknown,
): readonly { readonly level: number; readonly index: number }[] {
  const asked = new Map<string, { readonly level: number; readonly index: number }>();
  work((level, index) => {
    asked.set(`${level}/${index}`, { level, index });
    return NO_HASH;
  });
  return [...asked.values()];
}

/** The subtrees that are complete once this leaf is there, the leaf itself first. */
export function nodesCompletedBy(index: number, leaf: Uint8Array, node: NodeAt): readonly TreeNode[] {
  const completed: TreeNode[] = [{ level: 0, index, hash: leaf }];
  let hash = leaf;
  for (let level = 0, at = index; at % 2 === 1; level += 1, at = (at - 1) / 2) {
    hash = nodeHash(node(level, at - 1), hash);
    completed.push({ level: level + 1, index: (at - 1) / 2, hash });
  }
  return completed;
}

/** The nodes of a tree in memory. */
export function treeOf(leafHashes: readonly Uint8Array[]): NodeAt {
  const levels: Uint8Array[][] = [];
  const node: NodeAt = (level, index) => {
    const hash = levels[level]?.[index];
    if (hash === undefined) throw new RangeError(`the tree has no complete subtree ${level}/${index}`);
    return hash;
  };
  leafHashes.forEach((leaf, index) => {
    for (const { level, hash } of nodesCompletedBy(index, leaf, node)) (levels[level] ??= []).push(hash);
  });
  return node;
}

/** The root of the first `size` leaves; of none: the hash of nothing. */
export function rootOf(size: number, node: NodeAt): Uint8Array {
  return size === 0 ? createHash("sha256").digest() : rangeHash(0, size, node);
}

/** RFC 6962 2.1.1: the path from leaf `index` to the root of the first `size` leaves, nearest first. */
export function inclusionProof(index: number, size: number, node: NodeAt): readonly Uint8Array[] {
  if (index < 0 || index >= size) throw new RangeError("the leaf is not in the tree");
  return path(index, 0, size, node);
}

/** RFC 6962 2.1.2: shows that the first `older` leaves are a prefix of the first `newer`. */
export function consistencyProof(older: number, newer: number, node: NodeAt): readonly Uint8Array[] {
  if (older < 1 || older > newer) throw new RangeError("the older tree is empty, or larger than the newer one");
  return subproof(older, 0, newer, true, node);
}

function rangeHash(start: number, end: number, node: NodeAt): Uint8Array {
  const width = end - start;
  const half = splitOf(width);
  // a range of the recursion starts at a multiple of its own width rounded up, so a full one is a node
  if (half * 2 === width || width === 1) return node(Math.log2(width), start / width);
  return nodeHash(rangeHash(start, start + half, node), rangeHash(start + half, end, node));
}

function path(index: number, start: number, end: number, node: NodeAt): readonly Uint8Array[] {
  if (end - start === 1) return [];
  const middle = start + splitOf(end - start);
  return index < middle
    ? [...path(index, start, middle, node), rangeHash(middle, end, node)]
    : [...path(index, middle, end, node), rangeHash(start, middle, node)];
}

function subproof(older: number, start: number, end: number, whole: boolean, node: NodeAt): readonly Uint8Array[] {
  if (older === end) return whole ? [] : [rangeHash(start, end, node)];
  const middle = start + splitOf(end - start);
  return older <= middle
    ? [...subproof(older, start, middle, whole, node), rangeHash(middle, end, node)]
    : [...subproof(older, middle, end, false, node), rangeHash(start, middle, node)];
}

/** The largest power of two below `width`; for 1 it is 1. */
function splitOf(width: number): number {
  let half = 1;
  while (half * 2 < width) half *= 2;
  return half;
}

/** RFC 9162 2.1.3.2. */
export function verifyInclusion(claim: {
  index: number;
  size: number;
  leaf: Uint8Array;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}): boolean {
  const { index, size, leaf, proof, root } = claim;
  if (
    !Number.isSafeInteger(index) ||
    !Number.isSafeInteger(size) ||
    index < 0 ||
    index >= size ||
    ![leaf, root, ...proof].every(isHash)
  )
    return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && same(hash, root);
}

/** RFC 9162 2.1.4.2. Nothing is consistent with an empty tree: that would show nothing. */
export function verifyConsistency(claim: {
  older: number;
  olderRoot: Uint8Array;
  newer: number;
  newerRoot: Uint8Array;
  proof: readonly Uint8Array[];
}): boolean {
  const { older, olderRoot, newer, newerRoot, proof } = claim;
  if (
    !Number.isSafeInteger(older) ||
    !Number.isSafeInteger(newer) ||
    older < 1 ||
    older > newer ||
    !proof.every(isHash)
  )
    return false;
  if (older === newer) return proof.length === 0 && same(olderRoot, newerRoot);
  const full = splitOf(older) * 2 === older || older === 1;
  const [first, ...rest] = full ? [olderRoot, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let at = older - 1;
  let last = newer - 1;
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  let olderHash = first;
  let newerHash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      olderHash = nodeHash(sibling, olderHash);
      newerHash = nodeHash(sibling, newerHash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      newerHash = nodeHash(newerHash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && same(olderHash, olderRoot) && same(newerHash, newerRoot);
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === 32;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
