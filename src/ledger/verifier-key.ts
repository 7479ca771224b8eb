/** The public key of a ledger as text: `<name>+<key id>+<base64>` (C2SP vkey, Ed25519). */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { Failure } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";

export interface VerifierKey {
  /** The ledger's origin. */
  readonly name: string;
  /** Four bytes, of name and key. */
  readonly id: Uint8Array;
  readonly key: KeyObject;
  /** The vkey itself, without a line end. */
  readonly text: string;
}

const ED25519 = 1;
const FIELD = 2n ** 255n - 19n;
/** y of a point of order 8. */
const EIGHTH = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** y of the points whose order divides 8. With one of them as key, a signature can be made that fits any text. */
const LOW_ORDER = new Set([0n, 1n, FIELD - 1n, EIGHTH, FIELD - EIGHTH]);

/** Whether a key or an origin may be called so: no white space, no plus, no control characters, none that nobody sees. */
export function isOrigin(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= 255 &&
    name.isWellFormed() &&
    !/[\s+\p{C}\p{Default_Ignorable_Code_Point}\u{2800}]/u.test(name)
  );
}

/** The vkey of a key pair's public half (or of a public key). Throws UNEXPECTED for another kind of key or a bad name. */
export function verifierKeyOf(name: string, key: KeyObject): VerifierKey {
  const half = key.type === "private" ? createPublicKey(key) : key;
  const x = half.asymmetricKeyType === "ed25519" ? half.export({ format: "jwk" }).x : undefined;
  if (x === undefined || !isOrigin(name))
    throw new Failure("UNEXPECTED", "a ledger's key is Ed25519 and its origin a name without spaces or plus");
  return verifierKey(name, Buffer.from(x, "base64url"));
}

/** Throws PROOF_INVALID, also for keys that are no real point or of low order. */
export function parseVerifierKey(text: string): VerifierKey {
  const found = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  const bytes = fromBase64(found?.[3] ?? "");
  const name = found?.[1] ?? "";
  if (bytes === undefined || bytes.length !== 33 || bytes[0] !== ED25519 || !isOrigin(name))
    throw new Failure("PROOF_INVALID", "the key is no Ed25519 vkey (NAME+ID+KEY)");
  const raw = bytes.subarray(1);
  if (!isSoundKey(raw)) throw new Failure("PROOF_INVALID", "the key is of low order or not canonical");
  const made = verifierKey(name, raw);
  if (made.text !== text) throw new Failure("PROOF_INVALID", "the key's id does not fit the key");
  return made;
}

/** Whether 32 bytes are the canonical text of a point that is not of low order. (Whether it is on the curve, the first signature shows.) */
export function isSoundKey(raw: Uint8Array): boolean {
  const y = BigInt(`0x${Buffer.from(raw).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  return raw.length === 32 && y < FIELD && !LOW_ORDER.has(y);
}

function verifierKey(name: string, raw: Uint8Array): VerifierKey {
  const typed = Buffer.concat([Buffer.of(ED25519), raw]);
  const id = createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4);
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(raw).toString("base64url") },
    format: "jwk",
  });
  return { name, id, key, text: `${name}+${id.toString("hex")}+${toBase64(typed)}` };
}
