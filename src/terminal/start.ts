import { basename } from "node:path";
import { run, settings } from "@oclif/core";
import { EXIT, Failure } from "../errors.ts";
import { looksLikeIdentifier } from "../model/identifier-like.ts";
import { failureOf, tellFailure } from "./tell.ts";
import { toneOf } from "./tone.ts";

/** Runs the command that was typed and sets the exit code. Every failure of every command ends here. */
export async function start(argv: readonly string[], root: string): Promise<void> {
  const tone = toneOf(argv);
  // Node would print the error's message, and drivers quote rows in theirs
  process.on("uncaughtException", (error) => {
    tellFailure(failureOf(error), tone);
    process.exit(EXIT.unexpected);
  });
  // oclif would look for TypeScript sources where NODE_ENV is `test` or `development`
  settings.enableAutoTranspile = false;
  try {
    refuseIdentifiers(argv);
    await run([...argv], root);
  } catch (error) {
    process.exitCode = tellFailure(error, tone);
  }
}

/** Arguments stand in the shell's history and in the list of processes. */
function refuseIdentifiers(argv: readonly string[]): void {
  for (const [at, argument] of argv.entries()) {
    const value = argument.replace(/^--?[\w-]+=/u, "");
    // a folder on the way may be called so (`/home/ann@corp.example/map.yaml`), a file's own name may not
    const isPath = value.includes("/") && !/\s|:\/\//u.test(value);
    if (looksLikeIdentifier(isPath ? basename(value) : value)) {
      throw new Failure(
        "IDENTIFIER_IN_ARGUMENTS",
        `argument ${at + 1} looks like an identifier of a person`,
        // only one command reads identifiers at all
        argv.includes("new") ? {} : { help: "Say it without: a command line stands in the shell's history." },
      );
    }
  }
}
