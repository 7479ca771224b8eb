import { Args, Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, laterFlag, type Session } from "../src/base-command.ts";
import { EXIT } from "../src/errors.ts";

export default class Verify extends BaseCommand {
  static override summary = "Look again for everything that was to go, and close the request when nothing is left.";
  static override examples = ["<%= config.bin %> verify R-2026-0001"];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = {
    ...asFlag,
    purge: Flags.boolean({ summary: "First finish what the run had to leave, such as segments of a search index." }),
    deep: laterFlag,
  };

  protected override async work({ signal, progress, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Verify);
    const { contextOf } = await import("../src/requests/context.ts");
    const { verifyRequest } = await import("../src/requests/verify-request.ts");
    const { verifyScreen } = await import("../src/terminal/verify-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false });
    progress.label("looking again");
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`looking again in ${system}`);
      progress.done(done);
    });
    const { exit, ...verified } = await verifyRequest(context, args.id, { purge: flags.purge });
    const again = verified.settled_at === undefined ? "" : `\nIt counts as the second look from ${verified.settled_at} on.`;
    return { data: verified, human: verifyScreen(verified, tone.plain) + again, exit, next: nextOf(args.id, exit, verified.state, verified.settled_at) };
  }
}

function nextOf(id: string, exit: number, state: string, settledAt: string | undefined): readonly string[] {
  if (state === "closed") return [`expunge report ${id} --format json,html --out report`];
  if (state === "settling") return [`expunge verify ${id}   # from ${settledAt ?? "later"} on`];
  if (exit === EXIT.findings || exit === EXIT.waiting) return [`expunge plan ${id}`];
  return [`expunge run ${id}`];
}
