import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

export interface WarmCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

export interface WarmEnd {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

let host: ChildProcess | undefined;
let busy = false;

/** Runs a command line in the process that has the program loaded already; undefined where another one is running in it. */
export async function runWarm(command: WarmCommand): Promise<WarmEnd | undefined> {
  if (busy) return undefined;
  busy = true;
  try {
    host ??= fork(join(import.meta.dirname, "warm-host.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const child = host;
    return await new Promise((done, fail) => {
      const gone = (code: number | null): void => {
        host = undefined;
        fail(new Error(`the program ended its process (${code}) in: ${command.args.join(" ")}`));
      };
      child.once("exit", gone);
      child.once("message", (end) => {
        child.off("exit", gone);
        if (isEnd(end)) done(end);
        else fail(new Error("the host said something else than how a command ended"));
      });
      child.send(command);
    });
  } finally {
    busy = false;
  }
}

function isEnd(said: unknown): said is WarmEnd {
  return typeof said === "object" && said !== null && "code" in said && "out" in said && "err" in said;
}
