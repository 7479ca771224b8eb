import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session, type Typed } from "../../src/base-command.ts";
import { holdAnswer, holdArg, lookAtHold, orderFlags, orderQuestions } from "../../src/hold-command.ts";

export default class HoldExtend extends BaseCommand {
  static override summary = "Move the end of a legal hold to a later day.";
  static override description = "What is to end sooner is released.";
  static override examples = [
    '<%= config.bin %> hold extend H-2026-0002 --until 2028-06-30 --reason "appeal" --by "legal department"',
  ];
  static override args = { id: holdArg };
  static override flags = {
    ...orderFlags,
    until: Flags.string({ required: true, helpValue: "DATE", summary: "Its new last day, at the controller." }),
  };

  protected override readonly asks = { ...orderQuestions, until: { question: "Its new last day (YYYY-MM-DD):" } };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { refuseExtending } = await import("../../src/requests/legal-holds.ts");
    await lookAtHold(typed, { registry, act: "hold extend" }, refuseExtending);
  };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(HoldExtend);
    const { extendHold } = await import("../../src/requests/legal-holds.ts");
    const { reason, by, until } = flags;
    return await holdAnswer(
      flags,
      { registry, signal, act: "hold extend" },
      async (context) => await extendHold(context, args.id, { reason, by, until }),
    );
  }
}
