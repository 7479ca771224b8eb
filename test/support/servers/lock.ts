import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/** Runs `work` while no other process holds the lock. The kernel lets go of it when its holder dies. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    for (;;) {
      try {
        database.exec("BEGIN EXCLUSIVE");
        break;
      } catch (error) {
        if (!(error instanceof Error && /locked|busy/u.test(error.message))) throw error;
        await sleep(25 + Math.random() * 25);
      }
    }
    return await work();
  } finally {
    database.close();
  }
}
