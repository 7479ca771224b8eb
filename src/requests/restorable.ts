import type { Restorable } from "../model/pre-image.ts";
import type { Reads } from "../state/state.ts";

/** What runs of this request told that they keep, and is kept still. */
export async function restorableIn(
  { images, plans }: Pick<Reads, "images" | "plans">,
  id: string,
): Promise<readonly (Restorable & { readonly system: string; readonly record: string })[]> {
  const all: (Restorable & { readonly system: string; readonly record: string })[] = [];
  for (const { plan, step, count } of await images.steps(id)) {
    const result = await plans.result(plan);
    const line = result?.steps.find(
      (one) => typeof one === "object" && one !== null && Reflect.get(one, "id") === step,
    );
    if (typeof line !== "object" || line === null) continue;
    const told: unknown = Reflect.get(line, "restorable");
    const until: unknown = typeof told === "object" && told !== null ? Reflect.get(told, "until") : undefined;
    const [system, record]: unknown[] = [Reflect.get(line, "system"), Reflect.get(line, "record")];
    if (typeof until === "string" && typeof system === "string" && typeof record === "string")
      all.push({ system, record, count, until });
  }
  return all;
}
