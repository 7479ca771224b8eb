/** The ledger: an append-only Merkle log of what was done. See docs/ledger-format.md. */
import type { KeyObject } from "node:crypto";
import { Failure } from "../errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { LeafRow, LedgerReads, LedgerRows, LedgerWrites } from "../model/ledger-rows.ts";
import { toBase64 } from "./base64.ts";
import { commit, decoy, type Leaf, leafText, newSalt, parseLeaf } from "./commitment.ts";
import { type DisclosedEntry, leafOf } from "./disclosed-entry.ts";
import { sealEnvelope } from "./dsse.ts";
import { checkEvent, wholeCore } from "./events.ts";
import { isObject, jcs, parseJcs } from "./jcs.ts";
import {
  inclusionProof,
  leafHash,
  type NodeAt,
  nodesAskedFor,
  nodesCompletedBy,
  rootOf,
  treeOf,
  verifyInclusion,
} from "./merkle.ts";
import { checkpointText, isSignedBy, parseCheckpoint, parseNote, signNote } from "./signed-note.ts";
import { tlogProofText } from "./tlog-proof.ts";
import { type VerifierKey, verifierKeyOf } from "./verifier-key.ts";

export interface NewEntry {
  /** The same event has the same id for ever: it is taken once. */
  readonly id: string;
  /** An `EventType`. */
  readonly type: string;
  /** An `EventCore` of that type; the ledger adds `v` and `type`. */
  readonly core: JsonObject;
  /** Who it is about, by pseudonym. Committed to apart, never part of a report. */
  readonly link?: JsonObject;
}

export interface Disclosure {
  /** The signed tree head to which every proof leads. */
  readonly checkpoint: string;
  /** Oldest first. */
  readonly entries: readonly DisclosedEntry[];
  /** Entries that have no content any more: those with an id of the request, and all others, of whichever they were. */
  readonly expired: { readonly own: number; readonly others: number };
}

