import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { Failure } from "../../src/errors.ts";
import { askText, askYes } from "../../src/terminal/ask.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";
import { day } from "../../src/terminal/show.ts";

export default class RequestExtend extends BaseCommand {
  static override summary = "Note that the person was told that the answer takes longer, and why.";
  static override description =
    "From then on the extended day counts. It must be said before the first one has passed (Art. 12(3) GDPR), and once.";
  static override examples = ["<%= config.bin %> request extend R-2026-0001 --reason complex --notified-on 2026-11-20"];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    reason: Flags.option({
      options: ["complex", "many"] as const,
      required: true,
      summary: "Why: the request is complex, or there were many.",
    })(),
    "notified-on": Flags.string({
      helpValue: "DATE",
      summary: "Day on which the person was told, at the controller. Default: today.",
    }),
  };

  protected override readonly asks = {
    reason: {
      question: "Why does the answer take longer?",
      choices: { complex: "complex: the request is complex", many: "many: there were many requests" },
    },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    const { refuseExtension } = await import("../../src/requests/extend-request.ts");
    const { todayOf } = await import("../../src/requests/context.ts");
    await lookBeforeAsking(typed, { registry, act: "request extend" }, async (_, request, reading) =>
      refuseExtension(request, await todayOf(reading)),
    );
  };

  protected override async work({ signal, tone, asking, wasAsked }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestExtend);
    const { contextOf, todayOf } = await import("../../src/requests/context.ts");
    const { deadlinesOf } = await import("../../src/requests/deadlines-of.ts");
    const { extendRequest, whyNotNotified } = await import("../../src/requests/extend-request.ts");
    const { nextOf, tellOf, wholeRequestJson } = await import("../../src/requests/request-json.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, act: "request extend" });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const now = await todayOf(workspace);
    const asked = wasAsked() ? await workspace.state.read.requests.get(args.id) : undefined;
    // it happens once, and says of a person that they were told: whoever was asked for one part is asked for the rest
    const notifiedOn =
      flags["notified-on"] ??
      (asked === undefined
        ? undefined
        : await askText("On which day was the person told (YYYY-MM-DD)?", asking, {
            otherwise: now,
            whyNot: (typed) => whyNotNotified(typed.trim(), asked, now),
          }));
    if (
      asked !== undefined &&
      !(await askYes(
        `${args.id} is then due on ${day(deadlinesOf(asked).extended)}, and cannot be extended again. Go on?`,
        asking,
      ))
    )
      throw new Failure("INTERRUPTED", "stopped before anything was done", {
        help: "Nothing was kept of what was typed.",
      });
    const request = await extendRequest(context, args.id, {
      reason: flags.reason,
      notifiedOn: notifiedOn?.trim(),
    });
    const told = await tellOf(workspace.state.read, request, await todayOf(workspace));
    return {
      data: { requests: [wholeRequestJson(request, told)] },
      human: requestScreen(request, { ...told, plain: tone.plain }),
      next: nextOf(told),
    };
  }
}
