import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Args, Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, laterFlag, type Session } from "../src/base-command.ts";
import { EXIT, Failure } from "../src/errors.ts";
import { writeWhole } from "../src/write-whole.ts";

export default class Plan extends BaseCommand {
  static override summary = "Search every system, read-only, and show what would happen to a request's people.";
  static override examples = ["<%= config.bin %> plan R-2026-0001", "<%= config.bin %> plan R-2026-0001 --system shop --json"];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = {
    ...asFlag,
    system: Flags.string({ helpValue: "NAME", summary: "Plan only this system." }),
    out: Flags.string({ helpValue: "FILE", summary: "Write the plan to this file too. It holds no personal data." }),
    due: laterFlag,
    rehearse: laterFlag,
  };

  protected override async work({ signal, progress, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Plan);
    // known before a long search rather than after it
    if (flags.out !== undefined && !existsSync(dirname(flags.out)))
      throw new Failure("USAGE", "the folder of --out does not exist", { help: "Make the folder first, or name a file in another one." });
    const { contextOf } = await import("../src/requests/context.ts");
    const { planRequest } = await import("../src/requests/plan-request.ts");
    const { planScreen } = await import("../src/terminal/plan-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false });
    progress.label("searching");
    const context = contextOf(workspace, await workspace.planMap(), (system, done) => {
      progress.label(`searching ${system}`);
      progress.done(done);
    });
    const plan = await planRequest(context, args.id, flags.system === undefined ? {} : { system: flags.system });
    const request = await workspace.state.read.requests.get(args.id);
    if (flags.out !== undefined) writeWhole(flags.out, `${JSON.stringify(plan, undefined, 2)}\n`);
    const empty = plan.steps.some((step) => step.reason === "empty_pattern");
    return {
      data: { plan },
      human: planScreen(plan, request, tone.plain),
      exit: empty ? EXIT.findings : EXIT.done,
      warnings: plan.warnings.map((warning) => `${warning.record}: ${warning.message}`),
      next: [request.identity?.result === "ok" ? `expunge approve ${plan.request}` : `expunge request identity ${plan.request} --method TEXT --result ok`],
    };
  }
}
