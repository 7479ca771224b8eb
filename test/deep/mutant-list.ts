/** A protection taken away, and the tests that must see it. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands there once. */
  readonly from: string;
  readonly to: string;
  /** Test files, as vitest takes them. */
  readonly tests: readonly string[];
  /** A pattern of titles. */
  readonly titles?: string;
}

const GUARDS = ["test/engine/guards.test.ts"];
const FAULTS = ["test/engine/faults.test.ts"];

export const MUTANTS: readonly Mutant[] = [
  {
    name: "max_records is not looked at",
    file: "src/planner/search.ts",
    from: "if (count <= one.type.limits.maxRecords || stops.has(person)) continue;",
    to: "if (count > 0) continue;",
    tests: GUARDS,
    titles: "max_records|over the cap",
  },
  {
    name: "one person's cap stops the whole batch",
    file: "src/planner/search.ts",
    from: "    if (!batch) refuseStopped(stops);\n    decisions = await decide();",
    to: "    refuseStopped(stops);\n    decisions = await decide();",
    tests: GUARDS,
    titles: "over the cap",
  },
  {
    name: "max_fan_out is not looked at",
    file: "src/planner/identities.ts",
    from: "if (rows.size > record.limits.maxFanOut) {",
    to: "if (rows.size < 0) {",
    tests: GUARDS,
    titles: "max_fan_out",
  },
  {
    name: "what was learnt need not lead back to the person alone",
    file: "src/planner/identities.ts",
    from: "if (mine.length === 1 && mine[0] === at) continue;",
    to: "if (mine.length < 99) continue;",
    tests: GUARDS,
    titles: "leads on and stands in another",
  },
  {
    name: "an edge's value need not be this person's alone",
    file: "src/planner/edges.ts",
    from: "if (owner?.subjects.includes(subject) !== true) several.add(subject);",
    to: "if (owner === undefined && subject < 0) several.add(subject);",
    tests: GUARDS,
    titles: "an edge whose parent",
  },
  {
    name: "batch_records is not looked at",
    file: "src/planner/plan.ts",
    from: "const { batchRecords, maxFraction } = record.limits;",
    to: "const { batchRecords, maxFraction } = { ...record.limits, batchRecords: 1e9 };",
    tests: GUARDS,
    titles: "batch_records",
  },
  {
    name: "max_fraction is not looked at",
    file: "src/planner/plan.ts",
    from: "const { batchRecords, maxFraction } = record.limits;",
    to: "const { batchRecords, maxFraction } = { ...record.limits, maxFraction: 1 };",
    tests: GUARDS,
    titles: "max_fraction",
  },
  {
    name: "whoever opened a request approves it",
    file: "src/planner/approve.ts",
    from: "if (map.approval.fourEyes && sameName(by, request.createdBy))",
    to: "if (map.approval.fourEyes && by === request.createdBy)",
    tests: GUARDS,
    titles: "four eyes",
  },
  {
    name: "nobody's identity need be confirmed to approve",
    file: "src/planner/approve.ts",
    from: `if (request.identity?.result !== "ok") throw`,
    to: `if (request.identity?.result === "failed") throw`,
    tests: GUARDS,
    titles: "before their identity",
  },
  {
    name: "a plan never grows old",
    file: "src/planner/approve.ts",
    from: "if (at.toISOString() > plan.expires_at)",
    to: "if (at.toISOString() < plan.made_at)",
    tests: GUARDS,
    titles: "grown old",
  },
  {
    name: "altered records are run",
    file: "src/planner/approve.ts",
    from: "if (!how.unaltered || (approval",
    to: "if ((approval",
    tests: GUARDS,
    titles: "sealed records were altered",
  },
  {
    name: "an unapproved plan is run",
    file: "src/planner/approve.ts",
    from: "if (approval === undefined && map.approval.required) throw",
    to: "if (approval === undefined && !map.approval.required) throw",
    tests: GUARDS,
    titles: "nothing runs unapproved|four eyes",
  },
  {
    name: "new records do not count as drift",
    file: "src/executor/drift.ts",
    from: "const added = [...found.keys()].filter((key) => !keys.has(key)).length;",
    to: "const added = [...found.keys()].filter((key) => !keys.has(key)).length * 0;",
    tests: GUARDS,
    titles: "new since the plan",
  },
  {
    name: "records that are not found again do not count as drift",
    file: "src/executor/drift.ts",
    from: "(missing.length === 0 ? 0 : (await look.lost(step, missing)).length)",
    to: "(missing.length === 0 ? 0 : (await look.lost(step, missing)).length * 0)",
    tests: GUARDS,
    titles: "changed in what the rules read",
  },
  {
    name: "drift is never refused",
    file: "src/executor/run.ts",
    from: `map.approval.drift === "refuse" || drift.some`,
    to: `drift.length < 0 && drift.some`,
    tests: GUARDS,
    titles: "since the plan stops|changed in what the rules read",
  },
  {
    name: "a hold that has not ended holds nothing",
    file: "src/planner/decide.ts",
    from: `if (end.kind !== "unknown" && end.eligibleFrom > today)`,
    to: `if (end.kind !== "unknown" && end.eligibleFrom < today)`,
    tests: GUARDS,
    titles: "a held order",
  },
  {
    name: "what references a record that is to go is not looked at",
    file: "src/planner/references.ts",
    from: "const stands = judge(scope, type, reference);\n  if (stands === undefined) return false;",
    to: "const stands = judge(scope, type, reference);\n  if (stands === undefined || stands !== undefined) return false;",
    tests: GUARDS,
    titles: "a held order",
  },
  {
    name: "nothing settles",
    file: "src/requests/verify-request.ts",
    from: "+ milliseconds(map.settle))",
    to: "+ 0 * milliseconds(map.settle))",
    tests: GUARDS,
    titles: "settling",
  },
  {
    name: "records that came back are not searched for",
    file: "src/executor/verify.ts",
    from: "const fresh = [...records.values()].filter((record) => !known.has(record.key) && !record.done).length;",
    to: "const fresh = [...records.values()].filter((record) => !known.has(record.key) && !record.done).length * 0;",
    tests: GUARDS,
    titles: "came back after the run",
  },
  {
    name: "nothing is read again after an effect",
    file: "src/executor/run-unit.ts",
    from: "else acted += still.size;",
    to: "else acted += 0 * still.size;",
    tests: FAULTS,
    titles: "is not believed",
  },
  {
    name: "verification does not look at planned records by their key",
    file: "src/executor/verify.ts",
    from: "const residual = Math.max(fresh + left, undone);",
    to: "const residual = Math.max(fresh, undone);",
    tests: GUARDS,
    titles: "under its own key",
  },
];
