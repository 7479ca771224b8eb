/** What a person hands in to have a proof checked: the file, and the public key. */
import { existsSync, readFileSync } from "node:fs";
import { Failure } from "./errors.ts";
import { vkeyFile, type WorkspacePlace } from "./workspace-place.ts";

/** The key's text: given as text or as a file, else the workspace's own; undefined where there is neither. Throws USAGE. */
export function publicKey(given: string | undefined, place: WorkspacePlace): string | undefined {
  if (given !== undefined)
    return /^[^+]+\+[0-9a-f]{8}\+/u.test(given) && !existsSync(given)
      ? given
      : bytesOf(given, "--key").toString("utf8");
  const own = vkeyFile(place);
  return existsSync(own) ? readFileSync(own, "utf8") : undefined;
}

/** Throws USAGE, which names `what` and never the path. */
export function bytesOf(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new Failure("USAGE", `${what} names no file that can be read`);
  }
}
