import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { runWarm } from "./warm-program.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** What one command printed. `json`: its one document, or its last NDJSON event. */
export interface Said {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
  readonly json: unknown;
  readonly events: readonly unknown[];
}

/** A signal once this text was said, or once `when` answers true. */
type SignalAfter = { readonly signal: NodeJS.Signals } & (
  | { readonly text: string }
  | { readonly when: () => Promise<boolean> }
);

interface More {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  readonly signalAfter?: SignalAfter;
}

/** One operator's folder: data map, secrets, workspace; and the program itself, run as a person runs it. */
export interface Desk extends Disposable {
  readonly folder: string;
  readonly said: readonly Said[];
  file(name: string, content: string | Uint8Array): string;
  read(name: string): string;
  map(map: object): void;
  cli(args: readonly string[], more?: More): Promise<Said>;
  /** With `--json --no-input`. */
  json(args: readonly string[], more?: { stdin?: string; env?: Record<string, string> }): Promise<Said>;
  /** A request with a confirmed identity; its id. */
  open(subjects: object, ...more: readonly string[]): Promise<string>;
  /** plan, approve, run, verify; each only where the one before let it. */
  through(id: string): Promise<{ plan: Said; approve?: Said; run?: Said; verify?: Said }>;
}

/** `fresh`: every command in a process of its own, where it is the process that is looked at. */
export function openDesk(secrets: Record<string, string> = {}, { fresh = false } = {}): Desk {
  const folder = mkdtempSync(path.join(tmpdir(), "expunge-test-desk-"));
  for (const name of ["home", "tmp", "work/data"]) mkdirSync(path.join(folder, name), { recursive: true });
  const work = path.join(folder, "work");
  const said: Said[] = [];
  const desk: Desk = {
    folder: work,
    said,
    file(name, content) {
      const at = path.join(work, name);
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, content);
      return at;
    },
    read: (name) => readFileSync(path.join(work, name), "utf8"),
    map: (map) => writeFileSync(path.join(work, "datamap.yaml"), stringify(map, { aliasDuplicateObjects: false })),
    async cli(args, more = {}) {
      const env = {
        PATH: process.env["PATH"] ?? "",
        LANG: "C.UTF-8",
        HOME: path.join(folder, "home"),
        TMPDIR: path.join(folder, "tmp"),
        ...Object.fromEntries(
          Object.entries(secrets).map(([name, value]) => [`EXPUNGE_SECRET_${name.toUpperCase()}`, value]),
        ),
        ...more.env,
      };
      const own = fresh || more.signalAfter !== undefined;
      const starts = Object.hasOwn(env, "EXPUNGE_TEST_KILL_AT") || Object.hasOwn(env, "NODE_OPTIONS");
      const warm = own || starts ? undefined : await runWarm({ args, cwd: work, env, stdin: more.stdin ?? "" });
      const one = warm === undefined ? await inItsOwnProcess(args, work, env, more) : { ...warm, ...parsed(warm.out) };
      said.push(one);
      return one;
    },
    json: (args, more) => desk.cli([...args, "--json", "--no-input"], more),
    async open(subjects, ...more) {
      const made = await desk.json(["request", "new", "--subject-file", "-", ...more], {
        stdin: JSON.stringify(subjects),
      });
      const id = dig(made.json, "data.requests.0.id");
      if (made.code !== 0 || typeof id !== "string")
        throw new Error(`request new: exit ${made.code} ${made.out} ${made.err}`);
      await desk.json(["request", "identity", id, "--method", "letter", "--result", "ok"]);
      return id;
    },
    async through(id) {
      const plan = await desk.json(["plan", id]);
      if (plan.code !== 0) return { plan };
      const approve = await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
      if (approve.code !== 0) return { plan, approve };
      const run = await desk.json(["run", id, "--confirm", id]);
      return [0, 3, 5].includes(Number(run.code))
        ? { plan, approve, run, verify: await desk.json(["verify", id]) }
        : { plan, approve, run };
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return desk;
}

async function inItsOwnProcess(
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  { stdin = "", signalAfter }: More,
): Promise<Said> {
  return await new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(ROOT, "bin/run.js"), ...args], { cwd, env });
    let out = "";
    let err = "";
    let sent = false;
    const signalWhen = async (signal: NodeJS.Signals, when: () => Promise<boolean>): Promise<void> => {
      while (child.exitCode === null && !(await when())) await sleep(50);
      child.kill(signal);
    };
    if (signalAfter !== undefined && "when" in signalAfter) void signalWhen(signalAfter.signal, signalAfter.when);
    const watch = (): void => {
      if (signalAfter === undefined || "when" in signalAfter || sent || !(out + err).includes(signalAfter.text)) return;
      sent = true;
      child.kill(signalAfter.signal);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      watch();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
      watch();
    });
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    child.on("close", (code, signal) => resolve({ code: code ?? signal ?? "?", out, err, ...parsed(out) }));
  });
}

/** Every file below a folder. */
export function* filesBelow(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(at);
    else if (entry.isFile()) yield at;
  }
}

/** The top of a data map for tests: no settle time, one approver, wide limits. */
export function testMap(parts: object): object {
  return {
    version: 1,
    controller: {
      name: "Harbour Tea Ltd",
      contact: "privacy@harbour.example",
      authority: { name: "An Authority", url: "https://authority.example" },
      calendar: { timezone: "Europe/Berlin", regime: "eu", holidays: [] },
    },
    map: { owner: "dpo@harbour.example", review_by: "2099-01-01" },
    approval: { required: true, four_eyes: false },
    limits: { max_records: 100_000, max_fraction: 1, max_fan_out: 1000 },
    settle: "0 seconds",
    identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
    ...parts,
  };
}

/** What lies at `a.0.b` of a parsed JSON text; undefined where there is no such path. */
export function dig(value: unknown, way: string): unknown {
  let at = value;
  for (const name of way.split(".")) at = typeof at === "object" && at !== null ? Reflect.get(at, name) : undefined;
  return at;
}

/** The list at a path, of objects. */
export function list(value: unknown, way: string): readonly Readonly<Record<string, unknown>>[] {
  const found = dig(value, way);
  return Array.isArray(found) ? found : [];
}

/** A plan's or run's steps by `system.record`. */
export function steps(said: Said | undefined): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const found =
    list(said?.json, "data.plan.steps").length > 0 ? list(said?.json, "data.plan.steps") : list(said?.json, "steps");
  return Object.fromEntries(found.map((step) => [`${String(step["system"])}.${String(step["record"])}`, step]));
}

function parsed(out: string): { json: unknown; events: readonly unknown[] } {
  try {
    const json: unknown = JSON.parse(out);
    return { json, events: dig(json, "event") === undefined ? [] : [json] };
  } catch {
    const events = out.split("\n").flatMap((line): unknown[] => {
      try {
        return line.startsWith("{") ? [JSON.parse(line)] : [];
      } catch {
        return [];
      }
    });
    return { json: events.at(-1), events };
  }
}
