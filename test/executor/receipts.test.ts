import { describe, expect, test } from "vitest";
import { Failure } from "../../src/errors.ts";
import { failedReceipt, isDone, joining, receiptOf, type Tried } from "../../src/executor/receipts.ts";
import { stepLine } from "../../src/executor/step-line.ts";
import { workOf } from "../../src/executor/unit-work.ts";
import type { Left, StepOutcome } from "../../src/model/change.ts";
import type { Disposition, PlanStep, SealedStep } from "../../src/model/plan.ts";
import type { Receipt } from "../../src/state/journal.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const orders = recordOf("shop", "orders", { whileHeld: { restrict: false, keepOnly: ["total"] } });
const map = mapOf([{ name: "shop", kind: "memory", records: [orders] }]);
const act: Disposition = { kind: "act", change: "rule" };
const kept = (minimise: boolean): Disposition => ({
  kind: "kept",
  reason: "retention",
  until: "2030-12-31",
  law: [],
  minimise,
});
const waiting: Disposition = { kind: "waiting", reason: "open_case" };
const blocked: Disposition = { kind: "blocked", reason: "orders_fkey" };

/** A step whose records `k0`, `k1` … have these dispositions; each belongs to person 0, every second one to person 1 too. */
function triedWith(dispositions: readonly Disposition[], people = 1): Tried {
  const records = dispositions.map((disposition, at) => ({
    key: `k${at}`,
    fingerprint: "f",
    subjects: at % 2 === 0 ? [0] : [0, 1],
    disposition,
  }));
  const of = (kind: Disposition["kind"]) => dispositions.filter((one) => one.kind === kind).length;
  const sealed: SealedStep = { step: "S1", record: "shop.orders", target: targetOf(map, orders), lookups: [], records };
  const step: PlanStep = {
    id: "S1",
    system: "shop",
    record: "orders",
    action: "erase",
    status: "deleted",
    found: records.length,
    act: of("act"),
    kept: of("kept"),
    waiting: of("waiting"),
    blocked: of("blocked"),
  };
  const times = { started: "2026-11-30T00:00:00.000Z", finished: "2026-11-30T00:00:01.000Z" };
  return {
    plan: "P-0001",
    map,
    step,
    sealed,
    work: workOf(sealed, [sealed]),
    people,
    gaps: [],
    residue: [],
    ...times,
    stamp: { at: times.started, by: "expunge R-2026-0001" },
    digest: (key) => `d-${key}`,
  };
}

const outcome = (more: Partial<StepOutcome>): StepOutcome => ({
  step: "S1",
  matched: 0,
  deleted: 0,
  changed: 0,
  minimised: 0,
  own: 0,
  left: [],
  ...more,
});
const left = (at: number, kind: Left["kind"], reason: string): Left => ({ key: `k${at}`, kind, reason });
const all = ({ deleted, changed, alreadyGone, kept: stay, waiting: wait, blocked: block, failed }: Receipt): number =>
  deleted + changed + alreadyGone + stay + wait + block + failed;

