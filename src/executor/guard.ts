import type { Left } from "../model/change.ts";
import { untilOf } from "../model/hold-ends.ts";
import type { Disposition, SealedStep } from "../model/plan.ts";
import type { JudgedAgain } from "../planner/judge-again.ts";
import type { Guard } from "../port/connector.ts";

/**
 * What becomes now of these people's records of one record type, and which of the keys do not lead to them any more.
 * `acting`: keys of the records that are about to be acted on. Undefined where only the records themselves decide.
 * `onlyLegal`: they are kept already; only a legal hold is news.
 */
export type Rejudge = (
  record: string,
  subjects: readonly number[],
  keys: readonly string[],
  acting: readonly string[],
  onlyLegal: boolean,
) => Promise<JudgedAgain | undefined>;

/**
 * Looks again, before each batch is acted on, whether a condition or a hold has arisen that was not there at plan; and,
 * when a person's records of a step come up for the first time in this run, whether what leads to them is still theirs.
 */
export function guardOf(sealed: readonly SealedStep[], rejudge: Rejudge): Guard {
  const steps = new Map(sealed.map((step) => [step.step, stepIn(step)]));
  return {
    async judge(step, records) {
      const known = steps.get(step);
      if (known === undefined) return [];
      const planned = (key: string): Disposition | undefined => known.planned.get(key)?.disposition;
      const acts = records.some(({ key }) => planned(key)?.kind === "act");
      // what was planned to be kept stays under its hold as it is, but a legal hold wants it whole
      const acted = records.filter(({ key }) => planned(key)?.kind === "act" || isMinimised(planned(key)));
      if (acted.length === 0) return [];
      const subjects = [...new Set(acted.flatMap((record) => record.subjects))];
      const fresh = new Set(subjects.filter((subject) => !known.asked.has(subject)));
      const now = await rejudge(
        known.record,
        subjects,
        keysOf(known, fresh),
        acted.map(({ key }) => key),
        !acts,
      );
      if (acts) for (const subject of fresh) known.asked.add(subject);
      for (const key of now?.lost ?? []) known.lost.add(key);
      return acted.flatMap(({ key }): readonly Left[] => {
        const left = known.lost.has(key)
          ? ({ key, kind: "failed", reason: "changed" } as const)
          : leftOf(key, now?.decided.get(key), planned(key));
        return left === undefined ? [] : [left];
      });
    },
  };
}

interface Step {
  readonly record: string;
  readonly planned: ReadonlyMap<string, SealedStep["records"][number]>;
  /** Keys of the records that are acted on, by person: a batch asks for its own people only. */
  readonly acting: ReadonlyMap<number, readonly string[]>;
  /** People whose records were looked at. */
  readonly asked: Set<number>;
  /** Keys of records that were found to be somebody else's. */
  readonly lost: Set<string>;
}

function stepIn({ record, records }: SealedStep): Step {
  const acting = new Map<number, string[]>();
  for (const { key, subjects, disposition } of records) {
    if (disposition.kind !== "act") continue;
    for (const subject of subjects) {
      const mine = acting.get(subject);
      if (mine === undefined) acting.set(subject, [key]);
      else mine.push(key);
    }
  }
  return { record, planned: new Map(records.map((one) => [one.key, one])), acting, asked: new Set(), lost: new Set() };
}

function keysOf({ acting }: Step, subjects: ReadonlySet<number>): readonly string[] {
  return [...new Set([...subjects].flatMap((subject) => acting.get(subject) ?? []))];
}

function isMinimised(disposition: Disposition | undefined): boolean {
  return disposition?.kind === "kept" && disposition.minimise;
}

function leftOf(key: string, disposition: Disposition | undefined, planned: Disposition | undefined): Left | undefined {
  if (isMinimised(planned) && !(disposition?.kind === "kept" && disposition.holds !== undefined)) return undefined;
  switch (disposition?.kind) {
    case "kept":
      return { key, kind: "kept", reason: disposition.reason, ...heldUntil(disposition) };
    case "waiting":
      return { key, kind: "waiting", reason: disposition.reason, ...saying(disposition) };
    case "blocked":
      return { key, kind: "blocked", reason: disposition.reason };
    case "act":
      // a record that a legal hold keeps references it by now: a new plan changes it, this one was to delete it
      return disposition.change === "held_by" && disposition.holds !== undefined && isByRule(planned)
        ? { key, kind: "kept", reason: "held_by", ...heldUntil(disposition) }
        : undefined;
    // not found any more: the eraser sees by the key and the fingerprint what has become of it
    case undefined:
      return undefined;
  }
}

function isByRule(planned: Disposition | undefined): boolean {
  return planned?.kind === "act" && planned.change === "rule";
}

function heldUntil(held: {
  readonly until?: string;
  readonly says?: string;
  readonly holds?: readonly string[];
}): Pick<Left, "until" | "says" | "holds"> {
  return { ...untilOf(held), ...saying(held), ...(held.holds === undefined ? {} : { holds: held.holds }) };
}

function saying({ says }: { readonly says?: string }): { readonly says?: string } {
  return says === undefined ? {} : { says };
}
