import { Flags } from "@oclif/core";
import { registry } from "../../connectors/registry.ts";
import { type Answer, asFlag, BaseCommand, idArg, type Session, type Typed } from "../../src/base-command.ts";
import { whyNotMethod } from "../../src/requests/checked-text.ts";
import { requestScreen } from "../../src/terminal/request-screen.ts";

export default class RequestIdentity extends BaseCommand {
  static override summary = "Note how the person's identity was checked, and what came of it.";
  static override description = "Anything but `ok` takes a plan and its approval back.";
  static override examples = ["<%= config.bin %> request identity R-2026-0001 --method letter --result ok"];
  static override args = { id: idArg };
  static override flags = {
    ...asFlag,
    method: Flags.string({
      required: true,
      helpValue: "TEXT",
      summary: "How: account, document, eid, email, in person, letter, phone, video … No numbers of documents.",
    }),
    result: Flags.option({
      options: ["ok", "more_needed", "failed"] as const,
      required: true,
      summary: "What came of it.",
    })(),
  };

  protected override readonly asks = {
    method: {
      question: "How was the identity checked (letter, account, document, in person …; no numbers)?",
      whyNot: whyNotMethod,
    },
    result: {
      question: "What came of it?",
      choices: {
        ok: "ok: this is the person whose data it is",
        more_needed: "more needed: the person was asked for more",
        failed: "failed: it is somebody else, or cannot be told",
      },
    },
  };

  protected override readonly beforeAsking = async (typed: Typed): Promise<void> => {
    const { lookBeforeAsking } = await import("../../src/requests/before-asking.ts");
    const { refuseIdentity } = await import("../../src/requests/record-identity.ts");
    await lookBeforeAsking(typed, { registry, act: "request identity" }, refuseIdentity);
  };

  protected override async work({ signal, tone }: Session): Promise<Answer> {
    const { args, flags } = await this.parse(RequestIdentity);
    const { contextOf, todayOf } = await import("../../src/requests/context.ts");
    const { recordIdentity } = await import("../../src/requests/record-identity.ts");
    const { nextOf, tellOf, wholeRequestJson } = await import("../../src/requests/request-json.ts");
    const { openWorkspace } = await import("../../src/workspace.ts");
    await using workspace = await openWorkspace(flags, { registry, signal, act: "request identity" });
    const context = contextOf(workspace, await workspace.dataMap(), () => {});
    const request = await recordIdentity(context, args.id, flags.method, flags.result);
    const told = await tellOf(workspace.state.read, request, await todayOf(workspace));
    return {
      data: { requests: [wholeRequestJson(request, told)] },
      human: requestScreen(request, { ...told, plain: tone.plain }),
      next: nextOf(told),
    };
  }
}
