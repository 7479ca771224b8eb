/** The workspace's own keys: 32 random bytes each, in base64, readable by the owner only. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../errors.ts";

/** `signing`: Ed25519 seed of the ledger. `pseudonym`: master of pseudonyms. `sealing`: wraps the keys of requests. */
export const KEYS = ["signing", "pseudonym", "sealing"] as const;

export type KeyName = (typeof KEYS)[number];

const BYTES = 32;

/** `folder`: of the keys. */
export function keyFile(folder: string, name: KeyName): string {
  return join(folder, `${name}.key`);
}

/** Throws KEY_MISSING where there is none, where others can read it, or where it is no key. */
export function readKey(folder: string, name: KeyName): Buffer {
  const file = keyFile(folder, name);
  if (!existsSync(file))
    throw new Failure("KEY_MISSING", `the key file ${file} is missing`, {
      help: `Put the file back from your own copy, or give the key in EXPUNGE_KEY_${name.toUpperCase()}. It is never made again: another key opens nothing of what is there.`,
    });
  if (isOpenToOthers(file))
    throw new Failure("KEY_MISSING", `the key file ${file} can be read by others`, {
      help: `Make it readable by you only: chmod 600 ${file}`,
    });
  const key = parseKey(readFileSync(file, "utf8"));
  if (key === undefined)
    throw new Failure("KEY_MISSING", `the key file ${file} holds no key of ${BYTES} bytes in base64`);
  return key;
}

/** Undefined for anything but 32 bytes in canonical base64. */
export function parseKey(text: string): Buffer | undefined {
  const plain = text.trim();
  const key = Buffer.from(plain, "base64");
  return key.length === BYTES && key.toString("base64") === plain ? key : undefined;
}

/** Makes the key where there is none yet; durable when it returns. → whether it was made. */
export function makeKey(folder: string, name: KeyName): boolean {
  return makeKeyFile(keyFile(folder, name));
}

/** The same, for any key. */
export function makeKeyFile(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file)) return false;
  // "wx": another init at the same time is never overwritten
  const fd = openSync(file, "wx", 0o600);
  try {
    writeSync(fd, `${randomBytes(BYTES).toString("base64")}\n`);
    fsyncSync(fd);
  } catch (error) {
    // a disk that is full took the name and not the key: it would never be made again
    rmSync(file);
    throw error;
  } finally {
    closeSync(fd);
  }
  return true;
}

/** Whether group or others have any right to the file. */
export function isOpenToOthers(file: string): boolean {
  return (statSync(file).mode & 0o077) !== 0;
}
