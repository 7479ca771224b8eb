import { Failure } from "../errors.ts";
import { integer, nextNumber, one, type Row, type Sql, text } from "./sql.ts";
import { isDead, type ProcessName } from "./this-process.ts";

/** How long a lease holds without a sign of life. */
export const LEASE_MS = 60_000;

/** Locks that end by themselves: a name, who has it, until when, and a fence that grows with each new holder. */
export interface Leases {
  /** Throws BUSY where somebody living holds one of these names. A lease that has lapsed, or whose holder is dead, is over for good. */
  refuseHeld(names: readonly string[]): Promise<void>;
  /** Takes all of these names or none. → the fence */
  take(names: readonly string[]): Promise<number>;
  /** Holds for some time more. Throws BUSY where somebody else has taken one of the names, or may have. */
  renew(fence: number, names: readonly string[]): Promise<void>;
  release(fence: number): Promise<void>;
}

export function leaseStore(sql: Sql, me: ProcessName, lasting = LEASE_MS): Leases {
  const holds = `${sql.clock} + ${lasting}`;
  const refuseHeld = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const row = await one(sql, `select host, owner, until > ${sql.clock} as running from lease where name = ?`, [
        name,
      ]);
      if (row === undefined) continue;
      const owner = { host: text(row, "host"), process: text(row, "owner") };
      if (isTrue(row, "running") && !isDead(owner, me)) throw busy(name, owner, me);
      await sql.run("delete from lease where name = ?", [name]);
    }
  };
  return {
    refuseHeld,
    async take(names) {
      await refuseHeld(names);
      const fence = await nextNumber(sql, "fence");
      for (const name of names)
        await sql.run(`insert into lease (name, owner, host, fence, until) values (?, ?, ?, ?, ${holds})`, [
          name,
          me.process,
          me.host,
          fence,
        ]);
      return fence;
    },
    async renew(fence, names) {
      // where it had lapsed and nobody looked, it is ours still: nothing was done in between
      if ((await sql.run(`update lease set until = ${holds} where fence = ?`, [fence])) === names.length) return;
      for (const name of names) {
        const row = await one(sql, "select host, owner, fence from lease where name = ?", [name]);
        if (row !== undefined && integer(row, "fence") !== fence)
          throw busy(name, { host: text(row, "host"), process: text(row, "owner") }, me);
      }
      throw new Failure(
        "BUSY",
        "this process was still for so long that others may have acted; it writes nothing more",
      );
    },
    async release(fence) {
      await sql.run("delete from lease where fence = ?", [fence]);
    },
  };
}

function busy(name: string, { host, process }: ProcessName, me: ProcessName): Failure {
  const where = host === me.host ? "" : ` on ${host.split(" ")[0] ?? ""}`;
  const what = name.startsWith("subject:") ? "this person" : name;
  return new Failure("BUSY", `another expunge (process ${process.split(" ")[0] ?? ""}${where}) is working on ${what}`);
}

/** SQLite has no truth values. */
function isTrue(row: Row, column: string): boolean {
  return row[column] === true || row[column] === 1;
}
