import { Args } from "@oclif/core";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestShow extends BaseCommand {
  static override summary = "One request: what happened so far, and what it waits for.";
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestShow);
    const { openReading } = await import("../../src/workspace.ts");
    const { waiting } = await import("../../src/requests/board.ts");
    const { wholeRequestJson } = await import("../../src/requests/request-json.ts");
    await using workspace = await openReading(flags, { signal });
    const request = await workspace.state.read.requests.get(args.id);
    const { next } = waiting(request);
    return { data: { requests: [wholeRequestJson(request)] }, human: requestScreen(request), next: next === null ? [] : [next] };
  }
}
