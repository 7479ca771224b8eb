import { Args, Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../src/base-command.ts";
import { EXIT, Failure } from "../src/errors.ts";
import type { RunEvent } from "../src/executor/run.ts";
import type { DataMap } from "../src/model/datamap.ts";
import type { Workspace } from "../src/workspace.ts";
import { confirmById } from "../src/terminal/ask.ts";
import { count } from "../src/terminal/show.ts";

export default class Run extends BaseCommand {
  static override summary = "Carry out an approved plan, or go on with one. There is no undo.";
  static override examples = ["<%= config.bin %> run R-2026-0001 --confirm R-2026-0001", "<%= config.bin %> run R-2026-0001 --confirm R-2026-0001 --json"];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = {
    ...asFlag,
    confirm: Flags.string({ helpValue: "ID", summary: "The request's id again, instead of typing it." }),
    concurrency: Flags.integer({ min: 1, max: 16, default: 2, helpValue: "N", summary: "Systems worked on side by side." }),
    "dry-run": Flags.boolean({ summary: "Say what the plan would do; do nothing." }),
  };

  protected override async work({ signal, asking, say, progress, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Run);
    const { waiting } = await import("../src/requests/board.ts");
    const { contextOf } = await import("../src/requests/context.ts");
    const { runRequest } = await import("../src/requests/run-request.ts");
    const { runScreen, stepLine } = await import("../src/terminal/run-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false });
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`working on ${system}`);
      progress.done(done);
    });
    const { requests, plans } = workspace.state.read;
    const request = await requests.get(args.id);
    if (flags["dry-run"]) return await this.#dryRun(workspace, context.map, args.id);
    const plan = request.plan === undefined ? undefined : await plans.get(request.plan);
    if (flags.confirm === undefined) {
      const acting = (plan?.totals.erase ?? 0) + (plan?.totals.change ?? 0);
      await confirmById(`There is no undo for ${count(acting, "record")}. Type ${request.id} to start:`, request.id, asking);
    } else if (flags.confirm !== request.id) throw new Failure("CONFIRM_NEEDED", `--confirm does not name ${request.id}; nothing was done`);
    const result = await runRequest(context, args.id, {
      concurrency: flags.concurrency,
      emit: (event: RunEvent) => {
        this.emit(event);
        if (event.event === "step") say(stepLine(event, tone.plain));
      },
    });
    const { next } = waiting(await requests.get(args.id));
    return {
      data: result,
      human: runScreen(result),
      exit: result.exit,
      next: result.exit === EXIT.partly_done ? [`expunge run ${result.request}`, `expunge plan ${result.request}`] : next === null ? [] : [next],
    };
  }

  /** Refuses what `run` would refuse before it looks anywhere. */
  async #dryRun(workspace: Workspace, map: DataMap, id: string): Promise<Answer> {
    const { approvedPlan } = await import("../src/planner/approve.ts");
    const { requests, plans, journal } = workspace.state.read;
    const request = await requests.get(id);
    const plan = request.plan === undefined ? undefined : await plans.get(request.plan);
    if (plan === undefined) throw new Failure("NOT_APPROVED", `${id} has no plan`);
    if ((await plans.result(plan.id)) === undefined) {
      if (request.identity?.result !== "ok") throw new Failure("IDENTITY_UNCONFIRMED", `the identity behind ${id} is not confirmed`);
      const begun = (await journal.units(plan.id)).some((unit) => unit.state !== "ready");
      approvedPlan(plan, await plans.approval(plan.id), map, { at: workspace.now(), begun, unaltered: true });
    }
    const steps = plan.steps.map(({ id: step, system, record, status, act }) => ({ id: step, system, record, status, matched: act, affected: 0, gone: 0 }));
    const result = { event: "result", request: id, plan: plan.id, state: request.state, exit: EXIT.done, dry_run: true, steps, residue: plan.residue };
    this.emit(result);
    return { data: result, human: `Would act on ${plan.totals.erase + plan.totals.change} records; nothing was done.`, next: [`expunge run ${id}`] };
  }
}
