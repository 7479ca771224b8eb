import type { HeldRecord } from "./sealed-store.ts";
import type { Reads } from "./state.ts";

/** Whether any run of the request, of whatever plan, has begun. */
export async function hasBegun({ plans, journal }: Reads, request: string): Promise<boolean> {
  for (const plan of await plans.ofRequest(request)) if ((await journal.units(plan.id)).some((unit) => unit.state !== "ready")) return true;
  return false;
}

/**
 * Pointers of the records that the request's plans kept so far: those of earlier plans whose run has begun, and the
 * latest one's. `but`: `record` and `key`, on two lines, of records that a newer plan decides on.
 */
export async function keptSoFar(reads: Reads, request: string, but: ReadonlySet<string>): Promise<readonly HeldRecord[]> {
  const { plan } = await reads.requests.get(request);
  if (plan === undefined || !(await hasBegun(reads, request))) return [];
  const latest = (await reads.sealed.steps(request, plan)).flatMap(({ record, records }) =>
    records.flatMap(({ key, disposition }): HeldRecord[] =>
      disposition.kind === "kept" ? [{ system: record.split(".")[0] ?? "", record, key, until: disposition.until, reason: disposition.reason }] : [],
    ),
  );
  const merged = new Map([...(await reads.sealed.carried(request)), ...latest].map((one) => [`${one.record}\n${one.key}`, one]));
  return [...merged].flatMap(([pointer, one]) => (but.has(pointer) ? [] : [one]));
}
