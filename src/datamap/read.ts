/** YAML -> DataMap, or every issue at once, each with line, column and a hint. No message bears a value of `connect`. */
import { createHash } from "node:crypto";
import type { CivilDate } from "../model/civil-date.ts";
import type { DataMap, Issue, Position, SystemBlock } from "../model/datamap.ts";
import type { RetentionRule } from "../model/retention-rule.ts";
import { giveAdvice } from "./advice.ts";
import { namesIn, notBuilt, type Check, type Kind } from "./check.ts";
import { readTop, type Outside } from "./controller.ts";
import { withAssertions } from "./assertions.ts";
import { checkGraph } from "./graph.ts";
import { checkSystemsApart } from "./overlap.ts";
import { checkKeptIdentities } from "./keeps-identity.ts";
import { checkNeverActs } from "./never-acts.ts";
import { checkKeptWhole, readCondition, readHold, readIdentity } from "./holds.ts";
import type { Problem } from "./problems.ts";
import { isBlock, valueAt } from "./block.ts";
import { checkShape, LITERAL, strangeProblems } from "./shape-check.ts";
import { readSource, type Path, type Source } from "./source.ts";
import { readSystem } from "./system.ts";

export interface How extends Outside {
  /** Kinds of systems that can be used, with what their linter needs. `backups` need not be among them. */
  readonly kinds: ReadonlyMap<string, Kind>;
  /** Kinds that a later version brings: their blocks are not looked into. */
  readonly notBuiltKinds: readonly string[];
  readonly rules: ReadonlyMap<string, RetentionRule>;
  readonly today: CivilDate;
}

export interface Reading {
  /** Absent where an issue is an error. */
  readonly map?: DataMap;
  /** By line and column. */
  readonly issues: readonly Issue[];
  /** Those of `issues` that no plan may be made with, because this version does less than they ask for. */
  readonly notBuilt: readonly Issue[];
  /** Those of `issues` that no plan may be made with, because two rules contradict each other. */
  readonly conflicts: readonly Issue[];
}

export async function readDataMap(
  { file, text }: { readonly file: string; readonly text: string },
  how: How,
): Promise<Reading> {
  const source = readSource(text);
  const problems: Problem[] = [];
  const check: Check = {
    report: (problem) => problems.push(problem),
    names: namesIn(source),
    kinds: how.kinds,
    rules: how.rules,
    today: how.today,
    position: (path) => source.at(path, "key"),
    own: () => undefined,
    text: (path) => source.written(path),
  };
  const map = source.value === undefined ? undefined : await readMap(source, { file, text }, how, check, problems);
  const issueOf = ({
    code,
    severity = "error",
    message,
    help,
    at,
  }: Omit<Problem, "path" | "part"> & { readonly at: Position }): Issue => ({
    code,
    severity,
    message,
    file,
    ...at,
    help,
  });
  const said = distinct(problems).map((problem) => ({
    problem,
    issue: issueOf({ ...problem, at: source.at(problem.path, problem.part) }),
  }));
  const issues = [...source.faults.map(issueOf), ...said.map(({ issue }) => issue)].toSorted(byPlace);
  const stopping = said.flatMap(({ problem, issue }) => (problem.stopsPlan === true ? [issue] : [])).toSorted(byPlace);
  const whole = map !== undefined && issues.every(({ severity }) => severity === "warning");
  return {
    ...(whole ? { map } : {}),
    issues,
    notBuilt: stopping.filter(({ code }) => code !== "CONFLICT"),
    conflicts: stopping.filter(({ code }) => code === "CONFLICT"),
  };
}

function byPlace(a: Issue, b: Issue): number {
  return a.line - b.line || a.column - b.column;
}

