import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestExtend extends BaseCommand {
  static override summary = "Note that the person was told that the answer takes longer, and why.";
  static override description =
    "From then on the extended day counts. It must be said before the first one has passed (Art. 12(3) GDPR), and once.";
  static override examples = ["<%= config.bin %> request extend R-2026-0001 --reason complex --notified-on 2026-11-20"];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    reason: Flags.option({
      options: ["complex", "many"] as const,
      required: true,
      summary: "Why: the request is complex, or there were many.",
    })(),
    "notified-on": Flags.string({
      helpValue: "DATE",
      summary: "Day on which the person was told, at the controller. Default: today.",
    }),
  };

  protected override readonly asks = {
    reason: {
      question: "Why does the answer take longer?",
      choices: { complex: "complex: the request is complex", many: "many: there were many requests" },
    },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    const { refuseExtension } = await import("../../src/requests/extend-request.ts");
    const { todayOf } = await import("../../src/requests/context.ts");
    await lookBeforeAsking(typed, registry, async (_, request, reading) =>
      refuseExtension(request, await todayOf(reading)),
    );
  };

  protected override async work({ signal, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestExtend);
    const { contextOf, todayOf } = await import("../../src/requests/context.ts");
    const { extendRequest } = await import("../../src/requests/extend-request.ts");
    const { nextOf, tellOf, wholeRequestJson } = await import("../../src/requests/request-json.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const request = await extendRequest(context, args.id, {
      reason: flags.reason,
      notifiedOn: flags["notified-on"],
    });
    const told = await tellOf(workspace.state.read, request, await todayOf(workspace));
    return {
      data: { requests: [wholeRequestJson(request, told)] },
      human: requestScreen(request, { ...told, plain: tone.plain }),
      next: nextOf(told),
    };
  }
}
