import { Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, confirmFlag, idArg, type Session, type Typed } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";
import type { Signature } from "../src/requests/approve-request.ts";
import type { Approval } from "../src/state/plan-store.ts";
import { askChoice, askYes, confirmById } from "../src/terminal/ask.ts";

export default class Approve extends BaseCommand {
  static override summary = "Sign the latest plan of a request, so that it may be run.";
  static override examples = [
    "<%= config.bin %> approve R-2026-0001 --as m.keller --confirm R-2026-0001",
    "<%= config.bin %> approve R-2026-0001 --accept-not-searched shop.leads --confirm R-2026-0001",
  ];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    digest: Flags.string({ helpValue: "HEX", summary: "Sign only if this is the plan's digest." }),
    role: Flags.string({ helpValue: "ROLE", summary: "The role in which you sign, one of approval.roles." }),
    "accept-not-searched": Flags.string({
      helpValue: "SYSTEM.RECORD",
      multiple: true,
      delimiter: ",",
      summary:
        "Accept that nothing was searched in these: no identifier of the request leads there, or a pattern matches nothing.",
    }),
    ...confirmFlag,
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../src/requests/before-asking.ts");
    await lookBeforeAsking(typed, { registry, act: "approve" });
  };

  protected override async work({ signal, asking, say, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Approve);
    const { notSearched } = await import("../src/planner/approve.ts");
    const { placed, sorted } = await import("../src/planner/placed.ts");
    const { approveRequest, isSigned, judgeApproval } = await import("../src/requests/approve-request.ts");
    const { daysLeft } = await import("../src/requests/board.ts");
    const { contextOf, today } = await import("../src/requests/context.ts");
    const { hasBegun } = await import("../src/state/kept-so-far.ts");
    const { planScreen } = await import("../src/terminal/plan-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false, act: "approve" });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const { read } = workspace.state;
    const request = await read.requests.get(args.id);
    const plan = request.plan === undefined ? undefined : await read.plans.get(request.plan);
    const unsearched = plan === undefined ? [] : notSearched(plan);
    const given = flags["accept-not-searched"] ?? [];
    const accepting = asking.possible && given.length === 0 && unsearched.length > 0;
    const { roles } = context.map.approval;
    const asksRole = asking.possible && flags.role === undefined && roles.length > 0;
    const [firstRole] = roles;
    const role = asksRole ? firstRole : flags.role;
    const signature: Signature = {
      ...(role === undefined ? {} : { role }),
      ...(flags.digest === undefined ? {} : { digest: flags.digest }),
      acceptNotSearched: accepting ? unsearched : given,
    };
    // what may not be signed is said before anybody is asked for anything
    const judged = await judgeApproval(context, read, args.id, signature);
    if (flags.confirm !== undefined && flags.confirm !== request.id)
      throw new Failure("CONFIRM_NEEDED", `--confirm does not name ${request.id}; nothing was approved`);
    if (!asksRole && (await isSigned(read, judged)))
      return this.#answer(judged, request.id, "Approved already, by the same person: ");
    if (plan !== undefined && asking.possible && (accepting || flags.confirm === undefined)) {
      const begun = await hasBegun(read, request.id);
      const warnings = sorted(plan.warnings.map((warning) => placed(context.map, warning)));
      say(planScreen(plan, request, { late: daysLeft(request, today(context)), warnings, plain: tone.plain, begun }));
    }
    if (accepting && !(await askYes(`Nothing was searched in ${unsearched.join(", ")}. Approve all the same?`, asking)))
      await judgeApproval(context, read, args.id, { ...signature, acceptNotSearched: [] });
    const chosen = asksRole
      ? await askChoice("In which role do you sign?", Object.fromEntries(roles.map((one) => [one, one])), asking)
      : role;
    if (flags.confirm === undefined) await confirmById(`Type ${request.id} to approve this plan:`, request.id, asking);
    return this.#answer(
      await approveRequest(context, args.id, { ...signature, ...(chosen === undefined ? {} : { role: chosen }) }),
      request.id,
      "Approved: ",
    );
  }

  #answer(approval: Approval, request: string, said: string): Answer {
    const accepted =
      approval.accepted === undefined ? "" : ` Accepted without a search: ${approval.accepted.join(", ")}.`;
    return {
      data: { approval: { ...approval, request } },
      human: `${said}plan ${approval.plan} of ${request}, digest ${approval.digest.slice(0, 16)}….${accepted}`,
      next: [`expunge run ${request}`],
    };
  }
}
