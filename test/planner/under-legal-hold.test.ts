/** A legal hold of any covers wins over everything else that may be decided of a record. */
import { describe, expect, test } from "vitest";
import type { RecordType } from "../../src/model/datamap.ts";
import type { HoldInForce } from "../../src/model/legal-hold.ts";
import type { Disposition } from "../../src/model/plan.ts";
import type { Findings } from "../../src/planner/found.ts";
import { decideOnce } from "../../src/planner/same-record.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { underLegalHold } from "../../src/planner/under-legal-hold.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const ALL: readonly (Disposition | undefined)[] = [
  undefined,
  { kind: "act", change: "rule" },
  { kind: "act", change: "rule", types: ["shop.a", "shop.b"] },
  { kind: "act", change: "held_by", until: "2033-12-31", law: ["AO"] },
  { kind: "act", change: "held_by", law: [] },
  { kind: "kept", reason: "retention", until: "2026-12-31", law: ["AO"], says: "books", minimise: true },
  { kind: "kept", reason: "retention", until: "2033-12-31", law: ["AO"], says: "books", minimise: true },
  { kind: "kept", reason: "held_with", until: "2030-12-31", law: ["AO"], minimise: true },
  { kind: "kept", reason: "held_by", law: [], minimise: false },
  { kind: "kept", reason: "review", law: ["AO"], says: "open", minimise: true },
  { kind: "waiting", reason: "no_date" },
  { kind: "waiting", reason: "refund_open", says: "a refund is open" },
  { kind: "waiting", reason: "over_cap" },
  { kind: "blocked", reason: "object_lock", until: "2040-01-01" },
];

const hold = (number: number, until?: string): HoldInForce => ({
  id: `H-2026-000${number}`,
  says: `case ${number}`,
  records: [],
  subjects: [],
  ...(until === undefined ? {} : { until }),
});
const HOLDS: readonly (readonly HoldInForce[])[] = [
  [hold(1)],
  [hold(1, "2027-06-30")],
  [hold(1, "2027-06-30"), hold(2, "2034-06-30")],
  [hold(1, "2027-06-30"), hold(2)],
];

const endOf = (one: { readonly until?: string }): string => one.until ?? "9999-99-99";

describe.each(
  HOLDS.map((holds) => ({ holds, title: holds.map(({ id, until }) => `${id} ${until ?? "open"}`).join(", ") })),
)("under $title", ({ holds }) => {
  test.each(ALL.map((was) => ({ was, title: JSON.stringify(was) ?? "nothing to do" })))("$title", ({ was }) => {
    const now = underLegalHold(was, holds);
    expect(now).toMatchObject({ kind: "kept", reason: "legal_hold", minimise: false, whole: true });
    if (now?.kind !== "kept") throw new Error("it is not kept");
    expect(now.holds).toEqual(holds.map(({ id }) => id));
    for (const { says, id } of holds) {
      expect(now.says).toContain(`${says} (${id})`);
      expect(now.law).toContain(id);
    }
    // the latest end counts; where nobody knows one of them there is none
    const ends = [
      ...holds.map(endOf),
      ...(was?.kind === "kept" ? [endOf(was)] : []),
      ...(was?.kind === "waiting" && was.reason === "no_date" ? [endOf({})] : []),
    ];
    expect(endOf(now)).toBe(ends.toSorted().at(-1));
    if (was?.kind === "kept") for (const law of was.law) expect(now.law).toContain(law);
  });

  test("whatever another record type over the same record decides", () => {
    for (const other of ALL) {
      for (const held of ["a", "b"]) {
        const types = ["a", "b"].map((name) => recordOf("shop", name));
        const found = foundIn(types);
        const own = new Map(
          types.map(({ id, name }) => {
            const mine = name === held ? underLegalHold(ALL[1], holds) : other;
            return [id, new Map(mine === undefined ? [] : [["1", mine]])];
          }),
        );
        const { decided } = decideOnce(found, own, new Map(types.map(({ id }, at) => [id, at])));
        const [first] = types;
        expect(decided.get(first?.id ?? "")?.get("1"), JSON.stringify(other)).toMatchObject({
          kind: "kept",
          reason: "legal_hold",
          minimise: false,
        });
        expect(decided.get(types[1]?.id ?? "")?.has("1")).toBe(false);
      }
    }
  });
});

/** Both find one record. */
function foundIn(types: readonly RecordType[]): Findings {
  return new Map(
    types.map((type) => [
      type.id,
      {
        type,
        target: targetOf(mapOf([]), type),
        lookups: [],
        records: new Map([
          ["1", { type, key: "1", address: "row 1", fingerprint: "f", subjects: [0], values: {}, done: false }],
        ]),
        unsearched: [],
      },
    ]),
  );
}

test("without a hold everything is as it was", () => {
  for (const was of ALL) expect(underLegalHold(was, [])).toBe(was);
});
