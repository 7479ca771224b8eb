/** Signed notes and tree heads: C2SP signed-note and tlog-checkpoint, Ed25519 only. */
import { type KeyObject, sign, verify } from "node:crypto";
import { Failure } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { isOrigin, type VerifierKey } from "./verifier-key.ts";

export interface NoteSignature {
  readonly name: string;
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** What is signed; ends in a line end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A tree head. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

const DASH = "\u2014";

/** A note of the text, signed by the key pair whose public half is `verifier`. */
export function signNote(text: string, key: KeyObject, verifier: VerifierKey): string {
  const signature = Buffer.concat([verifier.id, sign(null, Buffer.from(text), key)]);
  return `${text}\n${DASH} ${verifier.name} ${toBase64(signature)}\n`;
}

/** Throws PROOF_INVALID for what is no note. Says nothing of whether a signature holds. */
export function parseNote(note: string): Note {
  const split = note.lastIndexOf("\n\n");
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2).split("\n");
  // a note ends in a line end; no control character but that
  if (split < 1 || lines.pop() !== "" || lines.length === 0 || !note.isWellFormed() || /[^\P{Cc}\n]/u.test(note))
    throw new Failure("PROOF_INVALID", "this is no signed note");
  return { text, signatures: lines.map(signatureLine) };
}

function signatureLine(line: string): NoteSignature {
  const [dash, name, base64, ...more] = line.split(" ");
  const bytes = fromBase64(base64 ?? "");
  if (
    dash !== DASH ||
    name === undefined ||
    !isOrigin(name) ||
    bytes === undefined ||
    bytes.length < 5 ||
    more.length > 0
  )
    throw new Failure("PROOF_INVALID", "a signature line of the note is malformed");
  return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** Whether this key signed the note. Signatures of others are ignored; two of the same key are refused. */
export function isSignedBy(note: Note, verifier: VerifierKey): boolean {
  const own = note.signatures.filter(({ name, id }) => name === verifier.name && Buffer.compare(id, verifier.id) === 0);
  const [only] = own;
  return only !== undefined && own.length === 1 && verify(null, Buffer.from(note.text), verifier.key, only.signature);
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** The tree head that a note's text states. Extension lines are refused: we write none. Throws PROOF_INVALID. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, end, ...more] = text.split("\n");
  const bytes = fromBase64(root ?? "");
  if (
    origin === undefined ||
    !isOrigin(origin) ||
    size === undefined ||
    !/^(?:0|[1-9]\d{0,14})$/u.test(size) ||
    bytes === undefined ||
    bytes.length !== 32 ||
    end !== "" ||
    more.length > 0
  )
    throw new Failure("PROOF_INVALID", "the note is no checkpoint (origin, size, root)");
  return { origin, size: Number(size), root: bytes };
}
