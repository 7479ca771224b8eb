import { expect, test } from "vitest";
import { EXIT } from "../../src/errors.ts";
import { verdict } from "../../src/executor/verify.ts";

const NOW = new Date("2026-11-30T12:00:00Z");
const SEEN = {
  checks: [],
  gaps: [],
  stayed: new Map<string, string>(),
  hidden: false,
  overdue: false,
  purged: new Set<string>(),
};
const RUN = { exit: EXIT.done, undone: false, waiting: false, hidden: false, overdue: false } as const;

test("what is hidden waits with 0, past its day with 3, and due work that left something waiting ends as its run did", () => {
  const said = (run: Partial<Omit<Parameters<typeof verdict>[1], "undone">>, plan: { as_of?: string } = {}) => {
    const { state, exit } = verdict(SEEN, { ...RUN, ...run }, NOW, NOW, plan);
    return [state, exit];
  };
  const due = { as_of: "2026-11-30" };
  expect(said({ hidden: true })).toEqual(["waiting", EXIT.done]);
  expect(said({ hidden: true, overdue: true })).toEqual(["waiting", EXIT.waiting]);
  expect(said({ hidden: true, waiting: true, exit: EXIT.waiting }, due)).toEqual(["waiting", EXIT.waiting]);
  expect(said({ waiting: true, exit: EXIT.waiting }, due)).toEqual(["closed", EXIT.waiting]);
  expect(said({ waiting: true, exit: EXIT.waiting })).toEqual(["waiting", EXIT.waiting]);
  expect(said({})).toEqual(["closed", EXIT.done]);
});