/** How many leaves there are, and the root over them. */
export interface Head {
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

export interface Ledger extends AsyncDisposable {
  readonly origin: string;
  /** The public key as C2SP vkey. */
  readonly vkey: string;
  /**
   * Adds what it does not know by id yet, in one transaction, and signs the new head. Throws UNEXPECTED, before anything
   * is written, for an entry of no closed form.
   */
  append(entries: readonly NewEntry[]): Promise<Head>;
  size(): Promise<number>;
  /** Whether it has the entry of this id. */
  has(id: string): Promise<boolean>;
  /** Ids of the entries from this index on. */
  idsFrom(index: number): Promise<readonly string[]>;
  /** Whether its first leaves are those over which somebody saw this head; without a root, whether there are as many. */
  holds(head: { readonly size: number; readonly root?: string }): Promise<boolean>;
  /** The latest head, a signed note. */
  checkpoint(): Promise<string>;
  /**
   * Every entry of a request whose content is still there, with its proof. Throws STATE_UNREADABLE where any of the ledger is
   * missing or is not what was signed: what is hidden may be one of them.
   */
  entriesOf(request: string): Promise<Disclosure>;
  /** How many entries have no content any more. Throws as `entriesOf` does. */
  expired(): Promise<number>;
  /** The whole ledger, contents and all, as `docs/ledger-format.md` says. Throws STATE_UNREADABLE where it is not what was signed. */
  exportAll(): Promise<Uint8Array>;
  /** The outcome of a request (the last entry that ended it, else its latest) as a tlog-proof. Undefined where it has no entry. */
  exportProof(request: string): Promise<string | undefined>;
  /** A DSSE envelope, signed with the ledger's key. */
  seal(payloadType: string, payload: Uint8Array): string;
}

/** Types of entries that tell how a request ended; `refused` is of version 0.1. */
const ENDINGS = ["erasure.completed", "request.refused", "request.cancelled", "refused"];

/**
 * The ledger in these rows, which it owns from then on; a new one where nothing was written yet. Throws STATE_UNREADABLE
 * for another origin or another key, and where leaves are missing that were signed for.
 */
export async function openLedger(
  rows: LedgerRows,
  how: { readonly origin: string; readonly signingKey: KeyObject },
): Promise<Ledger> {
  const verifier = verifierKeyOf(how.origin, how.signingKey);
  try {
    const about =
      (await rows.read.about()) ?? (await rows.atomically(async (writes) => await aboutOf(writes, verifier)));
    if (about.origin !== how.origin || about.vkey !== verifier.text)
      throw new Failure("STATE_UNREADABLE", `${rows.name} is the ledger of another origin or another signing key`);
    const log: Log = { name: rows.name, verifier, signingKey: how.signingKey };
    await signedHead(log, rows.read);
    return ledgerOn(log, rows);
  } catch (error) {
    await rows[Symbol.asyncDispose]();
    throw error;
  }
}

async function aboutOf(
  writes: LedgerWrites,
  { name: origin, text: vkey }: VerifierKey,
): Promise<{ readonly origin: string; readonly vkey: string }> {
  const known = await writes.about();
  if (known === undefined) await writes.setAbout(origin, vkey);
  return known ?? { origin, vkey };
}

/** What a ledger's functions share. */
interface Log {
  /** For messages. */
  readonly name: string;
  readonly verifier: VerifierKey;
  readonly signingKey: KeyObject;
}

function ledgerOn(log: Log, rows: LedgerRows): Ledger {
  const { verifier, signingKey } = log;
  const entriesOf = async (request: string): Promise<Disclosure> => {
    const note = await checkpoint(log, rows);
    const head = parseCheckpoint(parseNote(note).text);
    const leaves: LeafRow[] = [];
    const expired = { own: 0, others: 0 };
    const hashes = await eachLeaf(log, rows.read, head, (row) => {
      // the id stands beside the tree: it alone says whose an entry without content was, and nothing vouches for it
      if (row.core === null) expired[row.id.startsWith(`${request}/`) ? "own" : "others"] += 1;
      else if (requestIn(log, row) === request) leaves.push(row);
    });
    const tree = { total: head.size, root: head.root, node: treeOf(hashes) };
    return { checkpoint: note, entries: leaves.map((leaf) => disclosed(log, leaf, tree)), expired };
  };
  return {
    origin: verifier.name,
    vkey: verifier.text,
    async append(entries) {
      for (const { type, core, link } of entries) checkEvent(type, core, link);
      await rows.atomically(async (writes) => {
        await signedHead(log, writes);
        await add(log, writes, entries);
      });
      // signed only once the leaves are durable: a head must never name what a crash takes back
      const { size, root } = parseCheckpoint(parseNote(await checkpoint(log, rows)).text);
      return { size, root: Buffer.from(root).toString("hex") };
    },
    size: async () => await rows.read.size(),
    has: async (id) => await rows.read.has(id),
    idsFrom: async (index) => await rows.read.idsFrom(index),
    async holds({ size, root }) {
      if ((await rows.read.size()) < size) return false;
      return root === undefined || Buffer.from(await rootAt(log, rows.read, size)).toString("hex") === root;
    },
    checkpoint: async () => await checkpoint(log, rows),
    entriesOf,
    async expired() {
      let count = 0;
      await eachLeaf(log, rows.read, parseCheckpoint(parseNote(await checkpoint(log, rows)).text), ({ core }) => {
        if (core === null) count += 1;
      });
      return count;
    },
    async exportAll() {
      const note = await checkpoint(log, rows);
      const leaves: JsonObject[] = [];
      await eachLeaf(log, rows.read, parseCheckpoint(parseNote(note).text), (row, { core, link }) => {
        // the column by which a request's entries are found is beside the tree
        if (row.core !== null) requestIn(log, row);
        leaves.push({
          leaf: row.leaf,
          ...(row.core === null ? {} : opened(log, "core", { text: row.core, salt: row.coreSalt, wanted: core })),
          ...(row.link === null ? {} : opened(log, "link", { text: row.link, salt: row.linkSalt, wanted: link })),
        });
      });
      return Buffer.from(jcs({ checkpoint: note, leaves }));
    },
    async exportProof(request) {
      const { checkpoint: note, entries } = await entriesOf(request);
      const chosen =
        entries.findLast(({ core }) => ENDINGS.some((ending) => ending === core["type"])) ?? entries.at(-1);
      if (chosen === undefined) return undefined;
      const { proof, ...opened } = chosen;
      return tlogProofText({
        extra: Buffer.from(jcs(opened)),
        index: proof.index,
        path: proof.path.map((hash) => Buffer.from(hash, "base64")),
        checkpoint: note,
      });
    },
    seal: (payloadType, payload) => sealEnvelope(payloadType, payload, signingKey, verifier),
    [Symbol.asyncDispose]: async () => await rows[Symbol.asyncDispose](),
  };
}

/** The stored head, which must be ours and a head of this very tree: a log never signs what contradicts it. */
async function signedHead(
  log: Log,
  reads: LedgerReads,
): Promise<{ readonly size: number; readonly note: string } | undefined> {
  const stored = await reads.head();
  if (stored === undefined) return undefined;
  const note = parsed(log, stored.note, parseNote);
  const head = parsed(log, note.text, parseCheckpoint);
  const missing =
    head.size !== stored.size ||
    head.size > (await reads.size()) ||
    Buffer.compare(head.root, await rootAt(log, reads, head.size)) !== 0;
  if (missing || !isSignedBy(note, log.verifier)) throw changed(log);
  return stored;
}

async function checkpoint(log: Log, rows: LedgerRows): Promise<string> {
  const head = await signedHead(log, rows.read);
  if (head !== undefined && head.size === (await rows.read.size())) return head.note;
  return await rows.atomically(async (writes) => {
    const latest = await signedHead(log, writes);
    const size = await writes.size();
    if (latest?.size === size) return latest.note;
    const text = checkpointText({ origin: log.verifier.name, size, root: await rootAt(log, writes, size) });
    const note = signNote(text, log.signingKey, log.verifier);
    await writes.addHead(size, note);
    return note;
  });
}

async function rootAt(log: Log, reads: LedgerReads, size: number): Promise<Uint8Array> {
  return rootOf(size, await nodesOf(log, reads, (node) => rootOf(size, node)));
}

/** The nodes that `work` asks for, fetched together. */
async function nodesOf({ name }: Log, reads: LedgerReads, work: (node: NodeAt) => unknown): Promise<NodeAt> {
  const found = new Map(
    (await reads.nodes(nodesAskedFor(work))).map(({ level, index, hash }) => [`${level}/${index}`, hash]),
  );
  return (level, index) => {
    const hash = found.get(`${level}/${index}`);
    if (hash === undefined) throw new Failure("STATE_UNREADABLE", `${name} is damaged: a node of its tree is missing`);
    return hash;
  };
}

async function add(log: Log, writes: LedgerWrites, entries: readonly NewEntry[]): Promise<void> {
  let index = await writes.size();
  const before = await nodesOf(log, writes, (node) => rootOf(index, node));
  const made = new Map<string, Uint8Array>();
  const node: NodeAt = (level, at) => made.get(`${level}/${at}`) ?? before(level, at);
  for (const { id, type, core, link } of entries) {
    if (await writes.has(id)) continue;
    const whole = wholeCore(type, core);
    const coreSalt = newSalt();
    const linkSalt = link === undefined ? null : newSalt();
    const leaf = leafText({
      type,
      core: commit("core", coreSalt, whole),
      link: link === undefined || linkSalt === null ? decoy() : commit("link", linkSalt, link),
    });
    const request = core["request"];
    await writes.addLeaf({
      index,
      id,
      leaf,
      request: typeof request === "string" ? request : null,
      core: jcs(whole),
      coreSalt,
      link: link === undefined ? null : jcs(link),
      linkSalt,
    });
    const completed = nodesCompletedBy(index, leafHash(Buffer.from(leaf)), node);
    await writes.addNodes(completed);
    for (const one of completed) made.set(`${one.level}/${one.index}`, one.hash);
    index += 1;
  }
}

/** An entry that `proof verify` will take: whatever else is in the rows is not given out. */
function disclosed(
  log: Log,
  row: LeafRow,
  { total, root, node }: { readonly total: number; readonly root: Uint8Array; readonly node: NodeAt },
): DisclosedEntry {
  const { index } = row;
  const path = inclusionProof(index, total, node);
  const entry = {
    core: contentOf(log, row.core),
    core_salt: saltOf(log, row.coreSalt),
    link_commitment: toBase64(parsed(log, row.leaf, parseLeaf).link),
  };
  const leaf = leafHash(Buffer.from(parsed(log, entry, leafOf)));
  if (!verifyInclusion({ index, size: total, leaf, proof: path, root })) throw changed(log);
  return { ...entry, proof: { index, path: path.map(toBase64) } };
}

const PIECE = 1000;

/**
 * Every leaf that was signed for, in order. Throws STATE_UNREADABLE where one is missing or changed, or has a content that is
 * not what it commits to: whichever request the columns beside the tree say it was about, one that is looked for may be it.
 * Returns the leaves' hashes.
 */
async function eachLeaf(
  log: Log,
  reads: LedgerReads,
  head: { readonly size: number; readonly root: Uint8Array },
  visit: (row: LeafRow, leaf: Leaf) => void,
): Promise<readonly Uint8Array[]> {
  const hashes: Uint8Array[] = [];
  for (let from = 0; from < head.size; from += PIECE) {
    for (const row of await reads.leaves({ from, below: Math.min(from + PIECE, head.size) })) {
      if (row.index !== hashes.length) throw changed(log);
      hashes.push(leafHash(Buffer.from(row.leaf)));
      const leaf = parsed(log, row.leaf, parseLeaf);
      if (row.core !== null) opened(log, "core", { text: row.core, salt: row.coreSalt, wanted: leaf.core });
      visit(row, leaf);
    }
  }
  const whole = hashes.length === head.size;
  if (!whole || Buffer.compare(rootOf(hashes.length, treeOf(hashes)), head.root) !== 0) throw changed(log);
  return hashes;
}

/** A content with its salt, which must open what the leaf commits to. */
function opened(
  log: Log,
  part: "core" | "link",
  { text, salt, wanted }: { readonly text: string; readonly salt: Uint8Array | null; readonly wanted: Uint8Array },
): JsonObject {
  const content = contentOf(log, text);
  const written = saltOf(log, salt);
  if (Buffer.compare(commit(part, salt ?? Buffer.alloc(0), content), wanted) !== 0) throw changed(log);
  return { [part]: content, [`${part}_salt`]: written };
}

/** The request that a content is about, which its row must name too. */
function requestIn(log: Log, { core, request }: LeafRow): string | null {
  const named = contentOf(log, core)["request"];
  const about = typeof named === "string" ? named : null;
  if (about !== request) throw changed(log);
  return about;
}

function changed({ name }: Log): Failure {
  return new Failure(
    "STATE_UNREADABLE",
    `${name} is not the ledger whose head was signed: entries are missing or changed`,
  );
}

function contentOf(log: Log, text: string | null): JsonObject {
  const value = parsed(log, Buffer.from(text ?? ""), parseJcs);
  if (!isObject(value)) throw new Failure("STATE_UNREADABLE", `${log.name} holds a content that is no object`);
  return value;
}

function saltOf({ name }: Log, salt: Uint8Array | null): string {
  if (salt === null) throw new Failure("STATE_UNREADABLE", `${name} holds a content without its salt`);
  return toBase64(salt);
}

/** What does not parse in our own rows is damage, not a bad proof. */
function parsed<From, To>({ name }: Log, from: From, parse: (from: From) => To): To {
  try {
    return parse(from);
  } catch {
    throw new Failure("STATE_UNREADABLE", `${name} holds a part that is damaged`);
  }
}
