import { expect, test } from "vitest";
import type { Plan, PlanStep } from "../../src/model/plan.ts";
import type { ErasureRequest } from "../../src/model/request.ts";
import type { ShownFinding } from "../../src/terminal/findings-screen.ts";
import { planScreen } from "../../src/terminal/plan-screen.ts";

const request: ErasureRequest = {
  id: "R-2026-0001",
  type: "erasure",
  state: "planned",
  received: "2026-11-02",
  due: { nominal: "2026-12-02", legal: "2026-12-02", extended: "2027-02-02" },
  pseudonyms: ["936b8f52aa"],
  createdAt: "2026-11-02T08:00:00.000Z",
  createdBy: "olga",
};

function step(record: string, some: Partial<PlanStep>): PlanStep {
  return {
    id: record,
    system: "shop",
    record,
    action: "erase",
    status: "deleted",
    found: 0,
    act: 0,
    kept: 0,
    waiting: 0,
    blocked: 0,
    ...some,
  };
}

function screen(
  steps: readonly PlanStep[],
  warnings: readonly ShownFinding[] = [],
  undoUntil?: ReadonlyMap<string, string>,
): string {
  const sum = (count: (one: PlanStep) => number): number => steps.reduce((total, one) => total + count(one), 0);
  const plan: Plan = {
    id: "P-0001",
    request: request.id,
    digest: "0".repeat(64),
    map: "1".repeat(64),
    made_at: "2026-11-02T08:00:00.000Z",
    expires_at: "2026-11-05T08:00:00.000Z",
    steps,
    totals: {
      erase: sum(({ act, changed = 0 }) => act - changed),
      change: sum(({ changed = 0 }) => changed),
      keep: sum(({ kept }) => kept),
      wait: sum(({ waiting }) => waiting),
      blocked: sum(({ blocked }) => blocked),
      nothing: 0,
    },
    residue: [],
    warnings: [],
  };
  return planScreen(plan, request, {
    late: { overdue: false, days_left: 30 },
    warnings,
    plain: true,
    begun: false,
    ...(undoUntil === undefined ? {} : { undoUntil }),
  });
}

/** The lines under a heading. */
function under(text: string, heading: string): readonly string[] {
  const lines = text.split("\n");
  const from = lines.indexOf(heading);
  const after = lines.slice(from + 1);
  const end = after.findIndex((line) => !line.startsWith("  "));
  return from === -1 ? [] : after.slice(0, end).map((line) => line.trim().replaceAll(/ {2,}/gu, " "));
}

test("what is to be marked says until when undo would bring it back; what is changed for good does not", () => {
  const steps = [
    step("customers", { action: "soft-delete", status: "soft_deleted", found: 1, act: 1, changed: 1 }),
    step("orders", { action: "anonymise", status: "anonymised", found: 1, act: 1, changed: 1 }),
  ];
  const days = new Map([
    ["shop.customers", "2026-11-09"],
    ["shop.orders", "2026-11-09"],
  ]);
  expect(under(screen(steps, [], days), "CHANGE 2")).toEqual([
    "shop.customers 1 marked as deleted; run today, undo brings it back until Mon 9 Nov 2026",
    "shop.orders 1 anonymised",
  ]);
});

test("a record type that deletes and changes stands under both headings, with that heading's count", () => {
  const text = screen([
    step("customers", { status: "anonymised", found: 2, act: 2, changed: 1 }),
    step("invoices", { found: 1, act: 1, changed: 0 }),
    step("orders", { action: "anonymise", status: "anonymised", found: 3, act: 3, changed: 3 }),
  ]);
  expect(under(text, "ERASE 2")).toEqual(["shop.customers 1 2 found", "shop.invoices 1"]);
  expect(under(text, "CHANGE 4")).toEqual([
    "shop.customers 1 anonymised, because a record that is kept references it",
    "shop.orders 3 anonymised",
  ]);
});

test("a plan of version 0.1 does not say what is changed: its rule does", () => {
  const text = screen([
    step("orders", { action: "redact", status: "redacted", found: 3, act: 3 }),
    step("leads", { found: 1, act: 1 }),
  ]);
  expect(text).toContain("shop.orders  3  redacted");
  expect(text).toContain("shop.leads  1");
});

test("a reason is said of what it is the reason of, and of nothing else", () => {
  const text = screen([
    step("invoices", {
      status: "waiting",
      found: 2,
      kept: 1,
      waiting: 1,
      reason: "no_date",
      says: "tax law",
      until: "2033-12-31",
      law: ["DE AO §147"],
    }),
    step("partners", { status: "blocked", found: 2, waiting: 1, blocked: 1, reason: "partners_parent_id_fkey" }),
  ]);
  expect(under(text, "KEEP 1")).toEqual(["shop.invoices 1 until Sat 31 Dec 2033 · DE AO §147"]);
  expect(under(text, "WAIT 2")).toEqual([
    "shop.invoices 1 the date from which it is kept is missing: tax law",
    "shop.partners 1",
  ]);
  expect(under(text, "BLOCKED 1")).toEqual(["shop.partners 1 partners_parent_id_fkey stands against it"]);
});

test("where a gap was met, nothing found is not the last word", () => {
  const gap = {
    code: "GAP",
    severity: "warning",
    system: "shop",
    record: "leads",
    message: "leads.csv:3: holds an identifier",
    help: "",
    file: "datamap.yaml",
    line: 3,
  } as const;
  const text = screen([step("leads", { status: "nothing_found" }), step("carts", { status: "nothing_found" })], [gap]);
  expect(text).toContain("NOTHING FOUND (searched)  shop.leads (but see the gap below), shop.carts");
});
