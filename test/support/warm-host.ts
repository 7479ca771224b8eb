/**
 * A process that has the program loaded and runs one command line after the other: loading it anew takes longer than most
 * commands. Whatever a command reads of its process (arguments, environment, folder, standard input) is as in a new one.
 * Started by warm-program.ts, ends with it.
 */
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";

const BIN = resolve(import.meta.dirname, "../../bin");

interface Program {
  start(argv: readonly string[], root: string): Promise<void>;
}

interface Command {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

class Exited extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

// as bin/run.js does
setFlagsFromString("--semi-space-growth-factor=1");
const program: unknown = await import(join(BIN, "../dist/src/terminal/start.js"));
if (!isProgram(program)) throw new Error("the build has no start");
const { start } = program;
process.on("disconnect", () => process.exit(0));
process.on("message", (command: Command) => {
  void run(command).then((said) => process.send?.(said));
});

async function run({ args, cwd, env, stdin }: Command): Promise<object> {
  const said = { out: "", err: "" };
  using _out = capture(process.stdout, (text) => (said.out += text));
  using _err = capture(process.stderr, (text) => (said.err += text));
  using _in = replaced("stdin", Readable.from([Buffer.from(stdin)]));
  using _argv = replaced("argv", [process.execPath, join(BIN, "run.js"), ...args]);
  using _exit = replaced("exit", (code?: number) => {
    throw new Exited(code ?? 0);
  });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = 0;
  try {
    await start(args, BIN);
  } catch (error) {
    if (!(error instanceof Exited)) throw error;
    process.exitCode = error.code;
  } finally {
    process.removeAllListeners("uncaughtException");
  }
  return { code: process.exitCode, ...said };
}

function isProgram(loaded: unknown): loaded is Program {
  return typeof loaded === "object" && loaded !== null && "start" in loaded && typeof loaded.start === "function";
}

function capture(stream: NodeJS.WriteStream, hear: (text: string) => void): Disposable {
  const { write } = stream;
  stream.write = (chunk: Uint8Array | string, ...more: unknown[]): boolean => {
    hear(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    for (const done of more) if (typeof done === "function") done();
    return true;
  };
  return { [Symbol.dispose]: () => (stream.write = write) };
}

function replaced(name: "stdin" | "argv" | "exit", value: unknown): Disposable {
  const before = Object.getOwnPropertyDescriptor(process, name) ?? {};
  Object.defineProperty(process, name, { configurable: true, writable: true, value });
  return { [Symbol.dispose]: () => void Object.defineProperty(process, name, before) };
}
