import { readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { Failure } from "../errors.ts";
import { transact } from "./database.ts";

export interface Locks {
  /** Takes all of these names or none; throws BUSY when a living process has one. A dead process never holds anything. */
  take(names: readonly string[], at: string): Disposable;
}

export function processLocks(db: DatabaseSync): Locks {
  return {
    take(names, at) {
      const me = { pid: process.pid, started: startOf(process.pid) ?? "" };
      transact(db, () => {
        for (const name of names) {
          const row = db.prepare("select pid, started from lock where name = ?").get(name);
          if (row !== undefined && isAlive(Number(row["pid"]), String(row["started"]))) {
            throw new Failure(
              "BUSY",
              `another expunge (process ${String(row["pid"])}) is working on ${name.startsWith("R-") || name.startsWith("D-") ? name : "this person"}`,
            );
          }
          db.prepare("insert or replace into lock (name, pid, started, taken_at) values (?, ?, ?, ?)").run(name, me.pid, me.started, at);
        }
      });
      return {
        [Symbol.dispose]() {
          const release = db.prepare("delete from lock where name = ? and pid = ? and started = ?");
          for (const name of names) release.run(name, me.pid, me.started);
        },
      };
    },
  };
}

function isAlive(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  // a number that was given to another process since is not the holder
  const now = startOf(pid);
  return now === undefined || started === "" || now === started;
}

/** When the process started, in clock ticks since boot, with the boot's id; undefined where the system does not tell. A zombie is dead. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return "dead";
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${fields[19] ?? ""}`;
  } catch {
    return undefined;
  }
}
