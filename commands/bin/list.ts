import { Args, Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, BaseCommand, type Session } from "../../src/base-command.ts";
import { binScreen } from "../../src/terminal/bin-screen.ts";

export default class BinList extends BaseCommand {
  static override summary =
    "What is marked as deleted, by whomever: how many, until when it can be brought back, when it goes.";
  static override description =
    "Counts only, never a value. Of several days the first that comes is told; --by-day tells each. What an open request marked comes back with `undo`, everything else with `bin restore`.";
  static override examples = ["<%= config.bin %> bin list", "<%= config.bin %> bin list shop.profiles --by-day"];
  static override args = { record: Args.string({ description: "only this record type: SYSTEM.RECORD" }) };
  static override flags = { "by-day": Flags.boolean({ summary: "Each day on which records were marked by itself." }) };

  protected override async work({ signal, progress }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(BinList);
    const { binList } = await import("../../src/requests/bin-list.ts");
    const { contextOf } = await import("../../src/requests/context.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false });
    progress.label("searching");
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`searching ${system}`);
      progress.done(done);
    });
    const { items, warnings } = await binList(context, {
      byDay: flags["by-day"],
      ...(args.record === undefined ? {} : { record: args.record }),
    });
    return { data: { items }, human: binScreen(items), warnings };
  }
}
