import { Args, Command, Flags, type Interfaces } from "@oclif/core";
import { EXIT, type ExitCode, Failure, FAILURES } from "./errors.ts";
import { isRequestId, requestId } from "./model/request-id.ts";
import { askChoice, askText, type Asking } from "./terminal/ask.ts";
import { fit } from "./terminal/fit.ts";
import { listenForInterrupt } from "./terminal/interrupt.ts";
import { type Progress, showProgress } from "./terminal/progress.ts";
import { type Tone, toneOf } from "./terminal/tone.ts";
import { missingFrom, typedIn, usageFailure } from "./terminal/usage.ts";

/** What a command has to say in the end. */
export interface Answer {
  readonly data: object;
  /** For people, on stdout; without the line end. */
  readonly human: string;
  /** Takes the place of both on stdout, as it stands. */
  readonly document?: string;
  /** The envelope is asked for by another flag than --json. */
  readonly json?: true;
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
  /** Whether anything of the command line was missing, and was typed at a question. */
  wasAsked(): boolean;
  readonly progress: Progress;
  /** Talk, on stderr; not with --quiet. */
  say(text: string): void;
}

/** `--as`: who acts. Commands that record the actor have it. */
export const asFlag = {
  as: Flags.string({
    helpValue: "NAME",
    summary: "Who acts. Default: EXPUNGE_ACTOR, else the user of the operating system.",
  }),
  "sign-with": Flags.string({
    helpValue: "FILE",
    summary: "The key you act with, where the data map has `people`. Default: EXPUNGE_SIGN_WITH.",
  }),
};

/** The id of a request, however it is typed: `r-2026-3` is `R-2026-0003`. */
export const idArg = Args.string({
  required: true,
  description: "id of the request",
  parse: async (typed) => await Promise.resolve(requestId(typed)),
});

/** The same, where a command does without it too. */
export const optionalIdArg = Args.string({
  description: "id of a request",
  parse: async (typed) => await Promise.resolve(requestId(typed)),
});

/** `--confirm ID`. */
export const confirmFlag = {
  confirm: Flags.string({
    helpValue: "ID",
    summary: "The request's id again, instead of typing it.",
    parse: async (typed) => await Promise.resolve(requestId(typed)),
  }),
};

/** How a flag or argument that must be there is asked for, in a terminal. */
export interface Question {
  readonly question: string;
  /** What each of a flag's options means. */
  readonly choices?: Readonly<Record<string, string>>;
  /** Why what was typed will not do. */
  readonly whyNot?: (typed: string) => string | undefined;
}

const ASK_ID: Question = {
  question: "Which request (R-2026-0001)?",
  whyNot: (typed) =>
    isRequestId(typed) ? undefined : "An id looks like R-2026-0001; `expunge request list` shows them.",
};

/** Parsed flags or arguments, by name. */
type Given = Record<string, unknown>;

