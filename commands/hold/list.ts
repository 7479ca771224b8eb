import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { EXIT } from "../../src/errors.ts";
import { holdScreen } from "../../src/terminal/hold-screen.ts";

export default class HoldList extends BaseCommand {
  static override summary = "Legal holds: what for, by whose order, since and until when, and what each keeps now.";
  static override description =
    "Looks in the systems for what is held, read-only. 4 where a hold cannot be read or a system does not answer.";
  static override examples = ["<%= config.bin %> hold list"];

  protected override async work({ signal }: Session): Promise<Answer> {
    const { flags } = await this.parse(HoldList);
    const { contextOf } = await import("../../src/requests/context.ts");
    const { holdLines } = await import("../../src/requests/held-records.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const { holds, warnings, whole } = await holdLines(context);
    return { data: { holds }, human: holdScreen(holds), warnings, exit: whole ? EXIT.done : EXIT.unreachable };
  }
}