async function readMap(
  source: Source,
  { file, text }: { file: string; text: string },
  how: How,
  outer: Check,
  problems: Problem[],
): Promise<DataMap | undefined> {
  const value = withoutNotBuilt(source.value, how, outer);
  const { written, problems: misshapen, own } = checkShape(value, how.kinds);
  problems.push(...misshapen);
  if (written === undefined) return undefined;
  const check: Check = { ...outer, own };

  const top = await readTop(written, how, check);
  const identities = Object.entries(written.identities).map(([name, block]) => readIdentity(name, block, check));
  const conditions = Object.entries(written.conditions ?? {}).map(([name, block]) => readCondition(name, block, check));
  const holds = Object.entries(written.holds ?? {}).map(([name, block]) => readHold(name, block, check));
  const systems = withAssertions(
    Object.entries(written.systems).map(([name, block]) => readSystem(name, block, top, check)),
    written,
    check,
  );
  for (const key of ["identities", "systems"] as const) {
    const block = valueAt(source.value, [key]);
    if (isBlock(block) && Object.keys(block).length === 0) {
      check.report({
        path: [key],
        part: "key",
        code: "MISSING_KEY",
        message: `\`${key}\` is empty.`,
        help: "Without it there is nobody to find, and nowhere to look.",
      });
    }
  }
  checkGraph(systems, check);
  checkSystemsApart(systems, check);
  checkKeptWhole(systems, holds, check);
  const errors = errorsOf(problems);
  const isRead = (path: Path): boolean => !errors.some((error) => startsWith(error.path, path));
  checkKeptIdentities({ identities, systems }, isRead, check);
  checkNeverActs(top, systems, isRead, check);
  for (const system of systems) {
    lintSystem(system, how.kinds.get(system.kind), problems, check);
    // the kind's own word on a key that is not for it comes first
    for (const strange of strangeProblems(system.name, { value, kinds: how.kinds }))
      if (!errorsOf(problems).some(({ path }) => startsWith(path, strange.path))) check.report(strange);
  }
  const digest = createHash("sha256").update(text).digest("hex");
  const map = { file, digest, text, ...top, identities, conditions, holds, systems };
  // what is wrong comes first
  if (errorsOf(problems).length === 0) giveAdvice(map, check);
  return map;
}

/** What the connector says of its block, but of what is wrong already: that is not judged again. */
function lintSystem(system: SystemBlock, kind: Kind | undefined, problems: readonly Problem[], check: Check): void {
  const errors = errorsOf(problems);
  const misplaced = errors.filter(({ code }) => code === "PLACE").map(({ path }) => path.slice(0, 4));
  for (const issue of kind?.lint(system) ?? []) {
    const path: Path = ["systems", system.name, ...issue.path];
    if (errors.some((error) => startsWith(error.path, path)) || misplaced.some((record) => startsWith(path, record)))
      continue;
    const later = issue.code === "NOT_BUILT";
    if (
      later &&
      problems.some(({ code, path: at }) => code === "NOT_BUILT" && JSON.stringify(at) === JSON.stringify(path))
    )
      continue;
    check.report({ ...issue, path, part: "value", severity: later ? "warning" : "error", stopsPlan: later });
  }
}

/** The blocks of kinds that a later version brings have keys of their own; only their credentials are looked at. */
function withoutNotBuilt(value: unknown, how: How, check: Check): unknown {
  const systems = valueAt(value, ["systems"]);
  if (!isBlock(value) || !isBlock(systems)) return value;
  const built = Object.entries(systems).filter(([name, block]) => {
    const kind = valueAt(block, ["kind"]);
    if (typeof kind !== "string" || !how.notBuiltKinds.includes(kind)) return true;
    notBuilt(["systems", name, "kind"], "value", `The kind \`${kind}\``, check);
    const connect = valueAt(block, ["connect"]);
    for (const [key, each] of isBlock(connect) ? Object.entries(connect) : []) {
      if (/pass|pwd|token|api_?key|credential/iu.test(key) || (typeof each === "string" && /:\/\/[^/]*@/u.test(each)))
        check.report({ path: ["systems", name, "connect", key], part: "key", ...LITERAL });
    }
    return false;
  });
  return { ...value, systems: Object.fromEntries(built) };
}

function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity !== "warning");
}

function startsWith(path: Path, beginning: Path): boolean {
  return beginning.every((step, at) => path[at] === step);
}

const BLOCKS = [
  ["identities", "UNKNOWN_IDENTITY"],
  ["holds", "UNKNOWN_HOLD"],
  ["conditions", "UNKNOWN_CONDITION"],
] as const;

/** Each once, nothing about what is missing where it is there, but wrong, and no warning where an error stands. */
function distinct(problems: readonly Problem[]): Problem[] {
  const present = problems.filter(({ missing = [] }) => missing.length === 0);
  const meant = new Set(
    problems.flatMap((problem) => (problem.meant === undefined ? [] : [JSON.stringify(problem.meant)])),
  );
  const wrong = new Set(errorsOf(problems).map(({ path }) => JSON.stringify(path)));
  const seen = new Set<string>();
  return problems.filter(({ path, code, message, severity, missing = [] }) => {
    const key = JSON.stringify([path, code, message]);
    if (severity === "warning" && wrong.has(JSON.stringify(path))) return false;
    // said of the mistyped key already; names that would stand in its block follow from it
    if (missing.some((absent) => meant.has(JSON.stringify(absent)))) return false;
    if (BLOCKS.some(([block, unknown]) => code === unknown && meant.has(JSON.stringify([block])))) return false;
    if (seen.has(key) || missing.some((absent) => present.some((problem) => startsWith(problem.path, absent))))
      return false;
    seen.add(key);
    return true;
  });
}
