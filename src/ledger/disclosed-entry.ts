import { Failure } from "../errors.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { fromBase64 } from "./base64.ts";
import { commit, leafText } from "./commitment.ts";
import { closedObject, isList, isObject } from "./jcs.ts";

/** What opens a leaf: its content, and what else it is made of. base64. */
export type Opening = {
  readonly core: JsonObject;
  readonly core_salt: string;
  readonly link_commitment: string;
};

/** An entry opened for others, with its way to the root. */
export type DisclosedEntry = Opening & {
  readonly proof: { readonly index: number; readonly path: readonly string[] };
};

const OPENING = ["core", "core_salt", "link_commitment"] as const;

/** Throws PROOF_INVALID for anything but exactly these members. */
export function parseOpening(value: Json | undefined): Opening {
  return opening(closedObject(value, "an opened entry", OPENING));
}

export function parseDisclosedEntry(value: Json | undefined): DisclosedEntry {
  const entry = closedObject(value, "an entry", [...OPENING, "proof"]);
  const { index, path } = closedObject(entry["proof"], "an entry's proof", ["index", "path"]);
  const hashes = isList(path)
    ? path.filter((hash): hash is string => typeof hash === "string" && fromBase64(hash)?.length === 32)
    : [];
  if (typeof index !== "number" || index < 0 || !isList(path) || hashes.length !== path.length || hashes.length > 63)
    throw new Failure("PROOF_INVALID", "an entry's proof is malformed");
  return { ...opening(entry), proof: { index, path: hashes } };
}

/** The leaf that this opening makes, as text. Throws PROOF_INVALID. */
export function leafOf({ core, core_salt, link_commitment }: Opening): string {
  const salt = fromBase64(core_salt);
  const link = fromBase64(link_commitment);
  const type = core["type"];
  if (salt === undefined || link?.length !== 32 || typeof type !== "string")
    throw new Failure("PROOF_INVALID", "an opened entry is malformed");
  return leafText({ type, core: commit("core", salt, core), link });
}

function opening({ core, core_salt, link_commitment }: JsonObject): Opening {
  if (!isObject(core) || typeof core_salt !== "string" || typeof link_commitment !== "string")
    throw new Failure("PROOF_INVALID", "an opened entry is malformed");
  return { core, core_salt, link_commitment };
}
