/** What a leaf of the tree is made of: a type and two salted commitments, never a content. */
import { createHmac, randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";
import type { JsonObject } from "../model/json.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { jcs } from "./jcs.ts";

export interface Leaf {
  readonly type: string;
  readonly core: Uint8Array;
  readonly link: Uint8Array;
}

export const SALT_BYTES = 32;
const LABEL = { core: "erasure-ledger/core/v1", link: "erasure-ledger/link/v1" } as const;
const HEAD = "erasure-ledger/leaf/v1";

export function newSalt(): Buffer {
  return randomBytes(SALT_BYTES);
}

/** Stands where a leaf has no subject, so that leaves look alike. */
export function decoy(): Buffer {
  return randomBytes(32);
}

/**
 * HMAC-SHA256 over label and canonical JSON under the salt. Throws PROOF_INVALID unless the salt has exactly 32 bytes:
 * HMAC fills shorter keys up with zeros, so two salts could open one commitment.
 */
export function commit(part: keyof typeof LABEL, salt: Uint8Array, content: JsonObject): Buffer {
  if (salt.length !== SALT_BYTES) throw new Failure("PROOF_INVALID", "a salt has 32 bytes");
  return createHmac("sha256", salt)
    .update(`${LABEL[part]}\n${jcs(content)}`)
    .digest();
}

/** What binds words that stay outside the ledger (why a request was refused), as 64 hex digits. Throws as `commit` does. */
export function commitWords(salt: Uint8Array, words: string): string {
  if (salt.length !== SALT_BYTES) throw new Failure("PROOF_INVALID", "a salt has 32 bytes");
  return createHmac("sha256", salt).update(`erasure-ledger/words/v1\n${words}`).digest("hex");
}

/** The exact text that is hashed into the tree. */
export function leafText({ type, core, link }: Leaf): string {
  return `${HEAD}\n${type}\n${toBase64(core)}\n${toBase64(link)}\n`;
}

/** Throws PROOF_INVALID. */
export function parseLeaf(text: string): Leaf {
  const [head, type, core64, link64, end, ...more] = text.split("\n");
  const core = fromBase64(core64 ?? "");
  const link = fromBase64(link64 ?? "");
  if (
    head !== HEAD ||
    type === undefined ||
    !/^[a-z_.]{1,40}$/u.test(type) ||
    core?.length !== 32 ||
    link?.length !== 32 ||
    end !== "" ||
    more.length > 0
  )
    throw new Failure("PROOF_INVALID", "a leaf is malformed");
  return { type, core, link };
}
