/** The only questions that are ever asked. Nobody is asked where no person can answer. */
import { Failure } from "../errors.ts";

export interface Asking {
  /** stdin is a terminal, and `--no-input` was not given. */
  readonly possible: boolean;
  readonly signal: AbortSignal;
}

/** Asks for the request's id, typed in full. Throws CONFIRM_NEEDED where nobody can answer, or where the answer is another. */
export async function confirmById(question: string, id: string, asking: Asking): Promise<void> {
  if (!asking.possible) throw new Failure("CONFIRM_NEEDED", `this needs a confirmation: --confirm ${id}`);
  const typed = await answered(async () => {
    const { input } = await import("@inquirer/prompts");
    return await input({ message: question }, { signal: asking.signal, output: process.stderr });
  });
  if (typed.trim() !== id) throw new Failure("CONFIRM_NEEDED", "what was typed is not the request's id; nothing was done");
}

/** Asks for one line of text; undefined where nobody can answer. `secret` is not shown while it is typed. */
export async function askText(question: string, asking: Asking, secret = false): Promise<string | undefined> {
  if (!asking.possible) return undefined;
  return await answered(async () => {
    const { input, password } = await import("@inquirer/prompts");
    const context = { signal: asking.signal, output: process.stderr };
    return secret ? await password({ message: question }, context) : await input({ message: question }, context);
  });
}

async function answered(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask();
  } catch (error) {
    // Ctrl-C in a question reaches us as an error of the library, not as a signal
    if (error instanceof Error && (error.name === "ExitPromptError" || error.name === "AbortPromptError"))
      throw new Failure("INTERRUPTED", "stopped before anything was done");
    throw error;
  }
}
