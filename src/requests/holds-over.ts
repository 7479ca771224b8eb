/** Legal holds in force over a request, as far as the state alone knows: for screens, which look into no system. */
import { isInForce } from "../model/legal-hold.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Subject } from "../model/subject.ts";
import { Failure } from "../errors.ts";
import type { Reads } from "../state/state.ts";

export interface HoldOver {
  readonly id: string;
  /** The case, in the officer's words. */
  readonly says: string;
  /** `system.record`; none: whatever belongs to the people. */
  readonly records: readonly string[];
}

/**
 * Holds of people of the request, under an identifier that was given or found, and holds of whole record types. `today`:
 * civil date at the controller; absent: every one that has not ended. One that cannot be read is none here: whatever acts
 * stops at it.
 */
export async function holdsOver(
  { legalHolds, sealed }: Pick<Reads, "legalHolds" | "sealed">,
  { id: request }: Pick<ErasureRequest, "id">,
  today = "",
): Promise<readonly HoldOver[]> {
  const over: HoldOver[] = [];
  let known: ReadonlySet<string> | undefined;
  for (const { hold } of await legalHolds.list()) {
    if (hold === undefined || !isInForce(hold, today)) continue;
    const { id, records } = hold;
    try {
      known ??= (await sealed.exists(request))
        ? valuesOf([...(await sealed.subjects(request)), ...(await sealed.resolved(request))])
        : new Set();
      const theirs = valuesOf(await legalHolds.subjects(hold));
      if (hold.people === 0 || [...theirs].some((one) => known?.has(one) === true))
        over.push({ id, says: hold.case.words, records });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
  return over;
}

/** Those of them that are over this record type. */
export function overRecord(holds: readonly HoldOver[], record: string): readonly HoldOver[] {
  return holds.filter(({ records }) => records.length === 0 || records.includes(record));
}

function valuesOf(subjects: readonly Subject[]): ReadonlySet<string> {
  return new Set(
    subjects.flatMap(({ identifiers }) =>
      Object.entries(identifiers).flatMap(([name, values]) => values.map((value) => `${name}\n${value}`)),
    ),
  );
}
