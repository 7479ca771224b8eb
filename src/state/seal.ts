import { type CipherKey, createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Failure } from "../errors.ts";

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM: nonce, ciphertext, tag. `place` is authenticated, so that a sealed value cannot be moved to another row. */
export function sealBytes(key: CipherKey, plain: Uint8Array | string, place: string): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place));
  const text = typeof plain === "string" ? cipher.update(plain, "utf8") : cipher.update(plain);
  return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
}

/** Throws STATE_UNREADABLE when the bytes, the key or the place are not those that were sealed. */
export function unsealBytes(key: CipherKey, sealed: Uint8Array, place: string): Buffer {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE)).setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    const plain = decipher.update(sealed.subarray(NONCE, sealed.length - TAG));
    // a stream cipher: nothing comes at the end but the judgement
    decipher.final();
    return plain;
  } catch {
    throw new Failure("STATE_UNREADABLE", "a sealed part of the state does not open with this workspace's key");
  }
}
