/** The ledger: an append-only Merkle log of what was done, in one SQLite file. See docs/ledger-format.md. */
import type { KeyObject } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";
import type { JsonObject } from "../model/json.ts";
import { toBase64 } from "./base64.ts";
import { commit, decoy, leafText, newSalt, parseLeaf } from "./commitment.ts";
import type { DisclosedEntry } from "./disclosed-entry.ts";
import { sealEnvelope } from "./dsse.ts";
import { checkEvent, wholeCore } from "./events.ts";
import { isObject, jcs, parseJcs } from "./jcs.ts";
import { bytesIn, guarded, numberIn, openLedgerFile, readTogether, textIn, transact } from "./ledger-file.ts";
import { inclusionProof, leafHash, type NodeAt, nodesCompletedBy, rootOf } from "./merkle.ts";
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
}

export interface Ledger extends Disposable {
  readonly origin: string;
  /** The public key as C2SP vkey. */
  readonly vkey: string;
  /**
   * Adds what it does not know by id yet, in one transaction, and signs the new head. Throws UNEXPECTED, before anything
   * is written, for an entry of no closed form.
   */
  append(entries: readonly NewEntry[]): { readonly size: number };
  size(): number;
  /** The latest head, a signed note. */
  checkpoint(): string;
  /** Every entry of a request whose content is still there, with its proof. */
  entriesOf(request: string): Disclosure;
  /** The whole ledger, contents and all, as `docs/ledger-format.md` says. */
  exportAll(): Uint8Array;
  /** The outcome of a request (the last entry that ended it, else its latest) as a tlog-proof. Undefined where it has no entry. */
  exportProof(request: string): string | undefined;
  /** A DSSE envelope, signed with the ledger's key. */
  seal(payloadType: string, payload: Uint8Array): string;
}

/** Types of entries that tell how a request ended; `refused` is of version 0.1. */
const ENDINGS = ["erasure.completed", "request.refused", "request.cancelled", "refused"];

/** Throws STATE_UNREADABLE for a damaged or foreign file, and where leaves are missing that were signed for. */
export function openLedger(file: string, how: { readonly origin: string; readonly signingKey: KeyObject }): Ledger {
  const verifier = verifierKeyOf(how.origin, how.signingKey);
  const db = openLedgerFile(file, how.origin, verifier.text);
  try {
    return guarded(file, () => ledgerIn(db, file, how.signingKey, verifier));
  } catch (error) {
    db.close();
    throw error;
  }
}

