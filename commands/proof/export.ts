import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, optionalIdArg, type Session } from "../../src/base-command.ts";
import { Failure } from "../../src/errors.ts";
import { sealLedger } from "../../src/executor/seal-ledger.ts";
import { writeWhole } from "../../src/write-whole.ts";
import { vkeyFile } from "../../src/workspace-place.ts";
import { openWorkspace } from "../../src/workspace.ts";

export default class ProofExport extends BaseCommand {
  static override summary = "The whole ledger as one file, or the outcome of one request as a proof.";
  static override description =
    "Without an id: every leaf, with contents and pseudonyms, for an auditor whom you trust with them. With an id: the entry that tells how the request ended, provable offline, as C2SP tlog-proof.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> --out ledger.json",
    "<%= config.bin %> <%= command.id %> R-2026-0001 --out R-2026-0001.tlog-proof",
  ];
  static override args = { id: optionalIdArg };
  static override flags = { out: Flags.string({ helpValue: "FILE", required: true, summary: "Where to write it." }) };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(ProofExport);
    await using workspace = await openWorkspace(flags, { registry, signal });
    const { ledger, state } = workspace;
    await sealLedger(state, ledger, () => {});
    const content = args.id === undefined ? await ledger.exportAll() : await ledger.exportProof(args.id);
    if (content === undefined)
      throw new Failure("NO_SUCH_REQUEST", "the ledger has no entry of a request with that id");
    const file = writeWhole(flags.out, content);
    return {
      data: { files: [file] },
      human: `${file.path}\nsha256 ${file.sha256}`,
      next: [`expunge proof verify ${file.path} --key ${vkeyFile(flags)}`],
    };
  }
}
