import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, idArg, laterFlag, type Session, type Typed } from "../src/base-command.ts";
import { ENDED_STATES } from "../src/model/status.ts";

export default class Verify extends BaseCommand {
  static override summary = "Look again for everything that was to go, and close the request when nothing is left.";
  static override examples = ["<%= config.bin %> verify R-2026-0001"];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    purge: Flags.boolean({ summary: "First finish what the run had to leave, such as segments of a search index." }),
    deep: laterFlag,
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "verify" });
  };

  protected override async work({ signal, progress, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Verify);
    const { daysLeft, nextStep } = await import("../src/requests/board.ts");
    const { contextOf, today } = await import("../src/requests/context.ts");
    const { verifyRequest } = await import("../src/requests/verify-request.ts");
    const { when } = await import("../src/terminal/dates.ts");
    const { windowsSeen } = await import("../src/requests/restorable.ts");
    const { hiddenLines } = await import("../src/terminal/undo-screen.ts");
    const { verifyScreen } = await import("../src/terminal/verify-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "verify" });
    progress.label("looking again");
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`looking again in ${system}`);
      progress.done(done);
    });
    const { read } = workspace.state;
    const ended = ENDED_STATES.includes((await read.requests.get(args.id)).state);
    const { exit, ...verified } = await verifyRequest(context, args.id, { purge: flags.purge });
    const request = await read.requests.get(args.id);
    const { next, otherwise } = await nextStep(read, request, today(context));
    const from = verified.settled_at;
    const before = ended ? "The request has ended, and nothing was looked at now. Its last look:\n" : "";
    const again = from === undefined ? "" : `\nIt counts as the second look from ${when(from)} on.`;
    return {
      data: verified,
      human: [
        before + verifyScreen(verified, daysLeft(request, today(context)), tone.plain) + again,
        ...hiddenLines(
          request.id,
          await windowsSeen(read, request.id, context.map.controller.calendar.timezone, verified.checks),
          today(context),
        ),
      ].join("\n"),
      exit,
      warnings: (verified.assertions ?? []).flatMap(({ system, name, says, result }) =>
        result === "same"
          ? []
          : [
              `${system}.${name} (${says}) ${result === "changed" ? "is another figure than before the run: this run did not change it, others may have since" : "cannot be read any more"} (ASSERTION_CHANGED)`,
            ],
      ),
      // the screen says from when on; a program has nothing but this
      next: [
        ...(next === null ? [] : [from === undefined || !tone.json ? next : `${next}   # from ${from} on`]),
        ...(otherwise ?? []),
      ],
    };
  }
}
