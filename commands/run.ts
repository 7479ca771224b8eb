import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import {
  type Answer,
  asFlag,
  BaseCommand,
  confirmFlag,
  idArg,
  optionalIdArg,
  type Session,
  type Typed,
} from "../src/base-command.ts";
import { EXIT, Failure } from "../src/errors.ts";
import type { RunEvent } from "../src/executor/run.ts";
import type { Plan } from "../src/model/plan.ts";
import type { RequestState } from "../src/model/status.ts";
import { confirmById } from "../src/terminal/ask.ts";
import { stateWords } from "../src/model/words.ts";
import type { Context } from "../src/requests/context.ts";
import { windowEnd } from "../src/retention/restore-window.ts";
import { count, day, tint } from "../src/terminal/show.ts";

export default class Run extends BaseCommand {
  static override summary =
    "Carry out an approved plan, or go on with one. There is no undo but for what is only hidden.";
  static override examples = [
    "<%= config.bin %> run R-2026-0001 --confirm R-2026-0001",
    "<%= config.bin %> run R-2026-0001 --confirm R-2026-0001 --json",
    "<%= config.bin %> run --due --no-input",
  ];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    ...confirmFlag,
    concurrency: Flags.integer({
      min: 1,
      max: 16,
      default: 2,
      helpValue: "N",
      summary: "Systems worked on side by side.",
    }),
    "dry-run": Flags.boolean({ summary: "Say what the plan would do; do nothing.", exclusive: ["due"] }),
    due: Flags.boolean({
      summary: "Carry out what is due under the data map's standing approvals, and plan the rest. For timers.",
    }),
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "run" });
  };

  protected override async work(session: Session): Promise<Answer> {
    const { signal, asking, say, progress, tone } = session;
    if (this.argv.includes("--due")) return await this.#due(session);
    const { args, flags } = await this.parse(Run);
    const { daysLeft, nextStep } = await import("../src/requests/board.ts");
    const { contextOf, today } = await import("../src/requests/context.ts");
    const { readyToRun, runRequest } = await import("../src/requests/run-request.ts");
    const { overdueText } = await import("../src/terminal/dates.ts");
    const { runScreen, stepLine } = await import("../src/terminal/run-screen.ts");
    const { restoreWindows } = await import("../src/requests/undo-request.ts");
    const { hiddenLines } = await import("../src/terminal/undo-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "run" });
    const context = contextOf(workspace, await workspace.dataMap(), (system, done) => {
      progress.label(`working on ${system}`);
      progress.done(done);
    });
    const { read } = workspace.state;
    const request = await read.requests.get(args.id);
    // what may not be run is said before anybody is asked for anything
    const { plan, complete } = await readyToRun(context, args.id);
    if (flags["dry-run"]) return this.#dryRun(plan, request.state, complete);
    if (flags.confirm !== undefined && flags.confirm !== request.id)
      throw new Failure("CONFIRM_NEEDED", `--confirm does not name ${request.id}; nothing was done`);
    if (flags.confirm === undefined && !(complete && asking.possible)) {
      const overdue = overdueText(daysLeft(request, today(context)), tone.plain);
      if (overdue !== "" && asking.possible) say(`${request.id}: ${overdue}`);
      const hidden = hiddenBy(plan, context);
      await confirmById(question(plan, hidden, tone.plain), request.id, asking);
    }
    const result = await runRequest(context, args.id, {
      concurrency: flags.concurrency,
      emit: (event: RunEvent) => {
        this.emit(event);
        if (event.event === "step") say(stepLine(event, tone.plain));
      },
    });
    const now = await read.requests.get(args.id);
    const { next } = await nextStep(read, now, today(context));
    return {
      data: result,
      human: [
        runScreen({ ...result, state: now.state }, daysLeft(now, today(context)), {
          plain: tone.plain,
          again: complete,
        }),
        ...hiddenLines(request.id, await restoreWindows(context, read, request.id), today(context)),
      ].join("\n"),
      exit: result.exit,
      next: next === null ? [] : [next],
    };
  }

  async #due({ signal, say, progress, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse({
      args: { id: optionalIdArg },
      flags: Run.flags,
      baseFlags: Run.baseFlags,
    });
    if (args.id !== undefined) throw new Failure("USAGE", "--due runs what nobody asked for: it takes no request");
    const { contextOf } = await import("../src/requests/context.ts");
    const { runDue } = await import("../src/requests/run-due.ts");
    const { stepLine } = await import("../src/terminal/run-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "run" });
    const context = contextOf(workspace, await workspace.planMap(), (system, done) => {
      progress.label(`working on ${system}`);
      progress.done(done);
    });
    const { exit, plans, why } = await runDue(context, {
      concurrency: flags.concurrency,
      emit: (event: RunEvent) => {
        if (event.event !== "step") return;
        this.emit(event);
        say(stepLine(event, tone.plain));
      },
    });
    const result = { event: "result", exit, plans };
    this.emit(result);
    const lines = plans.map(({ request, state }) => `${request}: ${stateWords(state)}`);
    return {
      data: result,
      human: [...(lines.length === 0 ? ["Nothing is due."] : lines), ...why].join("\n"),
      exit,
      next: plans.flatMap(({ request, state }) => (state === "planned" ? [`expunge approve ${request}`] : [])),
    };
  }

  #dryRun(plan: Plan, state: RequestState, complete: boolean): Answer {
    const steps = plan.steps.map(({ id, system, record, status, act }) => ({
      id,
      system,
      record,
      status,
      matched: act,
      affected: 0,
      gone: 0,
    }));
    const result = {
      event: "result",
      request: plan.request,
      plan: plan.id,
      state,
      exit: EXIT.done,
      dry_run: true,
      steps,
      residue: plan.residue,
    };
    this.emit(result);
    if (complete)
      return { data: result, human: "This plan was carried out already: a run would only answer again.", next: [] };
    return {
      data: result,
      human: `Would act on ${count(acting(plan), "record")}; nothing was done.`,
      next: [`expunge run ${plan.request}`],
    };
  }
}

