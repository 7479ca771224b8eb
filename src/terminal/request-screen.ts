import type { ErasureRequest } from "../model/request.ts";
import { count, day, safe, table } from "./show.ts";

/** Requests, one a line. */
export function requestTable(requests: readonly ErasureRequest[]): string {
  if (requests.length === 0) return "No request.";
  const rows = requests.map((request) => [
    request.id,
    request.state.replaceAll("_", " "),
    day(request.received),
    day(request.due.legal),
    who(request),
    safe(request.ref ?? ""),
  ]);
  return table(rows, ["Request", "State", "Received", "Answer due", "Subject", "Ref"]);
}

/** One request as a timeline. */
export function requestScreen(request: ErasureRequest): string {
  const { id, state, received, due, createdAt, createdBy, identity, plan, ref, reason, endedAt } = request;
  const rows = [
    ["received", day(received)],
    ["opened", `${createdAt} by ${safe(createdBy)}`],
    ...(identity === undefined
      ? []
      : [["identity", `${identity.result.replaceAll("_", " ")}: ${safe(identity.method)}, ${identity.at} by ${safe(identity.by)}`]]),
    ["answer due", dueText(due)],
    ...(plan === undefined ? [] : [["plan", plan]]),
    ...(ref === undefined ? [] : [["ref", safe(ref)]]),
    ...(endedAt === undefined ? [] : [["ended", endedAt]]),
    ...(reason === undefined ? [] : [["reason", safe(reason)]]),
  ];
  return `Erasure request ${id} · ${who(request)} · ${state.replaceAll("_", " ")}\n${table(rows.map((row) => [`  ${row[0] ?? ""}`, row[1] ?? ""]))}`;
}

/** When the answer is due, and how that came about. */
export function dueText({ nominal, legal, extended }: ErasureRequest["due"]): string {
  const moved = nominal === legal ? "" : ` (${day(nominal)} is no working day)`;
  return `${day(legal)}${moved}; ${day(extended)} if extended`;
}

function who({ pseudonyms }: ErasureRequest): string {
  return pseudonyms.length === 1 ? `s_${(pseudonyms[0] ?? "").slice(0, 8)}` : count(pseudonyms.length, "person", "people");
}
