/** Keyed names for people: the same person has the same one, and without the key nobody can tell whose it is. */
import { createHmac, hkdfSync } from "node:crypto";

const LABEL = "erasure-ledger/subject/v1";

/** The key of an epoch (1, 2, …) for subjects' pseudonyms, 32 bytes, from the workspace's master secret. */
export function epochKey(master: Uint8Array, epoch: number, origin: string): Uint8Array {
  return derived(master, `subject/epoch=${epoch}/${origin}`);
}

/** The key for the names of those who act. No list made with one key can be joined with one made with another. */
export function actorKey(master: Uint8Array, origin: string): Uint8Array {
  return derived(master, `actor/${origin}`);
}

/** `identity` is the identity's name in the data map; `folded` its value after the declared folds. 64 hex digits. */
export function pseudonym(key: Uint8Array, identity: string, folded: string): string {
  return createHmac("sha256", key).update(`${LABEL}\n${identity}\n${folded}`).digest("hex");
}

/** How screens and JSON show a pseudonym: `s_` and 8 hex digits. */
export function shownPseudonym(full: string): string {
  return `s_${full.slice(0, 8)}`;
}

/** The name under which a person at the controls stands in the ledger: `a_` and 32 hex digits. */
export function actorId(key: Uint8Array, name: string): string {
  return `a_${createHmac("sha256", key).update(`erasure-ledger/actor/v1\n${name}`).digest("hex").slice(0, 32)}`;
}

function derived(master: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", master, new Uint8Array(0), info, 32));
}
