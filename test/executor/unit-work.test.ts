import { expect, test } from "vitest";
import { unitWork, workOf } from "../../src/executor/unit-work.ts";
import type { Disposition, SealedStep } from "../../src/model/plan.ts";
import { recordType, targetOf } from "../support/record-type.ts";

const act: Disposition = { kind: "act", change: "rule" };
const kept = (minimise: boolean): Disposition => ({
  kind: "kept",
  reason: "retention",
  until: "2030-01-01",
  law: ["law"],
  minimise,
});

function sealed(
  name: string,
  more: Partial<Parameters<typeof recordType>[0]>,
  records: Readonly<Record<string, Disposition>>,
): SealedStep {
  const record = recordType({ system: "shop", name, place: { kind: "table", table: name }, do: "erase", ...more });
  return {
    step: `S-${name}`,
    record: record.id,
    target: targetOf(record, [], []),
    lookups: [],
    records: Object.entries(records).map(([key, disposition]) => ({
      key,
      fingerprint: "",
      subjects: [0],
      disposition,
    })),
  };
}

test("an eraser is told what the plan deletes and changes in its system, in whatever unit, and what a hold keeps there; never what waits", async () => {
  const steps = [
    sealed(
      "orders",
      {},
      {
        "1": act,
        "2": kept(false),
        "3": { kind: "waiting", reason: "no_date" },
        "4": { kind: "kept", reason: "held_by", law: [], minimise: false },
      },
    ),
    sealed(
      "people",
      {
        do: "anonymise",
        fields: { name: { kind: "clear" } },
        holds: [],
        whileHeld: { restrict: true, keepOnly: ["total"] },
      },
      { "7": act, "8": kept(true), "9": { kind: "blocked", reason: "lock_timeout" } },
    ),
    sealed("elsewhere", { system: "mail" }, { "5": act }),
  ];
  const pieces = (wanted: readonly string[]) => steps.filter(({ step }) => wanted.includes(step));
  const { planned } = unitWork(
    { plan: "P-1", id: "U-1", phase: 0, system: "shop", steps: ["S-orders"], after: [], state: "ready" },
    steps,
    {
      heads: steps,
      async *pieces(wanted) {
        await Promise.resolve();
        yield* pieces(wanted);
      },
      whole: async (wanted) => await Promise.resolve(pieces(wanted)),
    },
    { at: "2026-11-30T00:00:00.000Z", by: "expunge R-2026-0001" },
  );
  const { deleting = [], changing = [], keeping = [] } = (await planned?.()) ?? {};
  const shown = (some: typeof deleting) => some.map(({ target, keys }) => [target.record.id, keys]);
  expect([shown(deleting), shown(changing)]).toEqual([[["shop.orders", ["1"]]], [["shop.people", ["7", "8"]]]]);
  expect(keeping.map(({ target, keys, columns }) => [target.record.id, keys, columns])).toEqual([
    ["shop.orders", ["2"], undefined],
    ["shop.people", ["8"], ["total"]],
  ]);
});

test("an eraser is told the values of those alone whose records it is given; of everybody where a trail or a file is theirs together", () => {
  const lookups = [0, 1, 2].map((subject) => ({ subject, values: { email: [`p${subject}@x.example`] } }));
  const told = (more: Partial<Parameters<typeof recordType>[0]>) => {
    const step = sealed("orders", more, { "1": act });
    const [record = { key: "1", fingerprint: "", subjects: [0], disposition: act }] = step.records;
    return workOf({ ...step, lookups, records: [{ ...record, subjects: [1] }] }, [step]).lookups.map(
      ({ subject }) => subject,
    );
  };
  expect(told({})).toEqual([1]);
  expect(told({ auditOf: ["shop.people"] })).toEqual([0, 1, 2]);
  expect(told({ place: { kind: "files", globs: ["*.csv"] } })).toEqual([0, 1, 2]);
});
