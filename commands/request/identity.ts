import { Args, Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../../src/base-command.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestIdentity extends BaseCommand {
  static override summary = "Note how the person's identity was checked, and what came of it.";
  static override description = "Anything but `ok` takes a plan and its approval back.";
  static override examples = ["<%= config.bin %> request identity R-2026-0001 --method letter --result ok"];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = {
    ...asFlag,
    method: Flags.string({
      required: true,
      helpValue: "TEXT",
      summary: "How: account, document, eid, email, in person, letter, phone, video … No numbers of documents.",
    }),
    result: Flags.option({ options: ["ok", "more_needed", "failed"] as const, required: true, summary: "What came of it." })(),
  };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestIdentity);
    const { openWorkspace } = await import("../../src/workspace.ts");
    const { waiting } = await import("../../src/requests/board.ts");
    const { contextOf } = await import("../../src/requests/context.ts");
    const { recordIdentity } = await import("../../src/requests/record-identity.ts");
    const { wholeRequestJson } = await import("../../src/requests/request-json.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const request = await recordIdentity(
      contextOf(workspace, await workspace.dataMap(), () => {}),
      args.id,
      flags.method,
      flags.result,
    );
    const { next } = waiting(request);
    return { data: { requests: [wholeRequestJson(request)] }, human: requestScreen(request), next: next === null ? [] : [next] };
  }
}
