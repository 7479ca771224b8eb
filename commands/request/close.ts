import { Args, Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../../src/base-command.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestClose extends BaseCommand {
  static override summary = "Close a request of which nothing is open; else say what is.";
  static override description = "`verify` closes a clean request by itself; this is for the rest. Exit 3 where something is open.";
  static override examples = ['<%= config.bin %> request close R-2026-0001 --reason "checked by hand"'];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = { ...asFlag, reason: Flags.string({ required: true, helpValue: "TEXT", summary: "Why; kept with the request. No personal data." }) };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestClose);
    const { openWorkspace } = await import("../../src/workspace.ts");
    const { contextOf } = await import("../../src/requests/context.ts");
    const { endRequest } = await import("../../src/requests/end-request.ts");
    const { wholeRequestJson } = await import("../../src/requests/request-json.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const request = await endRequest(
      contextOf(workspace, await workspace.dataMap(), () => {}),
      args.id,
      "closed",
      flags.reason,
    );
    return { data: { requests: [wholeRequestJson(request)] }, human: requestScreen(request) };
  }
}
