import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "./errors.ts";

export interface WrittenFile {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
}

/** Writes the file whole or not at all, and the folders it needs. Throws USAGE where it cannot be written. */
export function writeWhole(path: string, content: string | Uint8Array): WrittenFile {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(aside, content);
    renameSync(aside, path);
  } catch {
    rmSync(aside, { force: true });
    throw new Failure("USAGE", "the file cannot be written", {
      help: "Name a folder that exists or can be made, and that you may write to.",
    });
  }
  return { path, sha256: createHash("sha256").update(content).digest("hex") };
}
