/** The data map as it was: another file, or the same file in a revision of git. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { Failure } from "./errors.ts";
import { type MapFile, readMapFile, readMapText } from "./map-file.ts";
import type { Registry } from "./port/registry.ts";

/** Names of revisions as git takes them; none that it would take for a flag. */
const REVISION = /^[A-Za-z0-9][\w./~^@{}+-]*$/u;
const MOST = 64 * 1024 * 1024;

/** Throws DATAMAP_MISSING where there is neither. */
export async function readBaseMap(
  base: string,
  file: string,
  { registry, today }: { readonly registry: Registry; readonly today: string },
): Promise<MapFile> {
  if (existsSync(base)) return await readMapFile(base, registry, today, false);
  const text = REVISION.test(base) ? atRevision(base, file) : undefined;
  if (text === undefined)
    throw new Failure("DATAMAP_MISSING", "there is no file of that name, and no git revision that has this data map", {
      help: "Name a file, or a revision such as origin/main or HEAD~1.",
    });
  return await readMapText({ file, text }, registry, today, false);
}

function atRevision(revision: string, file: string): string | undefined {
  try {
    return execFileSync("git", ["show", `${revision}:./${basename(file)}`], {
      cwd: dirname(resolve(file)),
      encoding: "utf8",
      maxBuffer: MOST,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    // what git says repeats what was typed
    return undefined;
  }
}
