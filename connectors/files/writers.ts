import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

/** How long a look at the other processes holds. */
const FRESH_MS = 1000;

/**
 * Tells which files below a folder another process has open for writing: what it writes after the file was replaced
 * would be lost. Best effort: it sees what `/proc` shows to this user, and nothing where there is no `/proc`.
 */
export function writersBelow(folder: string): (path: string) => Promise<boolean> {
  let looked = Number.NEGATIVE_INFINITY;
  let open: ReadonlySet<string> = new Set();
  return async (path) => {
    if (performance.now() - looked > FRESH_MS) {
      open = await openForWriting(`${folder}/`);
      looked = performance.now();
    }
    return open.has(path);
  };
}

/** Thousands of tiny reads of no disk: done at once for each process, which is many times quicker, with a breath between them. */
async function openForWriting(below: string): Promise<Set<string>> {
  const paths = new Set<string>();
  for (const pid of names("/proc")) {
    if (!/^\d+$/u.test(pid) || Number(pid) === process.pid) continue;
    const fds = names(`/proc/${pid}/fd`);
    for (const fd of fds) {
      const path = read(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (!path.startsWith(below)) continue;
      const flags = /^flags:\s*([0-7]+)$/mu.exec(read(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8")))?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & 0o3) !== 0) paths.add(path);
    }
    if (fds.length > 0) await setImmediate();
  }
  return paths;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Processes end, files are closed, and others' are not ours to see: then there is nothing to know. */
function read(look: () => string): string {
  try {
    return look();
  } catch {
    return "";
  }
}
