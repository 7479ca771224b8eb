/** What runs of a request did and nobody has given back: while anything of it stands, the request was not cancelled. */
import type { ErasureRequest } from "../model/request.ts";
import type { Receipt } from "../state/journal.ts";
import type { Reads } from "../state/state.ts";
import { listIn } from "./stored-lines.ts";

/** What is read to say what stands. */
export type StandingReads = Pick<Reads, "plans" | "undos" | "journal">;

/** Whether an undo was carried out, and nothing that any run did stands any more. */
export async function isBroughtBack(reads: StandingReads, request: ErasureRequest): Promise<boolean> {
  const undos = await reads.undos.ofRequest(request.id);
  return undos.some(({ result }) => result !== undefined) && (await whatStands(reads, request)).length === 0;
}

/** One thing a line, in words; empty where nothing stands. What nobody can be sure of stands. */
export async function whatStands(reads: StandingReads, { id }: ErasureRequest): Promise<readonly string[]> {
  const { plans, journal } = reads;
  const undos = await reads.undos.ofRequest(id);
  const stands: string[] = undos.some(({ result }) => result === undefined) ? ["an undo was cut short"] : [];
  const given = undos.flatMap(({ result }) => listIn(result, "steps"));
  for (const plan of await plans.ofRequest(id)) {
    const units = await journal.units(plan.id);
    if (units.every(({ state }) => state === "ready")) continue;
    if (units.some(({ state }) => state === "intended"))
      stands.push(`the run of ${plan.id} was cut short, and what it did is not told yet`);
    for (const [step, attempts] of Map.groupBy(await journal.attempts(plan.id), (one) => one.step)) {
      const backs = given.filter((line) => Reflect.get(line, "plan") === plan.id && Reflect.get(line, "step") === step);
      stands.push(...standsInStep(attempts, backs));
    }
    for (const { system, record, follows = 0 } of plan.steps)
      if (follows > 0)
        stands.push(`${system}.${record}: ${follows} that followed as copies, and nobody knows whether they came back`);
  }
  return stands;
}

/** `backs`: what undos told of the step, oldest first. */
function standsInStep(attempts: readonly Receipt[], backs: readonly object[]): readonly string[] {
  const last = attempts.at(-1);
  if (last === undefined) return [];
  const { system, record } = last;
  // an attempt tells what earlier ones did too
  const done = Math.max(
    ...attempts.map(({ affected, deleted, changed, minimised }) => Math.max(affected, deleted + changed) + minimised),
  );
  const back = backs.reduce((sum, line) => sum + numberIn(line, "restored"), 0);
  // what was kept of a record whose run did nothing to it counts as brought back: the last undo says what it left
  const left = Math.max(done - back, numberIn(backs.at(-1), "hidden"));
  return left > 0 ? [`${system}.${record}: ${left} not brought back`] : [];
}

function numberIn(line: object | undefined, name: string): number {
  const number: unknown = line === undefined ? undefined : Reflect.get(line, name);
  return typeof number === "number" ? number : 0;
}
