/** The key with which a person acts: made once, and kept by that person alone. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure, refusedByDisk } from "./errors.ts";
import { type Signer, signerOf } from "./ledger/approval-statement.ts";
import { isOrigin, verifierKeyOf } from "./ledger/verifier-key.ts";
import { isOpenToOthers, makeKeyFile, parseKey } from "./state/key-files.ts";

export interface MadeKey {
  readonly name: string;
  /** The public key, C2SP vkey: for the data map. */
  readonly vkey: string;
  /** The private key's file. */
  readonly file: string;
}

/** Makes `NAME.key` in the folder. Throws USAGE for a name that makes no file name, and where the person has a key there. */
export function makePersonKey(folder: string, name: string): MadeKey {
  if (!isOrigin(name) || !/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name) || name.length > 64)
    throw new Failure("USAGE", "a name is up to 64 letters, digits, dots, dashes and underscores, as in maya.lind");
  const file = join(folder, `${name}.key`);
  if (!made(file))
    throw new Failure("USAGE", `there is a key of that name already: ${file}`, {
      help: "A key is never replaced. Take another name, or move the old one away.",
    });
  return { name, vkey: verifierKeyOf(name, readPersonKey(file)).text, file };
}

function made(file: string): boolean {
  try {
    return makeKeyFile(file);
  } catch (error) {
    throw refusedByDisk(error, file) ?? error;
  }
}

/** Throws KEY_MISSING where there is none, where others can read it, or where it is no key. */
export function personSigner(file: string): Signer {
  return signerOf(readPersonKey(file));
}

function readPersonKey(file: string): KeyObject {
  const help = "Name the file that `expunge key new` made: --sign-with FILE, or EXPUNGE_SIGN_WITH.";
  if (!existsSync(file) || !statSync(file).isFile())
    throw new Failure("KEY_MISSING", "there is no file with a key of yours at the place that was named", { help });
  if (isOpenToOthers(file))
    throw new Failure("KEY_MISSING", "the file of your key can be read by others", {
      help: "Make it readable by you only: chmod 600.",
    });
  const seed = parseKey(readFileSync(file, "utf8"));
  if (seed === undefined) throw new Failure("KEY_MISSING", "the file that was named holds no private key", { help });
  return ed25519Key(seed);
}

/** The Ed25519 key of a seed of 32 bytes. */
export function ed25519Key(seed: Uint8Array): KeyObject {
  // the fixed head of a PKCS#8 Ed25519 key (RFC 8410), then the seed
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}
