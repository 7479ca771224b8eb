import { Failure } from "../errors.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";

/** Record types of which nobody has decided yet what becomes of them (`do: ask`), of one system or of all. */
export function askedRecords(map: DataMap, system?: string): readonly RecordType[] {
  return map.systems.flatMap(({ name, records }) =>
    system === undefined || name === system ? records.filter((record) => record.do === "ask") : [],
  );
}

/** Throws ASK where a plan of this system, or of all, would need a decision that nobody has made. */
export function refuseAsked(map: DataMap, system?: string): void {
  const [first, ...more] = askedRecords(map, system);
  if (first === undefined) return;
  const asked = [first, ...more].map(({ id }) => id);
  throw new Failure("ASK", `nobody has decided what becomes of ${asked.join(", ")}`, {
    details: { records: asked },
    at: `${map.file}:${first.at.line}:${first.at.column}`,
  });
}
