import { registry } from "../../connectors/registry.ts";
import { binFlags, confirmRecord, recordArg, subjectsFrom } from "../../src/bin-command.ts";
import { type Answer, BaseCommand, type Session, type Typed } from "../../src/base-command.ts";
import { count } from "../../src/terminal/show.ts";

export default class BinRestore extends BaseCommand {
  static override summary =
    "Bring records of people back that the application, or a request that has ended, marked as deleted.";
  static override description =
    "As long as the record type's `restore_window` lasts. What stands in the way is told before anything is touched. What an open request marked comes back with `undo`.";
  static override examples = [
    "<%= config.bin %> bin restore shop.profiles --subject-file person.json --confirm shop.profiles",
  ];
  static override args = { record: recordArg };
  static override flags = binFlags;

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "bin restore" });
  };

  protected override async work({ signal, asking, progress }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(BinRestore);
    const { binRestore } = await import("../../src/requests/bin-restore.ts");
    const { contextOf } = await import("../../src/requests/context.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "bin restore" });
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`working on ${system}`);
      progress.done(done);
    });
    const { exit, ...restored } = await binRestore(context, {
      record: args.record,
      subjects: await subjectsFrom(flags["subject-file"], context.map, signal),
      pseudonymOf: workspace.pseudonym,
      confirm: async (number) =>
        await confirmRecord(`${count(number, "record")} can be brought back.`, args.record, flags.confirm, asking),
    });
    const { found, restored: back, hidden, too_late: late } = restored;
    const left = [
      ...(hidden === 0 ? [] : [`${hidden} stay marked: something came between; run the same command again.`]),
      ...(late === 0 ? [] : [`${late} stay marked: their restore window has ended.`]),
    ];
    return {
      data: { items: [restored] },
      human: [
        found === 0
          ? `Nothing of theirs is marked as deleted in ${args.record}.`
          : `${count(back, "record")} of ${args.record} brought back.`,
        ...left,
      ].join("\n"),
      exit,
    };
  }
}
