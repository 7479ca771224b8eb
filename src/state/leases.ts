import { readFileSync } from "node:fs";
import { Failure } from "../errors.ts";
import { integer, one, type Sql, text } from "./sql.ts";

export interface Leases {
  /** Takes all of these names or none; throws BUSY when a living process has one. A dead process never holds anything. */
  take(names: readonly string[], at: string): Promise<void>;
  release(names: readonly string[]): Promise<void>;
  /** Throws BUSY where a living process has one of these names. */
  refuseTaken(names: readonly string[]): Promise<void>;
}

export function leaseStore(sql: Sql): Leases {
  const me = { pid: process.pid, started: startOf(process.pid) ?? "" };
  const refuseTaken = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const row = await one(sql, "select pid, started from lock where name = ?", [name]);
      if (row !== undefined && isAlive(integer(row, "pid"), text(row, "started"))) {
        throw new Failure(
          "BUSY",
          `another expunge (process ${integer(row, "pid")}) is working on ${name.startsWith("R-") || name.startsWith("D-") ? name : "this person"}`,
        );
      }
    }
  };
  return {
    refuseTaken,
    async take(names, at) {
      await refuseTaken(names);
      for (const name of names)
        await sql.run(
          "insert into lock (name, pid, started, taken_at) values (?, ?, ?, ?) on conflict (name) do update set pid = excluded.pid, started = excluded.started, taken_at = excluded.taken_at",
          [name, me.pid, me.started, at],
        );
    },
    async release(names) {
      for (const name of names) await sql.run("delete from lock where name = ? and pid = ? and started = ?", [name, me.pid, me.started]);
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
