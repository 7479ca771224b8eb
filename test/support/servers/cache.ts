import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { withLock } from "./lock.ts";

/** Where downloads are kept: EXPUNGE_CACHE, else `.cache` of the checkout. */
export function cacheFolder(): string {
  return resolve(process.env["EXPUNGE_CACHE"] ?? join(import.meta.dirname, "../../../.cache"));
}

/**
 * The cached folder of this name, made once: `make` fills a folder aside, which takes the name only when it is whole.
 * Two processes never make the same one at once.
 */
export async function cached(name: string, make: (aside: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  await withLock(join(cacheFolder(), `${name}.lock`), async () => {
    if (existsSync(folder)) return;
    const aside = mkdtempSync(join(cacheFolder(), `new-${name}-`));
    try {
      await make(aside);
      chmodSync(aside, 0o755); // a server may run as another user
      renameSync(aside, folder);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  });
  return folder;
}