function acting({ totals }: Plan): number {
  return totals.erase + totals.change;
}

/** Records that are only marked as deleted, and until when `undo` brings them back: the first day on which a window ends. */
function hiddenBy({ steps }: Plan, { map, now }: Pick<Context, "map" | "now">): Hidden {
  const types = new Map(map.systems.flatMap(({ records }) => records.map((type) => [type.id, type] as const)));
  const windows = steps.flatMap(({ system, record, action, act }) => {
    const window = types.get(`${system}.${record}`)?.restoreWindow;
    return action === "soft-delete" && window !== undefined && act > 0 ? [{ window, act }] : [];
  });
  const ends = windows.map(({ window }) => windowEnd(window, now().toISOString(), map.controller.calendar.timezone));
  return { count: windows.reduce((sum, { act }) => sum + act, 0), until: ends.toSorted()[0] ?? "" };
}

interface Hidden {
  readonly count: number;
  readonly until: string;
}

function question(plan: Plan, hidden: Hidden, plain: boolean): string {
  const id = plan.request;
  const number = acting(plan);
  if (number === 0) return `Nothing is to be erased or changed. Type ${id} to note that:`;
  const kept = plan.steps.flatMap(({ act, restorable }) =>
    restorable === undefined ? [] : [{ ...restorable, acting: Math.min(act, restorable.count) }],
  );
  const days = [...new Set(kept.map(({ until }) => until))].toSorted();
  const all = kept.reduce((sum, one) => sum + one.count, 0);
  const back = [
    ...(hidden.count === 0
      ? []
      : [`${count(hidden.count, "record")} will be hidden, and can be brought back until ${day(hidden.until)}.`]),
    ...(all === 0
      ? []
      : [
          `${count(all, "record")} will be erased or changed, and can be brought back by \`expunge undo\` until ${days.map((until) => day(until)).join(" or ")}${days.length > 1 ? ", as their record types say" : ""}.`,
        ]),
  ].join(" ");
  const left = number - hidden.count - kept.reduce((sum, one) => sum + one.acting, 0);
  if (left <= 0) return `${back} Type ${id} to start:`;
  const gone = tint(`There is no undo for ${count(left, "record")}.`, "danger", plain, process.stderr);
  return `${gone} ${back === "" ? "" : `${back} `}Type ${id} to start:`;
}
