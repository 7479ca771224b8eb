import { type Command, Errors } from "@oclif/core";
import { Failure } from "../errors.ts";
import { nearest } from "./suggest.ts";

/** What a command understands. */
interface Understood {
  readonly id: string;
  readonly flags: readonly string[];
  /** Those of them that help shows. */
  readonly shown: readonly string[];
  readonly required: readonly string[];
  readonly options: Readonly<Record<string, readonly string[]>>;
}

/** oclif's errors quote what was typed; this says the same in names that are ours. Anything else is handed back. */
export function usageFailure(error: unknown, command: typeof Command): unknown {
  if (!(error instanceof Errors.CLIError)) return error;
  const understood = describe(command);
  const help = `See: expunge ${understood.id} --help.`;
  return new Failure("USAGE", explain(error, understood), { help });
}

function describe(command: typeof Command): Understood {
  const flags = { ...command.baseFlags, ...command.flags };
  return {
    id: command.id.replaceAll(":", " "),
    flags: Object.keys(flags),
    shown: Object.entries(flags).flatMap(([name, flag]) => (flag.hidden === true ? [] : [name])),
    required: Object.entries(flags).flatMap(([name, flag]) => (flag.required === true ? [name] : [])),
    options: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.type === "option" ? (flag.options ?? []) : []])),
  };
}

/** The names in oclif's messages are looked up among ours; what is not found there is not said. */
function explain(error: Error, { flags, shown, required, options }: Understood): string {
  const named = /^(?:Flag|Expected) --([a-z-]+)/u.exec(error.message)?.[1];
  const flag = flags.find((name) => name === named);
  switch (error.constructor.name) {
    case "RequiredArgsError":
      return "an argument is missing";
    case "UnexpectedArgsError":
      return "there is an argument too many";
    case "NonExistentFlagsError": {
      const typed = "flags" in error && Array.isArray(error.flags) ? error.flags.map(String) : [];
      const meant = typed.map((one) => nearest(one.replace(/^-+/u, "").replace(/=.*$/su, ""), shown)).find((name) => name !== undefined);
      return `a flag is not known${meant === undefined ? "" : `. Did you mean --${meant}?`}`;
    }
    case "FlagInvalidOptionError":
      return flag === undefined ? "a flag's value is not one of those it takes" : `--${flag} takes one of: ${(options[flag] ?? []).join(", ")}`;
    case "ArgInvalidOptionError":
      return "an argument is not one of those the command takes";
    case "FailedFlagValidationError": {
      const missing = required.filter((name) => error.message.includes(`Missing required flag ${name}`));
      return missing.length === 0 ? "the flags do not go together" : `missing: ${missing.map((name) => `--${name}`).join(", ")}`;
    }
    default:
      return flag === undefined ? "the command line was not understood" : `--${flag} has no value, or one it does not take`;
  }
}
