import type { HeldRecord } from "../state/sealed-store.ts";
import type { State } from "../state/state.ts";

/** Whether any run of the request, of whatever plan, has begun. */
export function hasBegun({ plans, journal }: State, request: string): boolean {
  return plans.ofRequest(request).some((plan) => journal.units(plan.id).some((unit) => unit.state !== "ready"));
}

/**
 * Pointers of the records that the request's plans kept so far: those of earlier plans whose run has begun, and the
 * latest one's. `but`: `record` and `key`, on two lines, of records that a newer plan decides on.
 */
export function keptSoFar(state: State, request: string, but: ReadonlySet<string>): readonly HeldRecord[] {
  const { plan } = state.requests.get(request);
  if (plan === undefined || !hasBegun(state, request)) return [];
  const latest = state.sealed
    .steps(request, plan)
    .flatMap(({ record, records }) =>
      records.flatMap(({ key, disposition }): HeldRecord[] =>
        disposition.kind === "kept" ? [{ system: record.split(".")[0] ?? "", record, key, until: disposition.until, reason: disposition.reason }] : [],
      ),
    );
  const merged = new Map([...state.sealed.carried(request), ...latest].map((one) => [`${one.record}\n${one.key}`, one]));
  return [...merged].flatMap(([pointer, one]) => (but.has(pointer) ? [] : [one]));
}
