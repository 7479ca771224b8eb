import { Args, Flags } from "@oclif/core";
import { registry } from "../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, type Session } from "../src/base-command.ts";
import { Failure } from "../src/errors.ts";
import { confirmById } from "../src/terminal/ask.ts";

export default class Approve extends BaseCommand {
  static override summary = "Sign the latest plan of a request, so that it may be run.";
  static override examples = ["<%= config.bin %> approve R-2026-0001 --as m.keller --confirm R-2026-0001"];
  static override args = { id: Args.string({ required: true, description: "id of the request" }) };
  static override flags = {
    ...asFlag,
    digest: Flags.string({ helpValue: "HEX", summary: "Sign only if this is the plan's digest." }),
    role: Flags.string({ helpValue: "ROLE", summary: "The role in which you sign, one of approval.roles." }),
    confirm: Flags.string({ helpValue: "ID", summary: "The request's id again, instead of typing it." }),
  };

  protected override async work({ signal, asking, say, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(Approve);
    const { approveRequest } = await import("../src/requests/approve-request.ts");
    const { contextOf } = await import("../src/requests/context.ts");
    const { planScreen } = await import("../src/terminal/plan-screen.ts");
    const { openWorkspace } = await import("../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, deadlines: false });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const request = await workspace.state.read.requests.get(args.id);
    if (flags.confirm === undefined) {
      const plan = request.plan === undefined ? undefined : await workspace.state.read.plans.get(request.plan);
      if (plan === undefined) throw new Failure("NOTHING_TO_APPROVE", `${request.id} has no plan`);
      if (asking.possible) say(planScreen(plan, request, tone.plain));
      await confirmById(`Type ${request.id} to approve this plan:`, request.id, asking);
    } else if (flags.confirm !== request.id) throw new Failure("CONFIRM_NEEDED", `--confirm does not name ${request.id}; nothing was approved`);
    const approval = await approveRequest(context, args.id, {
      ...(flags.role === undefined ? {} : { role: flags.role }),
      ...(flags.digest === undefined ? {} : { digest: flags.digest }),
    });
    return {
      data: { approval: { ...approval, request: request.id } },
      human: `Approved: plan ${approval.plan} of ${request.id}, digest ${approval.digest.slice(0, 16)}….`,
      next: [`expunge run ${request.id}`],
    };
  }
}
