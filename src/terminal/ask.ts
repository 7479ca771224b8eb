/** The only questions that are ever asked. Nobody is asked where no person can answer. */
import { Failure } from "../errors.ts";
import { requestId } from "../model/request-id.ts";
import { fit } from "./fit.ts";

export interface Asking {
  /** stdin and stderr are a terminal, and `--no-input` was not given. */
  readonly possible: boolean;
  readonly signal: AbortSignal;
}

/** How a line of text is asked for. */
export interface Wanted {
  /** What is typed does not show, only how much. */
  readonly secret?: boolean;
  /** Taken where nothing is typed. */
  readonly otherwise?: string;
  /** Why what was typed will not do; then it is asked for again. Never repeats it. */
  readonly whyNot?: ((typed: string) => string | undefined) | undefined;
}

/** Asks for the request's id, typed in full. Throws CONFIRM_NEEDED where nobody can answer, or where the answer is another. */
export async function confirmById(question: string, id: string, asking: Asking): Promise<void> {
  if (!asking.possible) throw new Failure("CONFIRM_NEEDED", `this needs a confirmation: --confirm ${id}`);
  const typed = await answered(async () => {
    const { input } = await import("@inquirer/prompts");
    return await input({ message: inWords(question) }, { signal: asking.signal, output: process.stderr });
  });
  if (requestId(typed) !== id)
    throw new Failure("CONFIRM_NEEDED", "what was typed is not the request's id; nothing was done", {
      help: "Run the same command again and type the id.",
    });
}

/** Asks for one line of text; undefined where nobody can answer. */
export async function askText(
  question: string,
  asking: Asking,
  { secret = false, otherwise, whyNot }: Wanted = {},
): Promise<string | undefined> {
  if (!asking.possible) return undefined;
  const validate = (typed: string): true | string => {
    const why = whyNot?.(typed);
    return why === undefined ? true : inWords(why);
  };
  return await answered(async () => {
    const { input, password } = await import("@inquirer/prompts");
    const context = { signal: asking.signal, output: process.stderr };
    // a key that shows what was typed would leave an identifier on the screen
    if (secret) return await password({ message: inWords(question), mask: "*", toggleMask: false, validate }, context);
    return await input(
      { message: inWords(question), validate, ...(otherwise === undefined ? {} : { default: otherwise }) },
      context,
    );
  });
}

/** Asks for one of these, by their words; undefined where nobody can answer. */
export async function askChoice(
  question: string,
  choices: Readonly<Record<string, string>>,
  asking: Asking,
): Promise<string | undefined> {
  if (!asking.possible) return undefined;
  return await answered(async () => {
    const { select } = await import("@inquirer/prompts");
    const listed = Object.entries(choices).map(([value, name]) => ({ value, name }));
    return await select(
      { message: inWords(question), choices: listed },
      { signal: asking.signal, output: process.stderr },
    );
  });
}

/** Asks for yes or no; no where nobody can answer. `otherwise`: where nothing is typed. */
export async function askYes(question: string, asking: Asking, otherwise = false): Promise<boolean> {
  if (!asking.possible) return false;
  return await answered(async () => {
    const { confirm } = await import("@inquirer/prompts");
    return await confirm(
      { message: inWords(question), default: otherwise },
      { signal: asking.signal, output: process.stderr },
    );
  });
}

/** The library breaks lines anywhere: here they are broken between words, with room for its own signs. */
function inWords(text: string): string {
  const { isTTY, columns } = process.stderr;
  return fit(text, { isTTY, columns: (columns === 0 ? 80 : columns) - 6 });
}

async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    // Ctrl-C in a question reaches us as an error of the library, not as a signal
    if (error instanceof Error && (error.name === "ExitPromptError" || error.name === "AbortPromptError"))
      throw new Failure("INTERRUPTED", "stopped before anything was done", {
        help: "Nothing was kept of what was typed: run the same command again.",
      });
    throw error;
  }
}
