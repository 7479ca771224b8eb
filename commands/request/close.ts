import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { endAnswer, endFlags, lookBeforeEnding, reasonQuestion } from "../../src/end-command.ts";

export default class RequestClose extends BaseCommand {
  static override summary = "Close a request of which nothing is open; else say what is.";
  static override description =
    "`verify` closes a clean request by itself; this is for the rest. Exit 3 where something is open.";
  static override examples = ['<%= config.bin %> request close R-2026-0001 --reason "checked by hand"'];
  static override args = { id: idArg };
  static override flags = {
    ...endFlags,
    "accept-gaps": Flags.boolean({
      summary: "Close it although places were found that hold an identifier and cannot be erased from.",
    }),
    "accept-blocked": Flags.boolean({
      summary: "Of due work: close it although something stands against records; they are due again once it is gone.",
    }),
  };

  protected override readonly asks = { reason: reasonQuestion("closed by hand") };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { refuseClosing } = await import("../../src/requests/end-request.ts");
    const acceptGaps = typed.flags["accept-gaps"] === true;
    const acceptBlocked = typed.flags["accept-blocked"] === true;
    await lookBeforeEnding(
      typed,
      { registry, act: "request close" },
      async (reads, request) => await refuseClosing(reads, request, { acceptGaps, acceptBlocked }),
    );
  };

  protected override async work(session: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestClose);
    const { closeRequest } = await import("../../src/requests/end-request.ts");
    const { contextOf } = await import("../../src/requests/context.ts");
    return await endAnswer(flags, { registry, act: "request close", session }, async (workspace) => {
      const context = contextOf(workspace, await workspace.dataMap(), () => {});
      return await closeRequest(context, args.id, {
        reason: flags.reason,
        acceptGaps: flags["accept-gaps"],
        acceptBlocked: flags["accept-blocked"],
      });
    });
  }
}
