import { expect, test } from "vitest";
import { whoWaits, withoutThose, withThose } from "../../src/executor/whose-turn.ts";
import type { StepOutcome, Unit } from "../../src/model/change.ts";
import type { Disposition, SealedStep } from "../../src/model/plan.ts";
import type { PersonCounts, Receipt } from "../../src/state/journal.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const target = targetOf(mapOf([]), recordOf("shop", "orders"));
const act: Disposition = { kind: "act", change: "rule" };
const blocked: Disposition = { kind: "blocked", reason: "orders_fkey" };
/** Persons 0, 1 and 2, and one record of 1 and 2; that of person 0 is blocked by the plan. */
const records = [
  { key: "a", fingerprint: "f", subjects: [0], disposition: blocked },
  { key: "b", fingerprint: "f", subjects: [1], disposition: act },
  { key: "c", fingerprint: "f", subjects: [2], disposition: act },
  { key: "d", fingerprint: "f", subjects: [1, 2], disposition: act },
];
const sealed: SealedStep[] = [{ step: "S1", record: "shop.orders", target, lookups: [], records }];
const counts = (more: Partial<PersonCounts> = {}): PersonCounts => ({
  done: 1,
  alreadyGone: 0,
  kept: 0,
  waiting: 0,
  blocked: 0,
  failed: 0,
  ...more,
});
const receipt = (people: readonly PersonCounts[] | undefined, more: Partial<Receipt> = {}): Receipt => ({
  plan: "P-0001",
  step: "S1",
  system: "shop",
  record: "orders",
  attempt: 1,
  status: "failed",
  matched: 1,
  affected: 1,
  gone: 1,
  deleted: 1,
  changed: 0,
  minimised: 0,
  alreadyGone: 0,
  own: 0,
  kept: 0,
  waiting: 0,
  blocked: 0,
  failed: 1,
  gaps: [],
  residue: [],
  started: "2026-11-30T00:00:00.000Z",
  finished: "2026-11-30T00:00:01.000Z",
  ...(people === undefined ? {} : { people }),
  ...more,
});

test("only those wait whose own records were left undone; what the plan left blocked holds nobody up", () => {
  const people = [counts({ blocked: 1 }), counts({ failed: 1 }), counts()];
  expect(whoWaits([{ done: false, receipts: [receipt(people)] }], sealed, 3)).toEqual(new Set([1]));
  expect(whoWaits([{ done: true, receipts: [] }], sealed, 3)).toEqual(new Set());
  const again = [counts({ blocked: 2 }), counts(), counts()];
  expect(
    whoWaits(
      [
        { done: false, receipts: [receipt(people)] },
        { done: false, receipts: [receipt(again)] },
      ],
      sealed,
      3,
    ),
  ).toEqual(new Set([0, 1]));
});

test("everybody waits where nobody can be told from another", () => {
  const people = [counts(), counts({ failed: 1 }), counts()];
  expect(whoWaits([undefined], sealed, 3)).toBe("everybody");
  expect(whoWaits([{ done: false, receipts: [] }], sealed, 3)).toBe("everybody");
  expect(whoWaits([{ done: false, receipts: [receipt(undefined)] }], sealed, 1)).toBe("everybody");
  expect(whoWaits([{ done: false, receipts: [receipt(people, { gone: 0 })] }], sealed, 3)).toBe("everybody");
  expect(whoWaits([{ done: false, receipts: [receipt([counts(), counts(), counts()])] }], sealed, 3)).toBe("everybody");
});

test("records of those who wait are not given to the eraser, shared ones neither, and are counted as blocked", () => {
  const unit: Unit = {
    id: "U-1",
    effect: "erase",
    works: [
      { step: "S1", target, lookups: [], operations: [{ change: { kind: "delete" }, records: records.slice(1) }] },
    ],
  };
  const given = withoutThose(unit, new Set([1]));
  expect(given.works[0]?.operations[0]?.records.map(({ key }) => key)).toEqual(["c"]);
  const outcome: StepOutcome = { step: "S1", matched: 1, deleted: 1, changed: 0, minimised: 0, own: 0, left: [] };
  expect(withThose(unit, new Set([1]), [outcome])[0]?.left).toEqual([
    { key: "b", kind: "blocked", reason: "not_its_turn" },
    { key: "d", kind: "blocked", reason: "not_its_turn" },
  ]);
});
