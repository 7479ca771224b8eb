import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { endAnswer, endFlags, lastQuestion, lookBeforeEnding, reasonQuestion, stop } from "../../src/end-command.ts";

export default class RequestRefuse extends BaseCommand {
  static override summary = "End a request that is not to be carried out.";
  static override description = "Destroys its sealed part. Not once its erasure has begun.";
  static override examples = ['<%= config.bin %> request refuse R-2026-0001 --reason "manifestly unfounded"'];
  static override args = { id: idArg };
  static override flags = endFlags;

  protected override readonly asks = { reason: reasonQuestion("refused") };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { refuseStopping } = await import("../../src/requests/end-request.ts");
    await lookBeforeEnding(
      typed,
      { registry, act: "request refuse" },
      async (reads, request) => await refuseStopping(reads, request, "refused"),
    );
  };

  protected override async work(session: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestRefuse);
    return await endAnswer(
      flags,
      { registry, act: "request refuse", session, asking: lastQuestion(args.id, "refused") },
      async (workspace) => await stop(workspace, args.id, "refused", flags.reason),
    );
  }
}
