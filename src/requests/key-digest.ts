import { createHmac } from "node:crypto";

/** Tells the keys of records apart in receipts and says nothing of them: HMAC under the request's own digest key, 32 hex digits. */
export function keyDigest(digestKey: Uint8Array): (key: string) => string {
  return (key) => createHmac("sha256", digestKey).update(key).digest("hex").slice(0, 32);
}
