import { Command, Flags } from "@oclif/core";
import { EXIT, type ExitCode, Failure } from "./errors.ts";
import type { Asking } from "./terminal/ask.ts";
import { listenForInterrupt } from "./terminal/interrupt.ts";
import { type Progress, showProgress } from "./terminal/progress.ts";
import { type Tone, toneOf } from "./terminal/tone.ts";
import { usageFailure } from "./terminal/usage.ts";

/** What a command has to say in the end. */
export interface Answer {
  readonly data: object;
  /** For people, on stdout; without the line end. */
  readonly human: string;
  /** Default 0. Other than 0 with data: `ok` is false and there is no `error`. */
  readonly exit?: ExitCode;
  readonly warnings?: readonly string[];
  /** Commands that a person would type next. */
  readonly next?: readonly string[];
}

/** What a command may use of the terminal, and how it learns that it should stop. */
export interface Session {
  readonly tone: Tone;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly asking: Asking;
  readonly progress: Progress;
  /** Talk, on stderr; not with --quiet. */
  say(text: string): void;
}

/** `--as`: who acts. Commands that record the actor have it. */
export const asFlag = { as: Flags.string({ helpValue: "NAME", summary: "Who acts. Default: EXPUNGE_ACTOR, else the user of the operating system." }) };

const LATER = "LATER";

/** A flag that is known, but not built yet: hidden, and refused by its name before anything else is looked at. */
export const laterFlag = Flags.boolean({ hidden: true, helpGroup: LATER });

const GLOBAL = { helpGroup: "GLOBAL" };

/**
 * A command: parse, call, return. It never prints and never sets an exit code: it returns an `Answer` or throws a
 * `Failure`, and this class (or src/terminal/start.ts) says it, in words or as JSON.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    map: Flags.string({ ...GLOBAL, helpValue: "FILE", default: "datamap.yaml", summary: "The data map." }),
    workspace: Flags.string({
      ...GLOBAL,
      helpValue: "DIR",
      default: ".expunge",
      summary: "State, ledger and keys: a folder, or postgres:NAME with the name of a secret.",
    }),
    keys: Flags.string({ ...GLOBAL, helpValue: "DIR", summary: "Folder of the keys. Default: keys in the workspace; beside a database .expunge/keys." }),
    json: Flags.boolean({ ...GLOBAL, summary: "One JSON document on stdout." }),
    "no-input": Flags.boolean({ ...GLOBAL, summary: "Never ask." }),
    plain: Flags.boolean({ ...GLOBAL, summary: "No colours, no lines that change in place." }),
    quiet: Flags.boolean({ ...GLOBAL, summary: "No talk on stderr, only errors." }),
    verbose: Flags.boolean({ ...GLOBAL, summary: "More talk; where a fault happened." }),
  };

  // oclif leaves it undefined where a command has none
  static override flags = {};

  /** Events that were written as lines of JSON already; then no envelope follows. */
  #emitted = false;

  /** The command's work. */
  protected abstract work(session: Session): Promise<Answer>;

  /** With --json: writes an event as a line of its own at once, instead of an envelope at the end. */
  protected emit(event: object): void {
    if (!toneOf(this.argv).json) return;
    this.#emitted = true;
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  override async run(): Promise<void> {
    const tone = toneOf(this.argv);
    const answer = await this.#workIn(tone);
    const say = talk(tone);
    process.exitCode = answer.exit ?? EXIT.done;
    if (tone.json) {
      if (!this.#emitted) process.stdout.write(`${JSON.stringify(this.#envelope(answer))}\n`);
      return;
    }
    if (answer.human !== "") process.stdout.write(`${answer.human}\n`);
    for (const warning of answer.warnings ?? []) say(`warning: ${warning}`);
    if (answer.next !== undefined && answer.next.length > 0) say(`Next: ${answer.next.join("\n      ")}`);
  }

  /** oclif would print parser errors as they are, with what was typed: they are told in src/terminal/start.ts. */
  protected override async catch(error: unknown): Promise<never> {
    throw error;
  }

  async #workIn(tone: Tone): Promise<Answer> {
    using progress = showProgress(tone);
    const say = talk(tone, progress);
    using interruption = listenForInterrupt(say);
    const { signal } = interruption;
    const asking = { possible: process.stdin.isTTY && !this.argv.includes("--no-input") && !tone.json, signal };
    try {
      this.#refuseLater();
      return await this.work({ tone, signal, asking, progress, say });
    } catch (error) {
      if (signal.aborted && error instanceof Error && error.name === "AbortError") throw new Failure("INTERRUPTED", "stopped after the record at hand");
      throw usageFailure(error, this.ctor);
    }
  }

  #refuseLater(): void {
    for (const [name, { helpGroup }] of Object.entries(this.ctor.flags)) {
      if (helpGroup === LATER && this.argv.some((typed) => typed === `--${name}` || typed.startsWith(`--${name}=`)))
        throw new Failure("OPTION_NOT_BUILT", `--${name} is not built yet`);
    }
  }

  #envelope({ data, exit = EXIT.done, warnings = [], next = [] }: Answer): object {
    return { schema: `expunge/${this.ctor.id.replaceAll(":", "-")}/v1`, ok: exit === EXIT.done, exit, data, warnings, next };
  }
}

function talk({ quiet, json }: Tone, progress?: Progress): (text: string) => void {
  return (text) => {
    if (quiet || json) return;
    progress?.clear();
    process.stderr.write(`${text}\n`);
  };
}
