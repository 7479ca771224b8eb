/** By what a key is known again: nothing can be opened with it, and it tells nothing of the key. */
import { createHash } from "node:crypto";
import type { KeyName } from "./key-files.ts";
import { set, setting, type Settings } from "./settings.ts";
import type { Sql } from "./sql.ts";

/** The signing key is known by its public key. */
export type MarkedKey = Exclude<KeyName, "signing">;

export interface KeyMarkReads {
  /** Undefined where an earlier version left none. */
  known(): Promise<Settings["keys"] | undefined>;
}

export interface KeyMarks extends KeyMarkReads {
  note(marks: Settings["keys"]): Promise<void>;
}

export function keyMarkStore(sql: Sql): KeyMarks {
  return { known: async () => await setting(sql, "keys"), note: async (marks) => await set(sql, "keys", marks) };
}

/** Keys are 32 random bytes: nobody finds one by its digest. */
export function keyMark(name: MarkedKey, key: Uint8Array): string {
  return createHash("sha256").update(`expunge/key-mark/v1\n${name}\n`).update(key).digest("hex").slice(0, 32);
}
