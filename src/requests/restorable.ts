import { keepsWhole, type Restorable } from "../model/pre-image.ts";
import type { StepHead } from "../model/plan.ts";
import { windowEnd } from "../retention/restore-window.ts";
import type { Reads } from "../state/state.ts";

/** What runs of this request told that they keep, and is kept still. */
export async function restorableIn(
  { images, plans }: Pick<Reads, "images" | "plans">,
  id: string,
): Promise<readonly (Restorable & { readonly system: string; readonly record: string })[]> {
  const all: (Restorable & { readonly system: string; readonly record: string })[] = [];
  for (const { plan, step, count } of await images.steps(id)) {
    const result = await plans.result(plan);
    const line = result?.steps.find(
      (one) => typeof one === "object" && one !== null && Reflect.get(one, "id") === step,
    );
    if (typeof line !== "object" || line === null) continue;
    const told: unknown = Reflect.get(line, "restorable");
    const until: unknown = typeof told === "object" && told !== null ? Reflect.get(told, "until") : undefined;
    const [system, record]: unknown[] = [Reflect.get(line, "system"), Reflect.get(line, "record")];
    if (typeof until === "string" && typeof system === "string" && typeof record === "string")
      all.push({ system, record, count, until });
  }
  return all;
}

/** Until when what a request hid or kept of a record type can be brought back. */
export interface RestoreWindow {
  /** `system.record` */
  readonly record: string;
  readonly count: number;
  /** The last day, ISO. */
  readonly until: string;
}

/** What a request hid and nobody brought back, also where the time for it is over; none where its plans had no window. */
export async function windowsOf(
  reads: Pick<Reads, "images" | "plans" | "sealed">,
  id: string,
  timezone: string,
  isThere: (head: StepHead) => boolean = () => true,
): Promise<readonly RestoreWindow[]> {
  const kept = await reads.images.steps(id);
  const windows: RestoreWindow[] = [];
  for (const plan of new Set(kept.map((one) => one.plan))) {
    const at = await reads.plans.begunAt(plan);
    const heads = new Map((await reads.sealed.parts(id, plan)).map(({ head }) => [head.step, head]));
    for (const { count, step } of kept.filter((one) => one.plan === plan)) {
      const head = heads.get(step);
      const window = head?.target.record.restoreWindow;
      if (head !== undefined && window !== undefined && at !== undefined && isThere(head))
        windows.push({ record: head.record, count, until: windowEnd(window, at, timezone) });
    }
  }
  return windows;
}

/** What a look at the record types says of them. */
export interface Seen {
  readonly system: string;
  readonly record: string;
  readonly result: string;
  readonly marked?: number;
  readonly waiting?: number;
}

/** The same after a look: what was only marked as deleted, and has gone for good since, nobody can bring back. */
export async function windowsSeen(
  reads: Pick<Reads, "images" | "plans" | "sealed">,
  id: string,
  timezone: string,
  checks: readonly Seen[],
): Promise<readonly RestoreWindow[]> {
  // what could not be looked at, or waits, may be there still
  const gone = new Set(
    checks.flatMap(({ system, record, result, marked = 0, waiting = 0 }) =>
      result === "pass" && marked + waiting === 0 ? [`${system}.${record}`] : [],
    ),
  );
  return await windowsOf(reads, id, timezone, (head) => keepsWhole(head.target) || !gone.has(head.record));
}
