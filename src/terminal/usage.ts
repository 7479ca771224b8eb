import { stripVTControlCharacters } from "node:util";
import { type Command, Errors } from "@oclif/core";
import { Failure } from "../errors.ts";
import { nearest } from "../model/nearest.ts";

/** What a command understands. */
interface Understood {
  readonly id: string;
  readonly flags: readonly string[];
  /** Those of them that help shows. */
  readonly shown: readonly string[];
  readonly required: readonly string[];
  readonly options: Readonly<Record<string, readonly string[]>>;
}

/** Names of required arguments and flags that are missing, in their order; undefined for an error of another kind. */
export function missingFrom(
  error: unknown,
  command: typeof Command,
): { readonly args: readonly string[]; readonly flags: readonly string[] } | undefined {
  if (!(error instanceof Errors.CLIError)) return undefined;
  const { required } = describe(command);
  const args = missingArgs(error, command);
  const flags = missingFlags(error, required);
  return args.length + flags.length === 0 ? undefined : { args, flags };
}

/** What was understood of a command line of which something is missing. */
export function typedIn(error: unknown): {
  readonly args: Record<string, unknown>;
  readonly flags: Record<string, unknown>;
} {
  const output = memberOf(memberOf(error, "parse"), "output");
  return { args: membersOf(output, "args"), flags: membersOf(output, "flags") };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function membersOf(value: unknown, name: string): Record<string, unknown> {
  const member = memberOf(value, name);
  return typeof member === "object" && member !== null ? Object.fromEntries(Object.entries(member)) : {};
}

function missingArgs(error: Error, command: typeof Command): readonly string[] {
  if (error.constructor.name !== "RequiredArgsError" || !("args" in error) || !Array.isArray(error.args)) return [];
  const missing = new Set(
    error.args.map((arg: unknown) =>
      typeof arg === "object" && arg !== null && "name" in arg ? String(arg.name) : "",
    ),
  );
  return Object.keys(command.args).filter((name) => missing.has(name));
}

function missingFlags(error: Error, required: readonly string[]): readonly string[] {
  if (error.constructor.name !== "FailedFlagValidationError") return [];
  // in a terminal oclif colours it
  const said = stripVTControlCharacters(error.message).split(/\s*\n\s*/u);
  return required.filter((name) => said.some((line) => line.endsWith(`Missing required flag ${name}`)));
}

/** oclif's errors quote what was typed; this says the same in names that are ours. Anything else is handed back. */
export function usageFailure(error: unknown, command: typeof Command): unknown {
  if (!(error instanceof Errors.CLIError)) return error;
  const understood = describe(command);
  const missing = missingArgs(error, command);
  const help = `See: expunge ${understood.id} --help.`;
  return new Failure(
    "USAGE",
    missing.length > 0
      ? `missing: ${missing.map((name) => name.toUpperCase()).join(", ")}`
      : explain(error, understood),
    { help },
  );
}

function describe(command: typeof Command): Understood {
  const flags = { ...command.baseFlags, ...command.flags };
  return {
    id: command.id.replaceAll(":", " "),
    flags: Object.keys(flags),
    shown: Object.entries(flags).flatMap(([name, flag]) => (flag.hidden === true ? [] : [name])),
    required: Object.entries(flags).flatMap(([name, flag]) => (flag.required === true ? [name] : [])),
    options: Object.fromEntries(
      Object.entries(flags).map(([name, flag]) => [name, flag.type === "option" ? (flag.options ?? []) : []]),
    ),
  };
}

/** The names in oclif's messages are looked up among ours; what is not found there is not said. */
function explain(error: Error, { flags, shown, required, options }: Understood): string {
  const named = /^(?:Flag|Expected|Parsing) --([a-z-]+)/u.exec(stripVTControlCharacters(error.message))?.[1];
  const flag = flags.find((name) => name === named);
  switch (error.constructor.name) {
    case "RequiredArgsError":
      return "an argument is missing";
    case "UnexpectedArgsError":
      return "there is an argument too many";
    case "NonExistentFlagsError": {
      const typed = "flags" in error && Array.isArray(error.flags) ? error.flags.map(String) : [];
      const meant = typed
        .map((one) => nearest(one.replace(/^-+/u, "").replace(/=.*$/su, ""), shown))
        .find((name) => name !== undefined);
      return `a flag is not known${meant === undefined ? "" : `. Did you mean --${meant}?`}`;
    }
    case "FlagInvalidOptionError":
      return flag === undefined
        ? "a flag's value is not one of those it takes"
        : `--${flag} takes one of: ${(options[flag] ?? []).join(", ")}`;
    case "ArgInvalidOptionError":
      return "an argument is not one of those the command takes";
    case "FailedFlagValidationError": {
      const missing = missingFlags(error, required);
      return missing.length === 0
        ? "the flags do not go together"
        : `missing: ${missing.map((name) => `--${name}`).join(", ")}`;
    }
    default:
      return flag === undefined
        ? "the command line was not understood"
        : `--${flag} has no value, or one it does not take`;
  }
}
