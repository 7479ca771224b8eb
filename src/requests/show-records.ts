/** The records of a plan one by one, each by a handle that says nothing of it: for a person who leaves some of them out. */
import { dateColumnOf, markerColumns } from "../model/marker.ts";
import type { Disposition, Plan, SealedStep } from "../model/plan.ts";
import type { Described, Located } from "../model/search.ts";
import { valuesAt } from "../planner/found.ts";
import { civilDateFromText } from "../retention/civil-date.ts";
import { type Context, readersFor } from "./context.ts";
import { handleOf } from "./excluding.ts";

export interface RecordLine {
  readonly handle: string;
  /** Id of the plan's step. */
  readonly step: string;
  readonly system: string;
  readonly record: string;
  /** What the plan does with it. */
  readonly outcome: Disposition["kind"];
  readonly reason?: string;
  readonly until?: string;
  /** `s_` and 8 hex digits; none in due work. */
  readonly subjects?: readonly string[];
  /** Its key, each part masked. */
  readonly key: readonly string[];
  /** By column: the civil date at the controller; null where there is none, or none that can be read. */
  readonly dates: Readonly<Record<string, string | null>>;
  /** By column, masked. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** It was planned, and is not there any more. */
  readonly gone?: true;
}

export interface RecordList {
  readonly records: readonly RecordLine[];
  /** Found records that only were counted: they have no handle, and are not acted on. */
  readonly unlisted: readonly { readonly system: string; readonly record: string; readonly count: number }[];
}

/** Every record of the plan as it is now, read anew. */
export async function recordsOf(context: Context, plan: Plan): Promise<RecordList> {
  const { read } = context.state;
  const { pseudonyms } = await read.requests.get(plan.request);
  const lines: RecordLine[] = [];
  const counts = new Map<string, number>();
  // due work that found nothing to do has ended with its plan
  if (await read.sealed.exists(plan.request)) {
    await using readers = readersFor(context, plan.request, () => {});
    for await (const piece of read.sealed.pieces(plan.request, plan.id)) {
      const before = counts.get(piece.step) ?? 0;
      counts.set(piece.step, before + piece.records.length);
      const reader = await readers.of(piece.target.record.system);
      lines.push(...(await linesOf(context, reader, piece, { before, pseudonyms })));
    }
  }
  const unlisted = plan.steps.flatMap(({ id, system, record, found }) => {
    const count = found - (counts.get(id) ?? 0);
    return count > 0 ? [{ system, record, count }] : [];
  });
  return { records: lines, unlisted };
}

type Reader = Awaited<ReturnType<ReturnType<typeof readersFor>["of"]>>;

async function linesOf(
  { map }: Context,
  reader: Reader,
  { step, target, records }: SealedStep,
  { before, pseudonyms }: { readonly before: number; readonly pseudonyms: readonly string[] },
): Promise<readonly RecordLine[]> {
  const { record } = target;
  const dates = dateColumns(record);
  const marks = record.marker === undefined ? [] : markerColumns(record.marker);
  const exports = [...new Set([...target.exports, ...dates, ...marks])];
  const now = new Map<string, Located>();
  const keys = records.map(({ key }) => key);
  if (keys.length > 0)
    for await (const located of reader.locate({ ...target, exports }, { by: "keys", keys }))
      now.set(located.key, located);
  return records.map(({ key, subjects, disposition }, at): RecordLine => {
    const found = now.get(key);
    const values = found?.values ?? {};
    return {
      handle: handleOf(step, before + at + 1),
      step,
      system: record.system,
      record: record.name,
      outcome: disposition.kind,
      ...("reason" in disposition ? { reason: disposition.reason } : {}),
      ...("until" in disposition && disposition.until !== undefined ? { until: disposition.until } : {}),
      ...(pseudonyms.length === 0
        ? {}
        : { subjects: subjects.map((one) => `s_${(pseudonyms[one] ?? "").slice(0, 8)}`) }),
      key: partsOf(key).map((part) => hinted(part)),
      dates: Object.fromEntries(
        dates.map((column) => {
          const days = valuesAt(values, column).flatMap(
            (text) => civilDateFromText(text.trim(), map.controller.calendar.timezone) ?? [],
          );
          return [column, days.toSorted().at(-1) ?? null];
        }),
      ),
      values: Object.fromEntries(
        exports.flatMap((column) => {
          const texts = dates.includes(column) ? [] : valuesAt(values, column);
          return texts.length === 0 ? [] : [[column, texts.map((text) => wordOr(record, column, text))] as const];
        }),
      ),
      ...(found === undefined ? { gone: true as const } : {}),
    };
  });
}

/** What says when something happened to the record: shown as it is. */
function dateColumns({ holds, created, schedule, marker }: Described): readonly string[] {
  const marked = marker === undefined ? undefined : dateColumnOf(marker);
  return [
    ...new Set([
      ...holds.map(({ from }) => from),
      ...(created === undefined ? [] : [created]),
      ...(schedule === undefined ? [] : [schedule.from]),
      ...(marked === undefined ? [] : [marked]),
    ]),
  ];
}

/** The words of the data map itself for what is marked say nothing of a person. */
function wordOr({ marker }: Described, column: string, text: string): string {
  const words =
    marker === undefined || marker.kind === "timestamp" || marker.kind === "delete_marker" || marker.column !== column
      ? []
      : [marker.deleted].flat();
  return words.includes(text) ? text : hinted(text);
}

/** Enough to tell one's own record by, and not whose it is: the first sign, and the last of a longer one. */
export function hinted(text: string): string {
  const signs = Array.from(text);
  if (signs.length < 3) return "…";
  return `${signs[0] ?? ""}…${signs.length > 5 ? (signs.at(-1) ?? "") : ""}`;
}

/** Of a key as connectors write them: canonical JSON. */
function partsOf(key: string): readonly string[] {
  const parsed: unknown = JSON.parse(key);
  return (Array.isArray(parsed) ? parsed : [parsed]).map((part: unknown) =>
    typeof part === "string" ? part : JSON.stringify(part),
  );
}
