/** What `bin restore` and `bin purge` have in common: a record type, people from a file, and a confirmation by its name. */
import { Args, Flags } from "@oclif/core";
import { asFlag } from "./base-command.ts";
import { Failure } from "./errors.ts";
import type { DataMap } from "./model/datamap.ts";
import type { Subject } from "./model/subject.ts";
import { type Asking, confirmById } from "./terminal/ask.ts";
import { readInput } from "./terminal/read-input.ts";

export const recordArg = Args.string({ required: true, description: "record type: SYSTEM.RECORD" });

export const binFlags = {
  ...asFlag,
  "subject-file": Flags.string({
    required: true,
    helpValue: "FILE|-",
    summary: "JSON file with the people's identifiers; - is stdin.",
  }),
  confirm: Flags.string({ helpValue: "SYSTEM.RECORD", summary: "The record type again, instead of typing it." }),
};

export async function subjectsFrom(
  file: string,
  { identities }: Pick<DataMap, "identities">,
  signal: AbortSignal,
): Promise<readonly Subject[]> {
  const { readSubjects } = await import("./planner/subjects.ts");
  return readSubjects(await readInput(file, signal), identities);
}

/** Throws CONFIRM_NEEDED. */
export async function confirmRecord(
  what: string,
  record: string,
  given: string | undefined,
  asking: Asking,
): Promise<void> {
  if (given === record) return;
  if (given !== undefined)
    throw new Failure("CONFIRM_NEEDED", `--confirm does not name ${record}; nothing was done`, {
      help: `Write it as the record type: --confirm ${record}.`,
    });
  await confirmById(`${what} Type ${record} to go on:`, record, asking);
}
