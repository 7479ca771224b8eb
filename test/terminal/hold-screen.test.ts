import { expect, test } from "vitest";
import { holdScreen } from "../../src/terminal/hold-screen.ts";

const HOLD = {
  id: "H-2026-0001",
  case: "claim over a delivery",
  by: "legal department",
  since: "2026-12-15",
  until: "2026-12-14",
  records: [],
  people: 1,
  held: 0,
  held_in: [],
} as const;
const released = { day: "2026-12-15", by: "legal department", reason: "settled" };
const untilOf = (screen: string): string => /^ {2}until +(.*)$/mu.exec(screen)?.[1] ?? "";

test("a released hold says when, by whom and why, and not that it ended before it began", () => {
  expect(untilOf(holdScreen([{ ...HOLD, state: "ended", released }]))).toBe(
    "released on Tue 15 Dec 2026 by legal department: settled",
  );
  expect(untilOf(holdScreen([{ ...HOLD, state: "released_and_waiting", until: "2027-01-14", released }]))).toBe(
    "Thu 14 Jan 2027; released on Tue 15 Dec 2026 by legal department: settled, and waiting that long",
  );
});

test("one that ended by itself, or has no end, says that", () => {
  expect(untilOf(holdScreen([{ ...HOLD, state: "ended", until: "2026-12-31" }]))).toBe("ended on Thu 31 Dec 2026");
  expect(untilOf(holdScreen([{ ...HOLD, state: "in_force", until: null }]))).toBe("it is released");
});
