/** What a person signs with a key of their own when they approve, and whether a signature is theirs. */
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { isSoundKey } from "./verifier-key.ts";

/** What is approved: the same members as the ledger's `decision` has. */
export interface Approved {
  readonly request: string;
  readonly plan: string;
  /** Hex. */
  readonly plan_digest: string;
  /** Instant, UTC. */
  readonly at: string;
  readonly role?: string | undefined;
}

/** Signs approvals. */
export interface Signer {
  /** The 32 bytes of the public key, in base64. */
  readonly key: string;
  /** → 64 bytes in base64 */
  sign(approved: Approved): string;
}

export function signerOf(key: KeyObject): Signer {
  return {
    key: rawKey(key),
    sign: (approved) => sign(null, statement(approved), key).toString("base64"),
  };
}

/** `key` and `signature` as a signer gives them. */
export function isApprovedBy(key: string, signature: string, approved: Approved): boolean {
  const raw = Buffer.from(key, "base64");
  if (raw.length !== 32 || !isSoundKey(raw)) return false;
  const publicKey = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
    format: "jwk",
  });
  return verify(null, statement(approved), publicKey, Buffer.from(signature, "base64"));
}

/** The 32 bytes of an Ed25519 key's public half, in base64. */
function rawKey(key: KeyObject): string {
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return Buffer.from(x, "base64url").toString("base64");
}

/** One member a line; none of them can hold a line end. */
function statement({ request, plan, plan_digest, at, role = "" }: Approved): Buffer {
  return Buffer.from(`expunge/approval/v1\n${[request, plan, plan_digest, at, role].join("\n")}\n`);
}
