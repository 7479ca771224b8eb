/**
 * A run owns the servers that it started: their folders and pid files lie in the run's folder, and whoever opened the
 * run stops them. What a dead run left behind is stopped by the next one.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "./lock.ts";

const RUN = "EXPUNGE_TEST_RUN";
const RUNS = resolve(import.meta.dirname, "../../../.cache/runs");

export interface Run {
  readonly folder: string;
  /** Stops everything that was started in this run, and removes its folder. */
  close(): Promise<void>;
}

/** Opens a run and hands it to this process and its children by an environment variable. */
export async function openRun(): Promise<Run> {
  mkdirSync(RUNS, { recursive: true });
  await reap();
  const folder = join(RUNS, `run-${process.pid}-${randomBytes(4).toString("hex")}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "owner"), `${process.pid} ${startOf(process.pid)}`);
  process.env[RUN] = folder;
  const onExit = () => void signalAll(folder);
  process.once("exit", onExit);
  return {
    folder,
    async close() {
      for (const database of readdirSync(folder).filter((name) => name.endsWith(".database"))) {
        const { dropDatabase } = await import("./postgres.ts");
        await dropDatabase(JSON.parse(readFileSync(join(folder, database), "utf8")));
      }
      await stop(folder);
      process.removeListener("exit", onExit);
    },
  };
}

/** The folder of the run this process belongs to. */
export function runFolder(): string {
  const folder = process.env[RUN];
  if (folder === undefined || !existsSync(folder))
    throw new Error(`no run is open here: start tests with vitest, or call openRun() first (${RUN})`);
  return folder;
}

/**
 * What `start` gave, started by the first caller of the run in any of its processes. A start that failed is not tried
 * again in the same run.
 */
export async function oncePerRun<T>(name: string, start: (folder: string) => Promise<T>): Promise<T> {
  const run = runFolder();
  const given = join(run, `${name}.json`);
  const failed = join(run, `${name}.failed`);
  return await withLock(join(run, `${name}.lock`), async () => {
    if (existsSync(given)) return JSON.parse(readFileSync(given, "utf8")) as T;
    if (existsSync(failed)) throw new Error(readFileSync(failed, "utf8"));
    const folder = join(run, name);
    mkdirSync(folder);
    try {
      const value = await start(folder);
      writeFileSync(given, JSON.stringify(value));
      return value;
    } catch (error) {
      writeFileSync(failed, error instanceof Error ? error.message : String(error));
      await stop(folder);
      throw error;
    }
  });
}

/** Notes a process of this run. Its command line must bear the run's name, so that no stranger is ever stopped. */
export function notePid(folder: string, name: string, pid: number, signal: NodeJS.Signals): void {
  writeFileSync(join(folder, `${name}.pid`), `${pid} ${signal}`);
}

/** Stops what runs in this folder and removes it. */
export async function stop(folder: string): Promise<void> {
  const pids = signalAll(folder);
  for (const until = Date.now() + 10_000; pids.some((pid) => belongs(pid, folder)); await sleep(20)) {
    if (Date.now() > until) {
      for (const pid of pids) if (belongs(pid, folder)) kill(pid, "SIGKILL");
      break;
    }
  }
  for (let tries = 5; tries > 0; tries -= 1) {
    try {
      rmSync(folder, { recursive: true, force: true });
      rmSync(outside(folder), { recursive: true, force: true });
      return;
    } catch {
      await sleep(200); // a child of what was stopped may still be writing
    }
  }
}

/** The twin of a run's folder (or of one in it) for servers that must not run as we do, and may not reach ours. */
export function outside(folder: string): string {
  return join(tmpdir(), `expunge-${relative(RUNS, folder)}`);
}

async function reap(): Promise<void> {
  await withLock(join(RUNS, "reap.lock"), async () => {
    for (const name of readdirSync(RUNS).filter((entry) => entry.startsWith("run-"))) {
      const folder = join(RUNS, name);
      const [pid = "", start = ""] = ownerOf(folder).split(" ");
      if (pid !== "" && startOf(Number(pid)) === start) continue;
      process.stderr.write(`test servers: stopping what run ${name} left behind\n`);
      await stop(folder);
    }
  });
}

function ownerOf(folder: string): string {
  // a run's folder exists for a moment before its owner is written: such a one is left alone by the name's pid
  const file = join(folder, "owner");
  if (existsSync(file)) return readFileSync(file, "utf8");
  const pid = Number(folder.split("-").at(-2));
  return startOf(pid) === "" ? "" : `${pid} ${startOf(pid)}`;
}

/** Field 22 of /proc/PID/stat: tells a process from a later one with the same number. "" where none lives. */
function startOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /su, "")
      .split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

function signalAll(folder: string): number[] {
  const found: number[] = [];
  for (const file of pidFiles(folder)) {
    const [pid = "", signal = "SIGKILL"] = readFileSync(file, "utf8").trim().split(" ");
    if (!belongs(Number(pid), folder)) continue;
    kill(Number(pid), signal as NodeJS.Signals);
    found.push(Number(pid));
  }
  return found;
}

/** Not in the servers' data: a server that still lives removes files there while they are listed. */
function* pidFiles(folder: string): Generator<string> {
  for (const entry of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []) {
    const at = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== "data") yield* pidFiles(at);
    else if (entry.isFile() && entry.name.endsWith(".pid") && entry.name !== "postmaster.pid") yield at;
  }
}

function belongs(pid: number, folder: string): boolean {
  const run = relative(RUNS, folder).split("/")[0] ?? "";
  try {
    return run !== "" && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(run);
  } catch {
    return false;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}
