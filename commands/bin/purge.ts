import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { binFlags, confirmRecord, recordArg, subjectsFrom } from "../../src/bin-command.ts";
import { type Answer, BaseCommand, type Session, type Typed } from "../../src/base-command.ts";
import { whyNotText } from "../../src/requests/checked-text.ts";
import { planScreen } from "../../src/terminal/plan-screen.ts";
import { count } from "../../src/terminal/show.ts";

export default class BinPurge extends BaseCommand {
  static override summary = "Plan that records of people which are marked as deleted go for good before their day.";
  static override description =
    "Read-only: it makes a plan of due work (D-…) that somebody else must approve, whatever the data map says of four eyes; then it is run and verified like any other.";
  static override examples = [
    "<%= config.bin %> bin purge shop.profiles --subject-file person.json --reason 'asked for by the person' --confirm shop.profiles",
  ];
  static override args = { record: recordArg };
  static override flags = {
    ...binFlags,
    reason: Flags.string({
      required: true,
      helpValue: "TEXT",
      summary: "Why before its day; kept in the state. No personal data.",
    }),
  };

  protected override readonly asks = {
    reason: { question: "Why before its day? No personal data:", whyNot: whyNotText },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "bin purge" });
  };

  protected override async work({ signal, asking, progress, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(BinPurge);
    const { placed, sorted } = await import("../../src/planner/placed.ts");
    const { binPurge } = await import("../../src/requests/bin-purge.ts");
    const { daysLeft, nextStep } = await import("../../src/requests/board.ts");
    const { contextOf, today } = await import("../../src/requests/context.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "bin purge" });
    const context = contextOf(workspace, await workspace.planMap(), (system, done) => {
      progress.label(`searching ${system}`);
      progress.done(done);
    });
    const plan = await binPurge(context, {
      record: args.record,
      subjects: await subjectsFrom(flags["subject-file"], context.map, signal),
      reason: flags.reason,
      confirm: async (number) =>
        await confirmRecord(
          `${count(number, "record")} of theirs ${number === 1 ? "is" : "are"} marked as deleted.`,
          args.record,
          flags.confirm,
          asking,
        ),
    });
    const { read } = workspace.state;
    const request = await read.requests.get(plan.request);
    const { next } = await nextStep(read, request);
    const warnings = sorted(plan.warnings.map((warning) => placed(context.map, warning)));
    return {
      data: { plan },
      human: planScreen(plan, request, {
        late: daysLeft(request, today(context)),
        warnings,
        plain: tone.plain,
        begun: false,
      }),
      warnings: tone.json ? plan.warnings.map((warning) => `${warning.record}: ${warning.message}`) : [],
      next: next === null ? [] : [next],
    };
  }
}
