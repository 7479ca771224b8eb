import { Flags } from "@oclif/core";
import { type Answer, BaseCommand } from "../src/base-command.ts";

export default class Init extends BaseCommand {
  static override summary = "Make a workspace with its keys, and a first data map where there is none.";
  static override description =
    "What is there already stays as it is; keys are never replaced. Prints the ledger's public key: give it to whoever is to check your proofs.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --origin example.org/erasures",
  ];
  static override flags = {
    origin: Flags.string({
      helpValue: "NAME",
      summary: "Name of the ledger, in every checkpoint and proof. Default: expunge.local/<8 hex digits>.",
    }),
  };

  protected override async work(): Promise<Answer> {
    const { flags } = await this.parse(Init);
    const { makeWorkspace } = await import("../src/make-workspace.ts");
    const { dir, origin, vkey, made } = await makeWorkspace(flags, flags.origin, new Date().toISOString().slice(0, 10));
    const human = [
      ...made.map((file) => `made  ${file}`),
      ...(made.length === 0 ? ["Everything was there already."] : []),
      `Ledger ${origin}, public key:`,
      vkey,
    ].join("\n");
    return { data: { workspace: dir, files: made, origin, vkey }, human, next: ["expunge map lint", "expunge doctor"] };
  }
}
