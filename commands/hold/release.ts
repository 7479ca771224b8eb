import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session, type Typed } from "../../src/base-command.ts";
import { holdAnswer, holdArg, lookAtHold, orderFlags, orderQuestions } from "../../src/hold-command.ts";

export default class HoldRelease extends BaseCommand {
  static override summary = "End a legal hold. What it kept is due then, or when the wait of the data map has passed.";
  static override description =
    "Destroys the identifiers that were sealed for it. Nothing is erased by it: a new plan of each request takes what is free.";
  static override examples = ['<%= config.bin %> hold release H-2026-0001 --reason "settled" --by "legal department"'];
  static override args = { id: holdArg };
  static override flags = orderFlags;

  protected override readonly asks = orderQuestions;

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { refuseReleasing } = await import("../../src/requests/legal-holds.ts");
    await lookAtHold(typed, { registry, act: "hold release" }, refuseReleasing);
  };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(HoldRelease);
    const { releaseHold } = await import("../../src/requests/legal-holds.ts");
    const { reason, by } = flags;
    return await holdAnswer(
      flags,
      { registry, signal, act: "hold release" },
      async (context) => await releaseHold(context, args.id, { reason, by }),
    );
  }
}
