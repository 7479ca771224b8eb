/** What a change of the data map does to live data, counted in the systems themselves. Reads only, without a workspace. */
import { createHmac, randomBytes } from "node:crypto";
import { EXIT, Failure } from "./errors.ts";
import type { MapFile } from "./map-file.ts";
import { openReaders } from "./planner/readers.ts";
import { type RuleEffect, ruleEffect, type Side } from "./planner/rule-effect.ts";
import type { Registry } from "./port/registry.ts";
import { civilDateOf } from "./retention/civil-date.ts";
import { type Places, type Systems, systemsOf } from "./workspace.ts";

export interface Counting {
  readonly places: Pick<Places, "map">;
  readonly registry: Registry;
  readonly signal: AbortSignal;
  /** What is looked at now. */
  label(text: string): void;
}

export interface Effects {
  readonly of: ReadonlyMap<string, RuleEffect>;
  /** Record types that could not be counted, and why. */
  readonly warnings: readonly string[];
}

/** `records`: those whose rules have changed. Throws whatever keeps a system from being looked at. */
export async function effectsOf(
  counting: Counting,
  { before, after }: { readonly before: MapFile; readonly after: MapFile },
  records: readonly string[],
): Promise<Effects> {
  // one key for both: a record has the same name in either look
  const key = randomBytes(32);
  const systems = await systemsOf(after, counting.places, counting);
  await using now = sideOf(systems, key);
  await using was = sideOf(await systemsOf(before, counting.places, counting), key);
  const at = systems.now();
  const when = { today: civilDateOf(at, now.map.controller.calendar.timezone), instant: at.toISOString() };
  const of = new Map<string, RuleEffect>();
  const warnings: string[] = [];
  for (const record of records) {
    counting.label(`counting ${record}`);
    try {
      const effect = await ruleEffect(record, { before: was, after: now }, when);
      if (effect === undefined) warnings.push(`${record}: too much is due already to say what is new; not counted`);
      else of.set(record, effect);
    } catch (error) {
      // a table or column that only one of the two maps knows is what most changes are about
      if (!(error instanceof Failure) || (error.exit !== EXIT.bad_data && error.exit !== EXIT.findings)) throw error;
      warnings.push(`${record}: not counted, since one of the two maps does not fit the system (${error.message})`);
    }
  }
  return { of, warnings };
}

function sideOf(systems: Systems, key: Uint8Array): Side & AsyncDisposable {
  const readers = openReaders(async (name) => {
    const io = systems.io("map diff", { report: () => {} });
    const system = await systems.system(name);
    return await system.openReader({
      ...io,
      digest: (parts) => createHmac("sha256", key).update(JSON.stringify(parts)).digest("hex"),
    });
  });
  return {
    map: systems.map,
    readers,
    [Symbol.asyncDispose]: async () => await readers[Symbol.asyncDispose](),
  };
}