function ledgerIn(db: DatabaseSync, file: string, signingKey: KeyObject, verifier: VerifierKey): Ledger {
  const origin = verifier.name;
  const sql = statementsOf(db);
  const node: NodeAt = (level, index) => bytesIn(sql.node.get(level, index), "hash");
  const size = (): number => numberIn(sql.size.get(), "n");

  /** The stored head, which must be ours and a head of this very tree: a log never signs what contradicts it. */
  const signedHead = (): { readonly size: number; readonly note: string } | undefined => {
    const row = sql.head.get();
    if (row === undefined) return undefined;
    const text = textIn(row, "note");
    const note = parsed(text, parseNote, file);
    const head = parsed(note.text, parseCheckpoint, file);
    const missing = head.size !== numberIn(row, "size") || head.size > size() || Buffer.compare(head.root, rootOf(head.size, node)) !== 0;
    if (missing || !isSignedBy(note, verifier))
      throw new Failure("STATE_UNREADABLE", `${file} is not the ledger whose head was signed: entries are missing or changed`);
    return { size: head.size, note: text };
  };

  const checkpoint = (): string => {
    const head = signedHead();
    const now = size();
    if (head?.size === now) return head.note;
    return transact(db, () => {
      const latest = signedHead();
      const grown = size();
      if (latest?.size === grown) return latest.note;
      const note = signNote(checkpointText({ origin, size: grown, root: rootOf(grown, node) }), signingKey, verifier);
      db.prepare("insert into checkpoint (size, note) values (?, ?)").run(grown, note);
      return note;
    });
  };

  const disclosed = (total: number, row: Readonly<Record<string, unknown>>): DisclosedEntry => {
    const index = numberIn(row, "idx");
    return {
      core: contentOf(textIn(row, "core"), file),
      core_salt: toBase64(bytesIn(row, "core_salt")),
      link_commitment: toBase64(parsed(textIn(row, "leaf"), parseLeaf, file).link),
      proof: { index, path: inclusionProof(index, total, node).map(toBase64) },
    };
  };

  const entriesOf = (request: string): Disclosure => {
    const note = checkpoint();
    const total = parseCheckpoint(parseNote(note).text).size;
    return readTogether(db, () => ({
      checkpoint: note,
      entries: db
        .prepare("select idx, leaf, core, core_salt from leaf where request = ? and core is not null and idx < ? order by idx")
        .all(request, total)
        .map((row) => disclosed(total, row)),
    }));
  };

  const ledger: Ledger = {
    origin,
    vkey: verifier.text,
    append(entries) {
      for (const { type, core, link } of entries) checkEvent(type, core, link);
      return guarded(file, () => {
        transact(db, () => {
          signedHead();
          for (const entry of entries) add(sql, node, entry, size());
        });
        // signed only once the leaves are durable: a head must never name what a crash takes back
        checkpoint();
        return { size: size() };
      });
    },
    size: () => guarded(file, size),
    checkpoint: () => guarded(file, checkpoint),
    entriesOf: (request) => guarded(file, () => entriesOf(request)),
    exportAll: () => guarded(file, () => Buffer.from(exported(db, checkpoint(), file))),
    exportProof(request) {
      const { checkpoint: note, entries } = guarded(file, () => entriesOf(request));
      const chosen = entries.findLast(({ core }) => ENDINGS.some((type) => type === core["type"])) ?? entries.at(-1);
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
    [Symbol.dispose]() {
      if (db.isOpen) db.close();
    },
  };
  signedHead();
  return ledger;
}

function statementsOf(db: DatabaseSync) {
  return {
    node: db.prepare("select hash from node where level = ? and idx = ?"),
    addNode: db.prepare("insert into node (level, idx, hash) values (?, ?, ?)"),
    size: db.prepare("select coalesce(max(idx) + 1, 0) as n from leaf"),
    head: db.prepare("select size, note from checkpoint order by size desc limit 1"),
    known: db.prepare("select 1 from leaf where id = ?"),
    addLeaf: db.prepare("insert into leaf (idx, id, leaf, request, core, core_salt, link, link_salt) values (?, ?, ?, ?, ?, ?, ?, ?)"),
  };
}

type Statements = ReturnType<typeof statementsOf>;

function add(sql: Statements, node: NodeAt, { id, type, core, link }: NewEntry, index: number): void {
  if (sql.known.get(id) !== undefined) return;
  const whole = wholeCore(type, core);
  const coreSalt = newSalt();
  const linkSalt = link === undefined ? null : newSalt();
  const leaf = leafText({
    type,
    core: commit("core", coreSalt, whole),
    link: link === undefined || linkSalt === null ? decoy() : commit("link", linkSalt, link),
  });
  const request = core["request"];
  sql.addLeaf.run(index, id, leaf, typeof request === "string" ? request : null, jcs(whole), coreSalt, link === undefined ? null : jcs(link), linkSalt);
  for (const made of nodesCompletedBy(index, leafHash(Buffer.from(leaf)), node)) sql.addNode.run(made.level, made.index, made.hash);
}

function exported(db: DatabaseSync, checkpoint: string, file: string): string {
  const { size } = parseCheckpoint(parseNote(checkpoint).text);
  const leaves = db
    .prepare("select leaf, core, core_salt, link, link_salt from leaf where idx < ? order by idx")
    .all(size)
    .map((row): JsonObject => ({
      leaf: textIn(row, "leaf"),
      ...(row["core"] === null ? {} : { core: contentOf(textIn(row, "core"), file), core_salt: toBase64(bytesIn(row, "core_salt")) }),
      ...(row["link"] === null ? {} : { link: contentOf(textIn(row, "link"), file), link_salt: toBase64(bytesIn(row, "link_salt")) }),
    }));
  return jcs({ checkpoint, leaves });
}

function contentOf(text: string, file: string): JsonObject {
  const value = parsed(Buffer.from(text), parseJcs, file);
  if (!isObject(value)) throw new Failure("STATE_UNREADABLE", `${file} holds a content that is no object`);
  return value;
}

/** What does not parse in our own file is damage, not a bad proof. */
function parsed<From, To>(from: From, parse: (from: From) => To, file: string): To {
  try {
    return parse(from);
  } catch {
    throw new Failure("STATE_UNREADABLE", `${file} holds a part that is damaged`);
  }
}
