import path from "node:path";
import { approveRequest } from "../../src/requests/approve-request.ts";
import { contextOf } from "../../src/requests/context.ts";
import { openRequests } from "../../src/requests/open-request.ts";
import { planRequest } from "../../src/requests/plan-request.ts";
import { recordIdentity } from "../../src/requests/record-identity.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Subject } from "../../src/model/subject.ts";
import { registry } from "../../connectors/registry.ts";
import { openWorkspace } from "../../src/workspace.ts";
import type { Desk } from "./desk.ts";

/**
 * A request of these people with an approved plan, by the functions that the commands call, without a process each. The
 * desk's secrets must be in this process's environment.
 */
export async function approvedRequest(
  desk: Desk,
  subjects: readonly Subject[],
  batch = false,
): Promise<{ readonly id: string; readonly plan: Plan }> {
  const places = { map: path.join(desk.folder, "datamap.yaml"), workspace: path.join(desk.folder, ".expunge") };
  await using workspace = await openWorkspace(places, { registry, signal: new AbortController().signal });
  const context = contextOf(workspace, await workspace.planMap(), () => {});
  const [request] = await openRequests(context, subjects, workspace.pseudonym, { batch });
  if (request === undefined) throw new Error("no request was opened");
  await recordIdentity(context, request.id, "letter", "ok");
  const plan = await planRequest(context, request.id);
  await approveRequest(context, request.id, {});
  return { id: request.id, plan };
}
