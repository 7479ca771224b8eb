import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { REQUEST_STATES } from "../../src/model/status.ts";
import { requestTable } from "../../src/terminal/request-screen.ts";

export default class RequestList extends BaseCommand {
  static override summary = "All requests, or those in one state.";
  static override examples = ["<%= config.bin %> request list", "<%= config.bin %> request list --state waiting"];
  static override flags = {
    state: Flags.string({ options: [...REQUEST_STATES], summary: "Only requests in this state." }),
  };

  protected override async work({ signal, tone }: Session): Promise<Answer> {
    const { flags } = await this.parse(RequestList);
    const { daysLeft } = await import("../../src/requests/board.ts");
    const { todayOf } = await import("../../src/requests/context.ts");
    const { requestJson } = await import("../../src/requests/request-json.ts");
    const { openReading } = await import("../../src/workspace.ts");
    await using workspace = await openReading(flags, { registry, signal, deadlines: false });
    const today = await todayOf(workspace);
    const requests = (await workspace.state.read.requests.list()).filter(
      ({ state }) => flags.state === undefined || state === flags.state,
    );
    return {
      data: { requests: requests.map((request) => requestJson(request, today)) },
      human: requestTable(requests, (request) => daysLeft(request, today), tone.plain),
    };
  }
}
