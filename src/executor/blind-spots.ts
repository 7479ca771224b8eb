/** Where a look would prove nothing: a record type that is not seen is `unverifiable`, never a pass. */
import { Failure } from "../errors.ts";
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Plan } from "../model/plan.ts";
import type { Finding, Target } from "../model/search.ts";
import type { Readers } from "../planner/readers.ts";
import { targetOf } from "../planner/targets.ts";
import type { PlannedSteps } from "./planned-steps.ts";
import type { Receipt } from "../state/journal.ts";

interface BlindScope {
  readonly map: DataMap;
  readonly plan: Plan;
  readonly steps: Pick<PlannedSteps, "heads">;
  /** Of each step the last one. */
  readonly receipts: readonly Receipt[];
  readonly readers: Readers;
  /** Gaps that are found on the way are added. */
  readonly reported: Finding[];
}

/** What kept a reader from looking, as a finding. Throws what is no answer of a system. */
export function findingOf(error: unknown, record: string): Finding {
  if (!(error instanceof Failure) || ["UNEXPECTED", "INTERRUPTED", "BUSY"].includes(error.code)) throw error;
  return { code: error.code, severity: "error", record, message: error.message };
}

/** Record types whose search would prove nothing now. Only what our own receipts emptied may be empty. */
export async function blindSpots(
  scope: BlindScope,
  types: ReadonlyMap<string, RecordType>,
): Promise<Map<string, Finding>> {
  const { map, readers, plan, steps, receipts, reported } = scope;
  const spots = new Map<string, Finding>();
  for (const system of map.systems) {
    const records = steps.heads
      .flatMap(({ record }) => types.get(record) ?? [])
      .filter((record) => record.system === system.name);
    if (records.length === 0) continue;
    const targets = records.map((record) => targetOf(map, record));
    for (const finding of await checked(readers, targets, system.name)) {
      if (finding.gap !== undefined) reported.push(finding);
      const type = types.get(finding.record);
      const step = plan.steps.find((one) => `${one.system}.${one.record}` === finding.record);
      const receipt = receipts.find((one) => one.step === step?.id);
      const ours =
        type !== undefined &&
        step?.reason !== "empty_pattern" &&
        ((leftWithThem(finding, type) && (emptiedByUs(type, receipt) || (step?.marked ?? 0) > 0)) ||
          (finding.severity === "empty" && wentWhole(scope, finding.record)));
      if (finding.severity !== "warning" && !ours && blinds(finding, type)) spots.set(finding.record, finding);
    }
  }
  return spots;
}

/** What a system's reader finds; where it cannot be asked, that, for each of its record types. */
async function checked(readers: Readers, targets: readonly Target[], system: string): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  try {
    for await (const finding of (await readers.of(system)).check(targets)) found.push(finding);
  } catch (error) {
    return [...found, ...targets.map(({ record }) => findingOf(error, record.id))];
  }
  return found;
}

/** Findings that stand in the way of erasing say nothing against looking. */
function blinds({ code, severity }: Finding, type: RecordType | undefined): boolean {
  if (severity === "empty") return true;
  // a bucket that keeps no versions any more: nothing can be hidden there, and whether something is can be seen
  if (code === "ACTION_REFUSED" && type?.marker?.kind === "delete_marker") return false;
  const erasing = [
    "CASCADE_UNDECLARED",
    "FOREIGN_KEY_UNDECLARED",
    "TRIGGER_UNDECLARED",
    "DELETE_SWALLOWED",
    "CONSTRAINT",
    "FIELD_REFUSED",
  ];
  return !erasing.includes(code);
}

/** Objects whose keys are the person's own go with them; JSON lines carry their own paths, which leave with the last line that had them. */
function leftWithThem({ code, severity }: Finding, type: RecordType): boolean {
  if (severity === "empty") return type.place.kind === "keys";
  return code === "COLUMN_MISSING" && type.place.kind === "files";
}

/** Its lines were counted, and went, with objects that were erased whole. */
function wentWhole({ plan, steps, receipts }: BlindScope, record: string): boolean {
  const head = steps.heads.find((one) => one.record === record);
  const elsewhere = new Set(head?.elsewhere?.map((one) => one.step));
  return (
    plan.steps.find(({ id }) => id === head?.step)?.found === 0 &&
    receipts.some((receipt) => elsewhere.has(receipt.step) && receipt.deleted + receipt.alreadyGone > 0)
  );
}

export function emptiedByUs(
  { place, format }: Pick<RecordType, "place" | "format">,
  receipt: Receipt | undefined,
): boolean {
  const { deleted = 0, alreadyGone = 0, marked = 0 } = receipt ?? {};
  // what was marked goes for good with due work, which has receipts of its own
  if (deleted + alreadyGone + marked === 0) return false;
  if (place.kind === "keys") return true;
  // a CSV file keeps its heading
  return (
    format === "jsonl" ||
    (format === undefined &&
      place.kind === "files" &&
      place.globs.every((glob) => /\.(?:jsonl|ndjson)(?:\.gz)?$/u.test(glob)))
  );
}
