import type { HeldRecord } from "./sealed-store.ts";
import type { Reads } from "./state.ts";

/** The last day of what nobody knows the end of: it never becomes due by itself. */
const NEVER = "9999-12-31";

/** Whether any run of the request, of whatever plan, has begun. */
export async function hasBegun({ plans, journal }: Reads, request: string): Promise<boolean> {
  for (const plan of await plans.ofRequest(request))
    if ((await journal.units(plan.id)).some((unit) => unit.state !== "ready")) return true;
  return false;
}

/**
 * Pointers of the records that the request's plans kept so far: those of earlier plans whose run has begun, and the
 * latest one's. `isDecided`: whether a newer plan decides on a record.
 */
export async function keptSoFar(
  reads: Reads,
  request: string,
  isDecided: (record: string, key: string) => boolean,
): Promise<readonly HeldRecord[]> {
  const { plan } = await reads.requests.get(request);
  if (plan === undefined || !(await hasBegun(reads, request))) return [];
  const latest: HeldRecord[] = [];
  for await (const { record, records } of reads.sealed.pieces(request, plan)) {
    for (const { key, fingerprint, disposition } of records) {
      // what was anonymised for the sake of what is held is due for its own rule, when that hold ends
      const changedFor = disposition.kind === "act" && disposition.change === "held_by";
      if (disposition.kind !== "kept" && !changedFor) continue;
      // a person wants it to stay: nothing makes it due
      if (disposition.kind === "kept" && disposition.reason === "excluded") continue;
      const changed = changedFor || (disposition.kind === "kept" && disposition.minimise);
      latest.push({
        system: record.split(".")[0] ?? "",
        record,
        key,
        until: disposition.until ?? NEVER,
        reason: disposition.kind === "kept" ? disposition.reason : "held_by",
        fingerprint,
        ...(changed ? { changed } : {}),
      });
    }
  }
  const merged = new Map(
    [...(await reads.sealed.carried(request)), ...latest].map((one) => [`${one.record}\n${one.key}`, one]),
  );
  return [...merged.values()].filter((one) => !isDecided(one.record, one.key));
}
