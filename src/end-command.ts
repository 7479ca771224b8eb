/** What `request cancel`, `refuse` and `close` have in common: they end a request for a reason, and say how it stands then. */
import { Flags } from "@oclif/core";
import { type Answer, asFlag, type Question, type Session, type Typed } from "./base-command.ts";
import { Failure } from "./errors.ts";
import type { Act } from "./model/person.ts";
import type { ErasureRequest } from "./model/request.ts";
import type { Registry } from "./port/registry.ts";
import { whyNotText } from "./requests/checked-text.ts";
import type { Ender } from "./requests/end-request.ts";
import type { Reads } from "./state/state.ts";
import { askYes } from "./terminal/ask.ts";
import { requestScreen } from "./terminal/request-screen.ts";
import type { Places, Workspace } from "./workspace.ts";

export const endFlags = {
  ...asFlag,
  reason: Flags.string({
    required: true,
    helpValue: "TEXT",
    summary: "Why; kept with the request. No personal data.",
  }),
};

/** `done`: cancelled, refused, closed by hand. */
export function reasonQuestion(done: string): Question {
  return { question: `Why is it ${done}? No personal data:`, whyNot: whyNotText };
}

/** What is asked before a request that was never carried out ends: nothing brings it back. */
export function lastQuestion(id: string, done: string): string {
  return `${id} is then ${done} for good, and what it holds of the person is destroyed. Go on?`;
}

/** Ends the request by `end`, and answers with everything that is known of it then. `asking`: the last question where the reason was typed at one. */
export async function endAnswer(
  places: Places,
  {
    registry,
    act,
    session,
    asking,
  }: { readonly registry: Registry; readonly act: Act; readonly session: Session; readonly asking?: string },
  end: (workspace: Workspace) => Promise<ErasureRequest>,
): Promise<Answer> {
  const { todayOf } = await import("./requests/context.ts");
  const { nextOf, tellOf, wholeRequestJson } = await import("./requests/request-json.ts");
  const { openWorkspace } = await import("./workspace.ts");
  // whoever wrote the whole command meant it; a reason that is typed at a question says less
  if (asking !== undefined && session.wasAsked() && !(await askYes(asking, session.asking)))
    throw new Failure("INTERRUPTED", "stopped before anything was done", {
      help: "Nothing was kept of what was typed.",
    });
  await using workspace = await openWorkspace(places, { registry, signal: session.signal, act });
  const request = await end(workspace);
  const told = await tellOf(workspace.state.read, request, await todayOf(workspace));
  return {
    data: { requests: [wholeRequestJson(request, told)] },
    human: requestScreen(request, { ...told, plain: session.tone.plain }),
    next: nextOf(told),
  };
}

/** Ends a request that is not to be carried out. It needs no data map: the controller's zone was noted when it was opened. */
export async function stop(
  workspace: Workspace,
  id: string,
  ending: "refused" | "cancelled",
  reason: string,
): Promise<ErasureRequest> {
  const { stopRequest } = await import("./requests/end-request.ts");
  const { killAt } = await import("./executor/kill-points.ts");
  const { timezone = (await workspace.dataMap()).controller.calendar.timezone } =
    await workspace.state.read.requests.get(id);
  const ender: Ender = { ...workspace, at: killAt(workspace.killAt) };
  return await stopRequest(ender, id, ending, { reason, timezone });
}

/** Looks whether the request may end so, before anybody is asked for anything. */
export async function lookBeforeEnding(
  typed: Typed,
  how: { readonly registry: Registry; readonly act: Act },
  may: (reads: Reads, request: ErasureRequest) => Promise<void>,
): Promise<void> {
  const { lookBeforeAsking } = await import("./requests/before-asking.ts");
  await lookBeforeAsking(typed, how, may);
}
