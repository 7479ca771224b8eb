import type { Period } from "../model/datamap.ts";
import { addPeriod, type CivilDate, civilDateOf } from "./civil-date.ts";

/** The last day on which what a run did can be taken back. `begun`: instant of the run. */
export function windowEnd(
  window: Pick<Period, "years" | "months" | "days">,
  begun: string,
  timezone: string,
): CivilDate {
  return addPeriod(civilDateOf(new Date(begun), timezone), window);
}
