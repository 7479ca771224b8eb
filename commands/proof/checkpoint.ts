import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { sealLedger } from "../../src/executor/seal-ledger.ts";
import { writeWhole } from "../../src/write-whole.ts";
import { openWorkspace } from "../../src/workspace.ts";

export default class ProofCheckpoint extends BaseCommand {
  static override summary = "The signed head of the ledger, to be kept by somebody else.";
  static override description =
    "Send it to whoever may ask one day whether the ledger was changed or rolled back: with it, `proof verify --known` can tell; with the public key alone, nobody can.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --out checkpoint.txt",
  ];
  static override flags = { out: Flags.string({ helpValue: "FILE", summary: "Write it to this file too." }) };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { flags } = await this.parse(ProofCheckpoint);
    await using workspace = await openWorkspace(flags, { registry, signal });
    await sealLedger(workspace.state, workspace.ledger, () => {});
    const checkpoint = await workspace.ledger.checkpoint();
    if (flags.out !== undefined) writeWhole(flags.out, checkpoint);
    return { data: { checkpoint, vkey: workspace.ledger.vkey }, human: checkpoint.trimEnd() };
  }
}