describe("a receipt", () => {
  test("counts every record found exactly once, whatever the eraser says and whatever is still there", () => {
    const kinds = ["already_gone", "kept", "waiting", "blocked", "failed"] as const;
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 500; round += 1) {
      const dispositions = Array.from(
        { length: 1 + random(12) },
        () => [act, act, act, kept(false), kept(true), waiting, blocked][random(7)] ?? act,
      );
      const tried = triedWith(dispositions, 2);
      const acted = dispositions.flatMap((one, at) => (one.kind === "act" ? [at] : []));
      const lefts = acted.filter(() => random(3) === 0).map((at) => left(at, kinds[random(5)] ?? "failed", "why"));
      const done = acted.length - lefts.length;
      const deleted = random(done + 1);
      const said = outcome({ matched: done, deleted, changed: done - deleted, left: lefts });
      // what stays and what is not done is still there; now and then something else is, too
      const still =
        lefts.filter(({ kind }) => kind !== "already_gone").length + (random(5) === 0 ? random(done + 1) : 0);
      const receipt = receiptOf(tried, said, { acted: still, minimised: 0 });
      expect(all(receipt), JSON.stringify({ dispositions, said, still })).toBe(dispositions.length);
      if (isDone(receipt, tried.step))
        expect(receipt).toMatchObject({ matched: done, affected: done, gone: done, failed: 0 });
      const people = receipt.people ?? [];
      expect(
        people.map((one) => one.done + one.alreadyGone + one.kept + one.waiting + one.blocked + one.failed),
      ).toEqual([dispositions.length, Math.floor(dispositions.length / 2)]);
    }
  });

  test("a record that the eraser calls deleted and that is still there has failed, and is not counted as deleted", () => {
    const receipt = receiptOf(triedWith([act, act]), outcome({ matched: 2, deleted: 2 }), { acted: 1, minimised: 0 });
    expect(receipt).toMatchObject({
      status: "failed",
      matched: 2,
      affected: 2,
      gone: 1,
      deleted: 1,
      failed: 1,
      reason: "affected_not_gone",
    });
  });

  test("a record of which nobody says anything has failed", () => {
    const receipt = receiptOf(triedWith([act, act]), outcome({ matched: 1, deleted: 1 }), { acted: 1, minimised: 0 });
    expect(receipt).toMatchObject({ status: "failed", deleted: 1, failed: 1 });
  });

  test("what was held only when it was to be acted on is kept, is remembered by a digest, and ends the step", () => {
    const tried = triedWith([act, act]);
    const receipt = receiptOf(
      tried,
      outcome({ matched: 1, deleted: 1, left: [{ ...left(1, "waiting", "open_case"), says: "a case is open" }] }),
      {
        acted: 1,
        minimised: 0,
      },
    );
    expect(receipt).toMatchObject({
      status: "waiting",
      deleted: 1,
      waiting: 1,
      failed: 0,
      reason: "open_case",
      says: "a case is open",
      late: ["d-k1"],
    });
    expect(isDone(receipt, tried.step)).toBe(true);
  });

  test("a kept record that was to be minimised and was not is no success", () => {
    const tried = triedWith([kept(true)]);
    const receipt = receiptOf(tried, outcome({ minimised: 1 }), { acted: 0, minimised: 1 });
    expect(receipt).toMatchObject({ status: "failed", kept: 1, reason: "not_minimised" });
    expect(isDone(receipt, tried.step)).toBe(false);
    expect(isDone(receiptOf(tried, outcome({ minimised: 1 }), { acted: 0, minimised: 0 }), tried.step)).toBe(true);
  });

  test("a kept record in which nothing was left to clear is minimised, and none that is already gone", () => {
    const receipt = receiptOf(
      triedWith([kept(true), act]),
      outcome({ matched: 1, deleted: 1, left: [left(0, "already_gone", "as_wanted")] }),
      {
        acted: 0,
        minimised: 0,
      },
    );
    expect(receipt).toMatchObject({ status: "kept", kept: 1, minimised: 1, alreadyGone: 0, deleted: 1 });
    const gone = receiptOf(
      triedWith([kept(true), act]),
      outcome({ matched: 1, deleted: 1, left: [left(0, "already_gone", "gone")] }),
      {
        acted: 0,
        minimised: 0,
      },
    );
    expect(gone).toMatchObject({ minimised: 0, alreadyGone: 1 });
  });

  test("an attempt that a failure ended leaves everything planned undone: blocked where the system is out of reach, else failed", () => {
    const tried = triedWith([act, kept(true), blocked, waiting]);
    const away = failedReceipt(tried, new Failure("SYSTEM_UNREACHABLE", "away"));
    expect(away).toMatchObject({
      status: "blocked",
      blocked: 2,
      failed: 0,
      kept: 1,
      waiting: 1,
      reason: "SYSTEM_UNREACHABLE",
    });
    const odd = failedReceipt(tried, new Failure("NOT_SEARCHABLE", "odd"));
    expect(odd).toMatchObject({ status: "failed", blocked: 1, failed: 1, reason: "NOT_SEARCHABLE" });
    for (const receipt of [away, odd]) expect(all(receipt)).toBe(4);
  });
});

test("a step that fails beside records that wait has the failure's reason, without the condition's words", () => {
  const some = triedWith([act, waiting]);
  const tried = { ...some, step: { ...some.step, reason: "open_case", says: "the case is still open" } };
  const left: readonly Left[] = [{ key: "k0", kind: "failed", reason: "P0001" }];
  const failed = receiptOf(tried, outcome({ left }), { acted: 1, minimised: 0 });
  expect(failed).toMatchObject({ status: "failed", waiting: 1, failed: 1, reason: "P0001" });
  const away = failedReceipt(tried, new Failure("SYSTEM_UNREACHABLE", "shop: away"));
  for (const receipt of [failed, away]) {
    expect(receipt).not.toHaveProperty("says");
    expect(stepLine(tried.step, receipt, [])).not.toHaveProperty("says");
  }
  const done = receiptOf(tried, outcome({ matched: 1, deleted: 1 }), { acted: 0, minimised: 0 });
  expect(stepLine(tried.step, done, [])).toMatchObject({ reason: "open_case", says: "the case is still open" });
});

describe("a step that is done in parts", () => {
  const parts = (seconds: Partial<Left>, until: Partial<PlanStep> = { until: "2034-05-01" }): Receipt | undefined => {
    const one = triedWith([kept(false)]);
    const other = triedWith([act]);
    const step = { ...one.step, kept: 1, reason: "retention", says: "tax law", ...until };
    const receipts = joining(() => step);
    receipts.add("S1", (planned) => receiptOf({ ...one, ...planned }, outcome({}), { acted: 0, minimised: 0 }));
    const held: Left = { key: "k0", kind: "kept", reason: "legal_hold", says: "claim 7", ...seconds };
    receipts.add("S1", (planned) =>
      receiptOf({ ...other, ...planned }, outcome({ left: [held] }), { acted: 1, minimised: 0 }),
    );
    return receipts.all()[0];
  };

  test("is kept until the last end of all of its parts, that of the plan included", () => {
    expect(parts({ until: "2027-06-30" })).toMatchObject({ kept: 2, until: "2034-05-01" });
    expect(parts({ until: "2040-01-01" })).toMatchObject({ kept: 2, until: "2040-01-01" });
    expect(parts({})).toMatchObject({ kept: 2, until: null });
    expect(parts({ until: "2027-06-30" }, {})).toMatchObject({ kept: 2, until: null });
  });

  test("has the reason and the words of one part", () => {
    expect(parts({ until: "2027-06-30" })).toMatchObject({ reason: "legal_hold", says: "claim 7" });
  });
});
