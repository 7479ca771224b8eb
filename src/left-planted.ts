/** Takes away what a rehearsal planted and a kill, or a failure, left behind. */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Failure } from "./errors.ts";
import type { DataMap } from "./model/datamap.ts";
import type { PlantedNote, Trace } from "./model/planting.ts";
import type { Planter } from "./port/connector.ts";
import type { State } from "./state/state.ts";

/** While it is held, somebody is rehearsing. */
export const REHEARSAL_LEASE = "rehearsal";

const SCRATCH = "expunge-rehearsal-";

/** A new folder's name begins so. */
export function scratchPrefix(): string {
  return join(tmpdir(), SCRATCH);
}

export function removeScratch(folder: string): void {
  // whatever the state says, nothing but a folder of ours is removed
  if (dirname(folder) === tmpdir() && basename(folder).startsWith(SCRATCH))
    rmSync(folder, { recursive: true, force: true });
}

export interface Removing {
  readonly state: State;
  dataMap(): Promise<DataMap>;
  openPlanter(system: string): Promise<Planter | undefined>;
  say(text: string): void;
}

/** Before the next command of the workspace does anything. What cannot be taken away now stays noted, and stands in nobody's way. */
export async function removeLeftPlanted({ state, dataMap, openPlanter, say }: Removing): Promise<void> {
  if ((await state.read.planted.noted()) === undefined) return;
  try {
    await using lease = await state.lease([REHEARSAL_LEASE], async (tx) => await tx.planted.noted());
    if (lease.first === undefined) return;
    const map = await dataMap();
    const left = await takeAway(lease.first, map, openPlanter);
    if (left.length === 0) {
      await lease.atomically(async (tx) => await tx.planted.forget());
      say("Took away what a rehearsal that was cut short had planted.");
    } else say(`What a rehearsal planted is still there (${left.join(", ")}): the next command tries again.`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // it is being rehearsed right now
    if (error.code === "BUSY") return;
    say(`What a rehearsal planted could not be taken away (${error.code}): the next command tries again.`);
  }
}

/** What stays all the same: `system.store: 2`. */
export async function takeAway(
  { scratch, systems }: PlantedNote,
  map: DataMap,
  openPlanter: (system: string) => Promise<Planter | undefined>,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { system, traces } of systems) {
    if (map.systems.find(({ name }) => name === system)?.environment !== "test") {
      left.push(`${system}: no \`environment: test\` any more`);
      continue;
    }
    left.push(...(await takeAwayIn(system, traces, openPlanter)));
  }
  removeScratch(scratch);
  return left;
}

async function takeAwayIn(
  system: string,
  traces: readonly Trace[],
  openPlanter: (system: string) => Promise<Planter | undefined>,
): Promise<readonly string[]> {
  await using planter = await openPlanter(system);
  if (planter === undefined) return [`${system}: nothing can be taken away from it`];
  return (await planter.unplant(traces)).map(({ store, count }) => `${system}.${store}: ${count}`);
}