/** A command line of which something is missing, as far as it was understood. */
export interface Typed {
  readonly args: Given;
  readonly flags: Given;
  readonly signal: AbortSignal;
}

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
    keys: Flags.string({
      ...GLOBAL,
      helpValue: "DIR",
      summary: "Folder of the keys. Default: keys in the workspace; beside a database .expunge/keys.",
    }),
    json: Flags.boolean({ ...GLOBAL, summary: "One JSON document on stdout." }),
    "no-input": Flags.boolean({ ...GLOBAL, summary: "Never ask." }),
    plain: Flags.boolean({ ...GLOBAL, summary: "No colours, no lines that change in place." }),
    quiet: Flags.boolean({ ...GLOBAL, summary: "No talk on stderr, only errors." }),
    verbose: Flags.boolean({ ...GLOBAL, summary: "More talk; where a fault happened." }),
  };

  // oclif leaves it undefined where a command has none
  static override flags = {};

  /** Questions for what must be given and was not, by the flag's or argument's name. */
  protected readonly asks: Readonly<Record<string, Question>> = {};

  #asking: Asking | undefined;
  #wasAsked = false;

  /** The request's id, once it was understood: for what is said to the person who typed it. */
  #id: string | undefined;

  /** Events that were written as lines of JSON already; then no envelope follows. */
  #emitted = false;

  /** Throws why the command may not do its work, as far as it was typed: looked at before anything is asked for. */
  protected readonly beforeAsking: (typed: Typed) => Promise<void> = async () => {};

  /** The command's work. */
  protected abstract work(session: Session): Promise<Answer>;

  /** With --json: writes an event as a line of its own at once, instead of an envelope at the end. */
  protected emit(event: object): void {
    if (!toneOf(this.argv).json) return;
    this.#emitted = true;
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  /** What another command answers to these arguments. Nothing is printed but what it says on the way. */
  protected async answerOf(id: string, argv: readonly string[], session: Session): Promise<Answer> {
    const command: unknown = await this.config.findCommand(id, { must: true }).load();
    const isOurs = (one: unknown): one is new (argv: string[], config: BaseCommand["config"]) => BaseCommand =>
      typeof one === "function" && one.prototype instanceof BaseCommand;
    if (!isOurs(command)) throw new Failure("UNEXPECTED", `${id} is no command of expunge`);
    return await new command([...argv], this.config).work(session);
  }

  override async run(): Promise<void> {
    const tone = toneOf(this.argv);
    const answer = await this.#workIn(tone);
    const say = talk(tone);
    process.exitCode = answer.exit ?? EXIT.done;
    if (answer.document !== undefined) {
      process.stdout.write(answer.document);
      return;
    }
    if (tone.json || answer.json === true) {
      if (!this.#emitted) process.stdout.write(`${JSON.stringify(this.#envelope(answer))}\n`);
      return;
    }
    if (answer.human !== "") process.stdout.write(`${fit(answer.human, process.stdout)}\n`);
    for (const warning of answer.warnings ?? []) say(`warning: ${warning}`);
    // a command is never cut: it is copied
    if (answer.next !== undefined && answer.next.length > 0 && !tone.quiet)
      process.stderr.write(`Next: ${answer.next.join("\n      ")}\n`);
  }

  /** In a terminal whatever must be there and is missing is asked for. */
  protected override async parse<F extends Given, B extends Given, A extends Given>(
    options?: Interfaces.Input<F, B, A>,
    argv: string[] = this.argv,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    try {
      const parsed = await super.parse<F, B, A>(options, argv);
      this.#id = idIn(parsed.args);
      return parsed;
    } catch (error) {
      const missing = this.#asking?.possible === true ? missingFrom(error, this.ctor) : undefined;
      if (missing === undefined || this.#asking === undefined) throw error;
      const typed = typedIn(error);
      this.#id = idIn(typed.args);
      await this.beforeAsking({ ...typed, signal: this.#asking.signal });
      const completed = await this.#completed(argv, missing, this.#asking);
      this.#wasAsked = true;
      return await this.parse(options, completed);
    }
  }

  /** oclif would print parser errors as they are, with what was typed: they are told in src/terminal/start.ts. */
  protected override async catch(error: unknown): Promise<never> {
    throw error;
  }

  /** Asks for what is missing, and says the whole command: what was typed is read back. */
  async #completed(
    argv: readonly string[],
    missing: { readonly args: readonly string[]; readonly flags: readonly string[] },
    asking: Asking,
  ): Promise<string[]> {
    const args: string[] = [];
    const flags: string[] = [];
    for (const name of missing.args)
      args.push(
        await this.#ask(this.asks[name] ?? (name === "id" ? ASK_ID : { question: `${name.toUpperCase()}:` }), asking),
      );
    for (const name of missing.flags) {
      const flag = this.ctor.flags[name];
      const choices =
        flag?.type === "option" && flag.options !== undefined
          ? Object.fromEntries(flag.options.map((one) => [one, one]))
          : undefined;
      const question = this.asks[name] ?? {
        question: `${flag?.summary ?? `--${name}`}`,
        ...(choices === undefined ? {} : { choices }),
      };
      flags.push(`--${name}=${await this.#ask(question, asking)}`);
    }
    // before what was typed: after a `--` nothing is a flag any more
    return [...flags, ...argv, ...args];
  }

  async #ask({ question, choices, whyNot }: Question, asking: Asking): Promise<string> {
    const answer =
      choices === undefined
        ? await askText(question, asking, {
            whyNot: (typed) => (typed.trim() === "" ? "It must be given." : whyNot?.(typed)),
          })
        : await askChoice(question, choices, asking);
    return answer?.trim() ?? "";
  }

  async #workIn(tone: Tone): Promise<Answer> {
    using progress = showProgress(tone);
    const say = talk(tone, progress);
    using interruption = listenForInterrupt(say);
    const { signal } = interruption;
    const here = process.stdin.isTTY && process.stderr.isTTY;
    const asking = { possible: here && !this.argv.includes("--no-input") && !tone.json, signal };
    this.#asking = asking;
    try {
      this.#refuseLater();
      return await this.work({ tone, signal, asking, wasAsked: () => this.#wasAsked, progress, say });
    } catch (error) {
      if (signal.aborted && error instanceof Error && error.name === "AbortError")
        throw new Failure("INTERRUPTED", "stopped after the record at hand");
      throw this.#withHelp(usageFailure(error, this.ctor));
    }
  }

  /** Help that can be followed as it stands: with the request's own id, and the command's own page. */
  #withHelp(error: unknown): unknown {
    if (!(error instanceof Failure)) return error;
    const { code, message, at, details, cause } = error;
    const own =
      code === "USAGE" && error.help === FAILURES.USAGE.help
        ? `See: expunge ${this.ctor.id.replaceAll(":", " ")} --help.`
        : error.help;
    const help = this.#id === undefined ? own : own.replaceAll(/\bID\b/gu, this.#id);
    return help === error.help
      ? error
      : new Failure(code, message, { help, cause, details, ...(at === undefined ? {} : { at }) });
  }

  #refuseLater(): void {
    for (const [name, { helpGroup }] of Object.entries(this.ctor.flags)) {
      if (helpGroup === LATER && this.argv.some((typed) => typed === `--${name}` || typed.startsWith(`--${name}=`)))
        throw new Failure("OPTION_NOT_BUILT", `--${name} is not built yet`);
    }
  }

  #envelope({ data, exit = EXIT.done, warnings = [], next = [] }: Answer): object {
    return {
      schema: `expunge/${this.ctor.id.replaceAll(":", "-")}/v1`,
      ok: exit === EXIT.done,
      exit,
      data,
      warnings,
      next,
    };
  }
}

/** Only what is an id: what else was typed is never repeated. */
function idIn({ id }: Given): string | undefined {
  return typeof id === "string" && isRequestId(id) ? requestId(id) : undefined;
}

function talk({ quiet, json }: Tone, progress?: Progress): (text: string) => void {
  return (text) => {
    if (quiet || json) return;
    progress?.clear();
    process.stderr.write(`${fit(text, process.stderr)}\n`);
  };
}
