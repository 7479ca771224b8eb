/** The closed set of statuses a step can have, worst first: the status of a mixed step is the first that applies. */
export const STATUSES = [
  "failed",
  "blocked",
  "unverifiable",
  "not_checked",
  "waiting",
  "kept",
  "residue",
  "soft_deleted",
  "restored",
  "accepted",
  "pseudonymised",
  "anonymised",
  "redacted",
  "deleted",
  "already_gone",
  "nothing_found",
] as const;

export type Status = (typeof STATUSES)[number];

/** The worst of these statuses; `nothing_found` for none. */
export function worst(statuses: Iterable<Status>): Status {
  const seen = new Set(statuses);
  return STATUSES.find((status) => seen.has(status)) ?? "nothing_found";
}

export const REQUEST_STATES = [
  "received",
  "identity_confirmed",
  "planned",
  "approved",
  "running",
  "verifying",
  "settling",
  "waiting",
  "partly_done",
  "closed",
  "refused",
  "cancelled",
] as const;

export type RequestState = (typeof REQUEST_STATES)[number];

/** States in which a request has ended. */
export const ENDED_STATES: readonly RequestState[] = ["closed", "refused", "cancelled"];

/** All the others. */
export const OPEN_STATES: readonly RequestState[] = REQUEST_STATES.filter((state) => !ENDED_STATES.includes(state));
