/** Who did what with a request, and when, in clear: from the state, never from the ledger. */
import type { Totals } from "../model/plan.ts";
import type { ErasureRequest, RequestEvent } from "../model/request.ts";
import type { Reads } from "../state/state.ts";

/** One line of the story. `by` is missing where an earlier version did not note it. */
export interface StoryLine extends Omit<RequestEvent, "by" | "did"> {
  readonly did: RequestEvent["did"] | "opened";
  readonly by?: string;
}

/** One plan of a request, and how far it came. */
export interface PlanLine {
  readonly id: string;
  readonly made_at: string;
  readonly digest: string;
  /** Only this system was planned. */
  readonly system?: string;
  readonly totals: Totals;
  readonly approval?: {
    readonly by: string;
    readonly at: string;
    readonly role?: string;
    readonly accepted?: readonly string[];
    /** The public key of whoever approved, in base64. */
    readonly key?: string;
  };
  readonly run?: { readonly state: string; readonly exit: number; readonly completed_at: string };
}

/** Everything that was done, oldest first. */
export async function story(reads: Reads, request: ErasureRequest): Promise<readonly StoryLine[]> {
  const opened: StoryLine = {
    at: request.createdAt,
    by: request.createdBy,
    did: "opened",
    ...(request.ref === undefined ? {} : { note: request.ref }),
  };
  return [opened, ...(request.history ?? (await remembered(reads, request)))];
}

/** What an earlier version left: whoever planned, ran and looked was not noted. */
async function remembered({ plans }: Reads, request: ErasureRequest): Promise<readonly StoryLine[]> {
  const lines: StoryLine[] = [];
  const { identity, endedAt, reason, state } = request;
  if (identity !== undefined)
    lines.push({ at: identity.at, by: identity.by, did: "identity", result: identity.result, note: identity.method });
  for (const plan of await plans.ofRequest(request.id)) {
    lines.push({ at: plan.made_at, did: "planned", plan: plan.id });
    const approval = await plans.approval(plan.id);
    if (approval !== undefined) lines.push({ at: approval.at, by: approval.by, did: "approved", plan: plan.id });
    const result = await plans.result(plan.id);
    if (result !== undefined) lines.push({ at: result.completedAt, did: "run", plan: plan.id, result: result.state });
  }
  if (endedAt !== undefined && (state === "closed" || state === "refused" || state === "cancelled"))
    lines.push({ at: endedAt, did: state, ...(reason === undefined ? {} : { note: reason }) });
  return lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** The request's plans, oldest first. */
export async function plansOf({ plans }: Reads, request: string): Promise<readonly PlanLine[]> {
  const lines: PlanLine[] = [];
  for (const plan of await plans.ofRequest(request)) {
    const approval = await plans.approval(plan.id);
    const result = await plans.result(plan.id);
    lines.push({
      id: plan.id,
      made_at: plan.made_at,
      digest: plan.digest,
      ...(plan.system === undefined ? {} : { system: plan.system }),
      totals: plan.totals,
      ...(approval === undefined ? {} : { approval: signed(approval) }),
      ...(result === undefined
        ? {}
        : { run: { state: result.state, exit: result.exit, completed_at: result.completedAt } }),
    });
  }
  return lines;
}

function signed({
  by,
  at,
  role,
  accepted,
  key,
}: NonNullable<Awaited<ReturnType<Reads["plans"]["approval"]>>>): NonNullable<PlanLine["approval"]> {
  return {
    by,
    at,
    ...(role === undefined ? {} : { role }),
    ...(accepted === undefined ? {} : { accepted }),
    ...(key === undefined ? {} : { key }),
  };
}
