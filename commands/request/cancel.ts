import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { endAnswer, endFlags, lastQuestion, lookBeforeEnding, reasonQuestion, stop } from "../../src/end-command.ts";

export default class RequestCancel extends BaseCommand {
  static override summary = "End a request that the person took back.";
  static override description =
    "Destroys its sealed part. Not once its erasure has begun, but for one that `undo` has brought back whole.";
  static override examples = ['<%= config.bin %> request cancel R-2026-0001 --reason "withdrawn"'];
  static override args = { id: idArg };
  static override flags = endFlags;

  protected override readonly asks = { reason: reasonQuestion("cancelled") };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { refuseStopping } = await import("../../src/requests/end-request.ts");
    await lookBeforeEnding(
      typed,
      { registry, act: "request cancel" },
      async (reads, request) => await refuseStopping(reads, request, "cancelled"),
    );
  };

  protected override async work(session: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestCancel);
    return await endAnswer(
      flags,
      { registry, act: "request cancel", session, asking: lastQuestion(args.id, "cancelled") },
      async (workspace) => await stop(workspace, args.id, "cancelled", flags.reason),
    );
  }
}
