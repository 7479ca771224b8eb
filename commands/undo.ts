import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, confirmFlag, idArg, type Session, type Typed } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";
import { confirmById } from "../src/terminal/ask.ts";
import { count, day } from "../src/terminal/show.ts";

export default class Undo extends BaseCommand {
  static override summary = "Bring back what a request hid, changed or removed, as long as its restore window lasts.";
  static override examples = [
    "<%= config.bin %> undo R-2026-0001 --confirm R-2026-0001",
    "<%= config.bin %> undo R-2026-0001 --records shop.profiles --reason 'asked by mistake'",
  ];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    ...confirmFlag,
    system: Flags.string({ helpValue: "NAME", summary: "Only this system." }),
    records: Flags.string({ multiple: true, helpValue: "SYSTEM.RECORD", summary: "Only these record types." }),
    reason: Flags.string({ helpValue: "TEXT", summary: "Why; it stays with the request." }),
    "skip-conflicts": Flags.boolean({ summary: "Bring back the rest where something stands in the way of some." }),
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "undo" });
  };

  protected override async work({ signal, asking, progress }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Undo);
    const { nextStep } = await import("../src/requests/board.ts");
    const { nextOf } = await import("../src/requests/request-json.ts");
    const { contextOf, today } = await import("../src/requests/context.ts");
    const { readyToUndo, undoRequest } = await import("../src/requests/undo-request.ts");
    const { undoScreen } = await import("../src/terminal/undo-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "undo" });
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`working on ${system}`);
      progress.done(done);
    });
    const { read } = workspace.state;
    const { id } = await read.requests.get(args.id);
    const options = {
      ...(flags.system === undefined ? {} : { system: flags.system }),
      ...(flags.records === undefined ? {} : { records: flags.records }),
      ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      skipConflicts: flags["skip-conflicts"],
    };
    refuseUnknown(context.map, options);
    const ready = await readyToUndo(context, id, options);
    if (flags.confirm !== undefined && flags.confirm !== id)
      throw new Failure("CONFIRM_NEEDED", `--confirm does not name ${id}; nothing was done`);
    if (flags.confirm === undefined)
      await confirmById(
        ready.open === undefined
          ? `${count(ready.count, "record")} can be brought back (${until(ready.windows ?? [])}). Type ${id} to start:`
          : `An undo was cut short. Type ${id} to go on with it:`,
        id,
        asking,
      );
    const { exit, ...undone } = await undoRequest(context, id, options);
    const next = nextOf(await nextStep(read, await read.requests.get(id), today(context)));
    return {
      data: undone,
      human: undoScreen(undone),
      exit,
      next,
    };
  }
}

function until(windows: readonly { readonly record: string; readonly until: string }[]): string {
  return windows.map((one) => `${one.record} until ${day(one.until)}`).join(", ");
}

function refuseUnknown(
  {
    systems,
  }: { readonly systems: readonly { readonly name: string; readonly records: readonly { readonly id: string }[] }[] },
  { system, records = [] }: { readonly system?: string; readonly records?: readonly string[] },
): void {
  if (system !== undefined && !systems.some(({ name }) => name === system))
    throw new Failure("USAGE", "the data map has no system of that name");
  const known = new Set(systems.flatMap((one) => one.records.map(({ id }) => id)));
  if (records.some((name) => !known.has(name)))
    throw new Failure("USAGE", "--records names a record type that the data map has not got", {
      help: "Write `system.record` as the data map does; `expunge explain` shows every one.",
    });
}
