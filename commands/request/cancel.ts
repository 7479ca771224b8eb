import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { whyNotText } from "../../src/requests/checked-text.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestCancel extends BaseCommand {
  static override summary = "End a request that the person took back.";
  static override description = "Destroys its sealed part. Not once its erasure has begun.";
  static override examples = ['<%= config.bin %> request cancel R-2026-0001 --reason "withdrawn"'];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    reason: Flags.string({
      required: true,
      helpValue: "TEXT",
      summary: "Why; kept with the request. No personal data.",
    }),
  };

  protected override readonly asks = {
    reason: { question: "Why is it cancelled? No personal data:", whyNot: whyNotText },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    const { refuseEnding } = await import("../../src/requests/end-request.ts");
    await lookBeforeAsking(
      typed,
      registry,
      async (reads, request) => await refuseEnding(reads, request, "cancelled", false),
    );
  };

  protected override async work({ signal, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestCancel);
    const { contextOf, todayOf } = await import("../../src/requests/context.ts");
    const { endRequest } = await import("../../src/requests/end-request.ts");
    const { nextOf, tellOf, wholeRequestJson } = await import("../../src/requests/request-json.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const request = await endRequest(context, args.id, "cancelled", { reason: flags.reason });
    const told = await tellOf(workspace.state.read, request, await todayOf(workspace));
    return {
      data: { requests: [wholeRequestJson(request, told)] },
      human: requestScreen(request, { ...told, plain: tone.plain }),
      next: nextOf(told),
    };
  }
}
