import type { RecordType } from "../model/datamap.ts";
import { addPeriod, type CivilDate, civilDateFromText } from "./civil-date.ts";

/**
 * The day on which a record that was marked as deleted then goes for good. Undefined: nobody knows since when it is
 * marked, or nothing says that it ever goes.
 */
export function purgeDay(
  { purge }: Pick<RecordType, "purge">,
  since: string | null,
  timezone: string,
): CivilDate | undefined {
  const day = since === null ? undefined : civilDateFromText(since, timezone);
  return day === undefined || purge === undefined ? undefined : addPeriod(day, purge.after);
}

/** The last of these days; undefined where one of them is not known. */
export function lastDay(days: readonly (CivilDate | undefined)[]): CivilDate | undefined {
  const known = days.flatMap((day) => day ?? []);
  return known.length < days.length ? undefined : known.toSorted().at(-1);
}
