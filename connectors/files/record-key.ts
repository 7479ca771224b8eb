import { Failure } from "../../src/errors.ts";

/** Names a record within the system: canonical JSON of its file's path below the root and its name in the file. */
export function keyOf(path: string, id: string): string {
  return JSON.stringify([path, id]);
}

/** Names the file as a whole. */
export function fileAddress(file: string): string {
  return JSON.stringify([file]);
}

/** Throws PLAN_ALTERED for what is no key of ours. */
export function parseKey(key: string): { readonly path: string; readonly id: string } {
  const parsed: unknown = JSON.parse(key);
  if (Array.isArray(parsed) && typeof parsed[0] === "string" && typeof parsed[1] === "string" && parsed.length === 2)
    return { path: parsed[0], id: parsed[1] };
  throw new Failure("PLAN_ALTERED", "a planned key is none of a files system");
}
