import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestShow extends BaseCommand {
  static override summary = "One request: who did what and when, its plans, what is open and what comes next.";
  static override examples = ["<%= config.bin %> request show R-2026-0001"];
  static override args = { id: idArg };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry });
  };

  protected override async work({ signal, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestShow);
    const { todayOf } = await import("../../src/requests/context.ts");
    const { nextOf, tellOf, wholeRequestJson } = await import("../../src/requests/request-json.ts");
    const { openReading } = await import("../../src/workspace.ts");
    await using workspace = await openReading(flags, { registry, signal, deadlines: false });
    const { read } = workspace.state;
    const request = await read.requests.get(args.id);
    const told = await tellOf(read, request, await todayOf(workspace));
    return {
      data: { requests: [wholeRequestJson(request, told)] },
      human: requestScreen(request, { ...told, plain: tone.plain }),
      next: nextOf(told),
    };
  }
}
