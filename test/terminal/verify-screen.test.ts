import { expect, test } from "vitest";
import type { Check } from "../../src/executor/verify.ts";
import { verifyScreen } from "../../src/terminal/verify-screen.ts";

const method = "same search on a fresh connection, and each planned record by its key";
const check = (more: Partial<Check>): Check => ({
  system: "shop",
  record: "tickets",
  result: "pass",
  residual: 0,
  method,
  at: "2026-11-30T09:00:00.000Z",
  ...more,
});

function line(more: Partial<Check>): string {
  const screen = verifyScreen(
    { checks: [check(more)], residual: 0, state: "waiting", gaps: [] },
    { overdue: false, days_left: 3 },
    true,
  );
  return (screen.split("\n")[1] ?? "").trim().replaceAll(/ {2,}/gu, " ");
}

test("the words of a condition or hold are said of what waits or is kept, and not of what is left", () => {
  expect(line({ waiting: 1, reason: "ticket_open", says: "the ticket is open" })).toBe(
    "waits shop.tickets 0 left, 1 waiting: the ticket is open",
  );
  expect(line({ result: "fail", residual: 1, waiting: 1, reason: "new_records", says: "the ticket is open" })).toBe(
    "FAIL shop.tickets 1 left (new records have come since the plan), 1 waited at the run: the ticket is open",
  );
  expect(
    line({ result: "fail", residual: 2, kept: 1, reason: "still_there", says: "tax law", until: "2033-12-31" }),
  ).toBe("FAIL shop.tickets 2 left (it is still there), 1 kept: tax law, until Sat 31 Dec 2033");
});

test("what is hidden is said to be there, until which day, and is no part of what is left", () => {
  const hidden = check({
    marked: 1,
    until: "2026-12-14",
    method: `${method}: it is there, and marked as deleted`,
  });
  expect(line(hidden)).toBe("pass shop.tickets 0 left, 1 hidden, to go for good on Mon 14 Dec 2026");
  const screen = verifyScreen(
    { checks: [hidden], residual: 0, state: "waiting", gaps: [] },
    { overdue: false, days_left: 3 },
    true,
  );
  expect(screen).toContain(
    "Nothing else is left of what was to go. 1 record is hidden, and there until the day named. The request is waiting.",
  );
});

test("places that hold an identifier are named, as many as can be read", () => {
  const gap = (n: number) => ({ system: "shop", record: "notes", where: `notes.jsonl:${n}`, holds_identifier: n > 0 });
  const gaps = Array.from({ length: 25 }, (_, n) => gap(n));
  const screen = verifyScreen(
    { checks: [check({})], residual: 0, state: "partly_done", gaps },
    { overdue: false, days_left: 3 },
    true,
  );
  expect(screen).toContain("must look by hand:\n  shop.notes  notes.jsonl:1\n");
  expect(screen).toContain("shop.notes  notes.jsonl:20\n  and 4 more");
  expect(screen).not.toMatch(/notes\.jsonl:(?:0|21)\b/u);
});
