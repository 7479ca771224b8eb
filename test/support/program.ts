import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** What a person runs. */
export const PROGRAM = join(ROOT, "bin/run.js");

export function isBuilt(): boolean {
  return existsSync(PROGRAM) && existsSync(join(ROOT, "dist"));
}

export interface How {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Hears both outputs while they are written. */
  readonly hear?: (text: string) => void;
}

/** Runs the program to its end, by the Node that runs this. */
export async function runProgram(args: readonly string[], how: How): Promise<{ output: string; exit: number }> {
  return await new Promise((done, fail) => {
    const child = spawn(process.execPath, [...(how.nodeOptions ?? []), PROGRAM, ...args], {
      cwd: how.cwd,
      env: { ...process.env, ...how.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let output = "";
    const hear = (text: string) => {
      output += text;
      how.hear?.(text);
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    child.once("error", fail).once("close", (exit) => done({ output, exit: exit ?? 1 }));
    child.stdin.on("error", () => {}); // it may end without reading
    child.stdin.end(how.stdin ?? "");
  });
}
