import { Flags } from "@oclif/core";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { REQUEST_STATES } from "../../src/model/status.ts";
import { requestTable } from "../../src/terminal/request-screen.ts";

export default class RequestList extends BaseCommand {
  static override summary = "All requests, or those in one state.";
  static override flags = { state: Flags.string({ options: [...REQUEST_STATES], summary: "Only requests in this state." }) };

  protected override async work({ signal }: Session): Promise<Answer> {
    const { flags } = await this.parse(RequestList);
    const { openReading } = await import("../../src/workspace.ts");
    const { requestJson } = await import("../../src/requests/request-json.ts");
    await using workspace = await openReading(flags, { signal });
    const requests = (await workspace.state.read.requests.list()).filter(({ state }) => flags.state === undefined || state === flags.state);
    return { data: { requests: requests.map(requestJson) }, human: requestTable(requests) };
  }
}
