/** How many records of a request are marked as deleted and there still, as far as anybody has looked or told. */
import type { PlanStep } from "../model/plan.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Reads } from "../state/state.ts";
import { listIn } from "./stored-lines.ts";

export interface HiddenNow {
  /** By this request. */
  readonly marked: number;
  /** By somebody else, before. */
  readonly before: number;
  /** Copies that are to follow by themselves, and were not seen gone yet. */
  readonly copies: number;
}

/** Of a step of the request's plan: what its last look saw; where there was none since, what its run marked and nobody gave back. */
export async function hiddenNow(
  { plans, undos }: Pick<Reads, "plans" | "undos">,
  { id, plan, history = [] }: ErasureRequest,
): Promise<(step: PlanStep) => HiddenNow> {
  if (plan === undefined) return ({ marked = 0, follows = 0 }) => ({ marked: 0, before: marked, copies: follows });
  const last = history.findLast(({ did }) => did === "run" || did === "verified" || did === "undone");
  if (last?.did === "verified") {
    const checks = listIn(await plans.verified(plan), "checks");
    return (step) => {
      const check = checks.find((one) => isOf(one, step));
      const copies = (step.follows ?? 0) - numberIn(check, "followed");
      // copies wait too, but for those that had their time: they are told as still there
      const inTime = Math.max(0, copies - numberIn(check, "residual"));
      const waiting = check === undefined ? Infinity : Math.max(0, numberIn(check, "waiting") - inTime);
      return { marked: numberIn(check, "marked"), before: Math.min(step.marked ?? 0, waiting), copies };
    };
  }
  const run = listIn({ steps: (await plans.result(plan))?.steps ?? [] }, "steps");
  const given = (await undos.ofRequest(id)).flatMap(({ result }) =>
    listIn(result, "steps").filter((line) => Reflect.get(line, "plan") === plan),
  );
  return (step) => {
    const line = run.find((one) => isOf(one, step));
    const back = given.filter((one) => isOf(one, step)).reduce((sum, one) => sum + numberIn(one, "restored"), 0);
    return {
      marked: Math.max(0, numberIn(line, "marked") - back),
      before: step.marked ?? 0,
      copies: step.follows ?? 0,
    };
  };
}

/** Of a run's step as it was stored: when what is marked in it goes for good. Empty: nobody knows it. */
export function markedUntilIn(step: object): string | undefined {
  const own: unknown = Reflect.get(step, "marked_until");
  if (own === null) return "";
  const until: unknown = own ?? Reflect.get(step, "until");
  return typeof until === "string" ? until : undefined;
}

function isOf(line: object, { system, record }: PlanStep): boolean {
  return Reflect.get(line, "system") === system && Reflect.get(line, "record") === record;
}

function numberIn(value: object | undefined, name: string): number {
  const number: unknown = value === undefined ? undefined : Reflect.get(value, name);
  return typeof number === "number" ? number : 0;
}
