import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { whyNotText } from "../../src/requests/checked-text.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestClose extends BaseCommand {
  static override summary = "Close a request of which nothing is open; else say what is.";
  static override description =
    "`verify` closes a clean request by itself; this is for the rest. Exit 3 where something is open.";
  static override examples = ['<%= config.bin %> request close R-2026-0001 --reason "checked by hand"'];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    reason: Flags.string({
      required: true,
      helpValue: "TEXT",
      summary: "Why; kept with the request. No personal data.",
    }),
    "accept-gaps": Flags.boolean({
      summary: "Close it although places were found that hold an identifier and cannot be erased from.",
    }),
  };

  protected override readonly asks = {
    reason: { question: "Why is it closed by hand? No personal data:", whyNot: whyNotText },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    const { refuseEnding } = await import("../../src/requests/end-request.ts");
    await lookBeforeAsking(
      typed,
      registry,
      async (reads, request) => await refuseEnding(reads, request, "closed", typed.flags["accept-gaps"] === true),
    );
  };

  protected override async work({ signal, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestClose);
    const { contextOf, todayOf } = await import("../../src/requests/context.ts");
    const { endRequest } = await import("../../src/requests/end-request.ts");
    const { nextOf, tellOf, wholeRequestJson } = await import("../../src/requests/request-json.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const request = await endRequest(context, args.id, "closed", {
      reason: flags.reason,
      acceptGaps: flags["accept-gaps"],
    });
    const told = await tellOf(workspace.state.read, request, await todayOf(workspace));
    return {
      data: { requests: [wholeRequestJson(request, told)] },
      human: requestScreen(request, { ...told, plain: tone.plain }),
      next: nextOf(told),
    };
  }
}
