import { Args, Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../../src/base-command.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestRefuse extends BaseCommand {
  static override summary = "End a request that is not to be carried out.";
  static override description = "Destroys its sealed part. Not once its erasure has begun.";
  static override examples = ['<%= config.bin %> request refuse R-2026-0001 --reason "manifestly unfounded"'];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = { ...asFlag, reason: Flags.string({ required: true, helpValue: "TEXT", summary: "Why; kept with the request. No personal data." }) };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestRefuse);
    const { openWorkspace } = await import("../../src/workspace.ts");
    const { contextOf } = await import("../../src/requests/context.ts");
    const { endRequest } = await import("../../src/requests/end-request.ts");
    const { wholeRequestJson } = await import("../../src/requests/request-json.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const request = await endRequest(
      contextOf(workspace, await workspace.dataMap(), () => {}),
      args.id,
      "refused",
      flags.reason,
    );
    return { data: { requests: [wholeRequestJson(request)] }, human: requestScreen(request) };
  }
}
