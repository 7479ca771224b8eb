/** What `hold extend` and `hold release` have in common: they change a hold by somebody's order. */
import { Args, Flags } from "@oclif/core";
import type { Registry } from "./port/registry.ts";
import { type Answer, asFlag, type Question, type Typed } from "./base-command.ts";
import { holdId, isHoldId } from "./model/hold-id.ts";
import type { Act } from "./model/person.ts";
import type { LegalHold } from "./model/legal-hold.ts";
import type { Context } from "./requests/context.ts";
import { whyNotText } from "./requests/checked-text.ts";
import { holdScreen } from "./terminal/hold-screen.ts";
import type { Places } from "./workspace.ts";

/** However it is typed: `h-2026-3` is `H-2026-0003`. */
export const holdArg = Args.string({
  required: true,
  description: "id of the legal hold",
  parse: async (typed) => await Promise.resolve(holdId(typed)),
});

export const orderFlags = {
  ...asFlag,
  reason: Flags.string({
    required: true,
    helpValue: "TEXT",
    summary: "Why; kept in the state, never in the ledger. No identifier.",
  }),
  by: Flags.string({ required: true, helpValue: "NAME", summary: "Who ordered it; not who types this." }),
};

export const orderQuestions = {
  id: {
    question: "Which legal hold (H-2026-0001)?",
    whyNot: (typed) => (isHoldId(typed) ? undefined : "An id looks like H-2026-0001; `expunge hold list` shows them."),
  },
  reason: { question: "Why? No identifier of anybody:", whyNot: whyNotText },
  by: { question: "Who ordered it?", whyNot: whyNotText },
} as const satisfies Readonly<Record<string, Question>>;

/** Looks whether the hold may be changed so, before anybody is asked for anything. `may`: its second argument is today, at the controller. */
export async function lookAtHold(
  { args, flags, signal }: Typed,
  how: { readonly registry: Registry; readonly act: Act },
  may: (hold: LegalHold, now: string) => void,
): Promise<void> {
  const { lookBeforeAsking } = await import("./requests/before-asking.ts");
  const { todayOf } = await import("./requests/context.ts");
  const { id } = args;
  const hold = typeof id === "string" && isHoldId(id) ? holdId(id) : undefined;
  await lookBeforeAsking({ args: {}, flags, signal }, how, undefined, async (reads, reading) => {
    if (hold !== undefined) may(await reads.legalHolds.get(hold), await todayOf(reading));
  });
}

/** Changes the hold by `change` and answers with how it stands then. */
export async function holdAnswer(
  places: Places,
  opening: { readonly registry: Registry; readonly signal: AbortSignal; readonly act: Act },
  change: (context: Context) => Promise<LegalHold>,
): Promise<Answer> {
  const { contextOf } = await import("./requests/context.ts");
  const { holdLines, requestsHeldBy } = await import("./requests/held-records.ts");
  const { openWorkspace } = await import("./workspace.ts");
  await using workspace = await openWorkspace(places, opening);
  const context = contextOf(workspace, await workspace.dataMap(), () => {});
  const { id, ended } = await change(context);
  const { holds, warnings } = await holdLines(context, [id]);
  const waiting = ended === undefined ? [] : await requestsHeldBy(workspace.state.read, id);
  return {
    data: { holds },
    human: holdScreen(holds),
    warnings,
    next:
      waiting.length === 0 ? ["expunge hold list"] : waiting.slice(0, 3).map((request) => `expunge plan ${request}`),
  };
}
