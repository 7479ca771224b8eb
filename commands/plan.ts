import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import {
  type Answer,
  asFlag,
  BaseCommand,
  idArg,
  optionalIdArg,
  type Session,
  type Typed,
} from "../src/base-command.ts";
import { EXIT, Failure } from "../src/errors.ts";
import type { DataMap } from "../src/model/datamap.ts";
import { whyNotText } from "../src/requests/checked-text.ts";
import { addPeriod } from "../src/retention/civil-date.ts";
import { askText } from "../src/terminal/ask.ts";
import { writeWhole } from "../src/write-whole.ts";

export default class Plan extends BaseCommand {
  static override summary =
    "Search every system, read-only, and show what would happen to a request's people, or to what is due.";
  static override examples = [
    "<%= config.bin %> plan R-2026-0001",
    "<%= config.bin %> plan R-2026-0001 --system shop --json",
    "<%= config.bin %> plan R-2026-0001 --show-records",
    "<%= config.bin %> plan R-2026-0001 --except S3.2 --reason 'part of an open claim'",
    "<%= config.bin %> plan R-2026-0001 --rehearse",
    "<%= config.bin %> plan --due",
    "<%= config.bin %> plan --due --as-of 2027-01-31",
  ];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    system: Flags.string({ helpValue: "NAME", summary: "Plan only this system." }),
    out: Flags.string({ helpValue: "FILE", summary: "Write the plan to this file too. It holds no personal data." }),
    due: Flags.boolean({
      summary: "Plan what is due without a request: marked records whose time is over, and what a schedule names.",
    }),
    records: Flags.string({
      helpValue: "SYSTEM.RECORD",
      multiple: true,
      delimiter: ",",
      dependsOn: ["due"],
      summary: "With --due: only these record types.",
    }),
    "as-of": Flags.string({
      helpValue: "DATE",
      dependsOn: ["due"],
      summary: "With --due: what is due until that day; read-only, and nobody can approve it.",
    }),
    "show-records": Flags.boolean({
      summary: "List every record of the plan with a handle (S3.2), its dates, and its values masked.",
    }),
    except: Flags.string({
      helpValue: "HANDLE",
      multiple: true,
      delimiter: ",",
      summary: "A record of the latest plan that stays; needs --reason. Later plans of the request leave it out too.",
    }),
    include: Flags.string({
      helpValue: "HANDLE",
      multiple: true,
      delimiter: ",",
      summary: "A record of the latest plan that was left out, and is not any more.",
    }),
    reason: Flags.string({
      helpValue: "TEXT",
      summary: "Why records are left out; kept with the request. No personal data.",
    }),
    digest: Flags.string({
      helpValue: "D",
      summary: "With --except and --include: the digest of the plan whose handles these are; another one is refused.",
    }),
    rehearse: Flags.boolean({
      exclusive: ["due", "show-records"],
      summary: "Then try the plan: in PostgreSQL and SQLite everything is done in a transaction and taken back.",
    }),
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "plan" });
  };

  protected override async work(session: Session): Promise<Answer> {
    const { signal, progress, tone } = session;
    const { args, flags } = this.argv.includes("--due")
      ? await this.parse({ args: { id: optionalIdArg }, flags: Plan.flags, baseFlags: Plan.baseFlags })
      : await this.parse(Plan);
    const { id } = args;
    if (flags.due && (id !== undefined || flags.system !== undefined))
      throw new Failure("USAGE", "--due plans what nobody asked for: it takes no request and no --system", {
        help: "Narrow it with --records SYSTEM.RECORD.",
      });
    const { except = [], include = [] } = flags;
    if (id === undefined && except.length + include.length > 0)
      throw new Failure("USAGE", "--except and --include name records of a plan, and need its request", {
        help: "As in: expunge plan D-2026-0001 --except S1.2 --reason TEXT.",
      });
    if (flags.reason !== undefined && except.length + include.length === 0)
      throw new Failure("USAGE", "--reason is for records that are left out: --except HANDLE");
    if (flags["show-records"] && flags["as-of"] !== undefined)
      throw new Failure("USAGE", "a look at a later day keeps no records that could be shown: leave --as-of out");
    const reason =
      flags.reason ??
      (except.length > 0
        ? await askText("Why are they left out? No personal data:", session.asking, { whyNot: whyNotText })
        : undefined);
    const excluding = {
      except,
      include,
      ...(reason === undefined ? {} : { reason }),
      ...(flags.digest === undefined ? {} : { digest: flags.digest }),
    };
    // known before a long search rather than after it
    if (flags.out !== undefined && !existsSync(dirname(flags.out)))
      throw new Failure("USAGE", "the folder of --out does not exist", {
        help: "Make the folder first, or name a file in another one.",
      });
    const { placed, sorted } = await import("../src/planner/placed.ts");
    const { daysLeft, nextStep } = await import("../src/requests/board.ts");
    const { nextOf } = await import("../src/requests/request-json.ts");
    const { contextOf, today } = await import("../src/requests/context.ts");
    const { dueAsOf, planDue } = await import("../src/requests/plan-due.ts");
    const { dueScreen } = await import("../src/terminal/due-screen.ts");
    const { planRequest } = await import("../src/requests/plan-request.ts");
    const { hasBegun } = await import("../src/state/kept-so-far.ts");
    const { planScreen } = await import("../src/terminal/plan-screen.ts");
    const { recordsOf } = await import("../src/requests/show-records.ts");
    const { rehearsalScreen } = await import("../src/terminal/rehearsal-screen.ts");
    const { recordsScreen } = await import("../src/terminal/records-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "plan" });
    progress.label("searching");
    const context = contextOf(workspace, await workspace.planMap(), (system, done) => {
      progress.label(`searching ${system}`);
      progress.done(done);
    });
    const asOf = flags["as-of"];
    const of = flags.records === undefined ? {} : { records: flags.records };
    const options = { excluding, ...(flags.system === undefined ? {} : { system: flags.system }) };
    const rehearsed =
      flags.rehearse && id !== undefined
        ? await (await import("../src/requests/rehearse-request.ts")).rehearseRequest(context, id, options)
        : undefined;
    const plan =
      rehearsed !== undefined
        ? rehearsed.plan
        : id !== undefined
          ? await planRequest(context, id, options)
          : asOf === undefined
            ? await planDue(context, of)
            : await dueAsOf(context, asOf, of);
    const request = plan.approvable === false ? undefined : await workspace.state.read.requests.get(plan.request);
    if (flags.out !== undefined) writeWhole(flags.out, `${JSON.stringify(plan, undefined, 2)}\n`);
    const warnings = sorted(plan.warnings.map((warning) => placed(context.map, warning)));
    const next = request === undefined ? [] : nextOf(await nextStep(workspace.state.read, request, today(context)));
    const begun = request !== undefined && (await hasBegun(workspace.state.read, request.id));
    const empty = plan.steps.some((step) => step.reason === "empty_pattern");
    const list = flags["show-records"] ? await recordsOf(context, plan) : undefined;
    const screen =
      request === undefined
        ? dueScreen(plan, { warnings, plain: tone.plain })
        : planScreen(plan, request, {
            late: daysLeft(request, today(context)),
            warnings,
            plain: tone.plain,
            begun,
            ...(request.kind === "due" ? {} : { undoUntil: undoUntil(context.map, today(context)) }),
          });
    const fails = rehearsed?.records.some(({ checks }) => checks.some(({ ok }) => !ok)) === true;
    const tried = rehearsed === undefined ? [] : [rehearsalScreen(rehearsed.records, tone.plain)];
    return {
      data: { plan, ...list, ...(rehearsed === undefined ? {} : { records: rehearsed.records }) },
      human: [...(list === undefined ? [] : [recordsScreen(list)]), screen, ...tried].join("\n"),
      exit: empty || fails ? EXIT.findings : EXIT.done,
      // the screen has them already
      warnings: tone.json ? plan.warnings.map((warning) => `${warning.record}: ${warning.message}`) : [],
      next,
    };
  }
}

/** By `system.record`: the last day on which what is marked on this day can be brought back. */
function undoUntil({ systems }: DataMap, marked: string): ReadonlyMap<string, string> {
  return new Map(
    systems.flatMap(({ records }) =>
      records.flatMap(({ id, do: action, restoreWindow }) =>
        action === "soft-delete" && restoreWindow !== undefined
          ? [[id, addPeriod(marked, restoreWindow)] as const]
          : [],
      ),
    ),
  );
}
