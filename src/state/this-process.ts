/** Who we are, so that another process can tell whether we still live. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process as it stands in a lease. */
export interface ProcessName {
  /** Name of the machine, with its machine id where it has one. */
  readonly host: string;
  /** Number, and what tells it from another process that gets the same number: `PID BOOT NAMESPACE START`. `?`: the system does not tell. */
  readonly process: string;
}

export function thisProcess(): ProcessName {
  const machine = firstLine("/etc/machine-id");
  return {
    host: machine === "" ? hostname() : `${hostname()} ${machine}`,
    process: `${process.pid} ${bootId()} ${namespace()} ${startOf(process.pid) ?? "?"}`,
  };
}

/** Whether it is known for certain that the process is no more. */
export function isDead(other: ProcessName, me: ProcessName): boolean {
  if (other.host !== me.host) return false;
  const [pid = "", boot = "?", space = "?", start = "?"] = other.process.split(" ");
  const [, myBoot = "?", mySpace = "?"] = me.process.split(" ");
  // a machine of this id has started again; without an id, another one may bear the name
  if (boot !== myBoot) return other.host.includes(" ") && boot !== "?";
  // processes of another container cannot be seen from here
  if (space !== mySpace) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else
    return !(error instanceof Error && "code" in error && error.code === "EPERM");
  }
  const now = startOf(Number(pid));
  // a number that was given to another process since is not the holder
  return now !== undefined && start !== "?" && now !== start;
}

/** In clock ticks since boot; undefined where the system does not tell. A zombie is dead. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "dead" : fields[19];
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return firstLine("/proc/sys/kernel/random/boot_id") || "?";
}

function namespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "?";
  }
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, "utf8").split("\n")[0]?.trim() ?? "";
  } catch {
    return "";
  }
}
