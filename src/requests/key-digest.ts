import { createHmac, createSecretKey } from "node:crypto";

/** Tells the keys of records apart in receipts and says nothing of them: HMAC under the request's own digest key, 32 hex digits. */
export function keyDigest(digestKey: Uint8Array): (key: string) => string {
  // an ended request has none, and then nothing is digested
  const secret = digestKey.length === 0 ? digestKey : createSecretKey(digestKey);
  return (key) => createHmac("sha256", secret).update(key).digest("hex").slice(0, 32);
}
