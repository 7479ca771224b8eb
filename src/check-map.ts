/** Looks at the systems themselves and holds the data map against them. Reads only, and tries nothing. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { EXIT, Failure } from "./errors.ts";
import { type Held, heldAgainst, type Looked, toSample } from "./map-check/held-against.ts";
import { type Change, changesBetween, type Lock, lockOf, lockText, readLock } from "./map-check/lock.ts";
import type { Surveyed } from "./map-check/reach.ts";
import type { DataMap } from "./model/datamap.ts";
import type { Finding } from "./model/search.ts";
import type { Sampled, Store } from "./model/structure.ts";
import { targetOf } from "./planner/targets.ts";
import type { Survey } from "./port/connector.ts";
import type { Registry } from "./port/registry.ts";
import { openSystems, type Places, type Systems } from "./workspace.ts";
import { writeWhole } from "./write-whole.ts";

export interface MapChecking {
  readonly places: Pick<Places, "map">;
  readonly registry: Registry;
  readonly signal: AbortSignal;
  /** None: all. */
  readonly systems: readonly string[];
  /** What is looked at now. */
  label(text: string): void;
}

/** Values of each column that a marker or a condition is held against. They stay in memory. */
const SAMPLE = 1000;
const LOCK_FILE = "datamap.lock.json";

/** Throws whatever keeps a system from being looked at. */
export async function checkMap(checking: MapChecking, minCoverage: number | undefined): Promise<Held> {
  const open = await openSystems(checking.places, checking);
  const { map, file } = open;
  const lock = readLockFile(checking.places);
  const looked: Looked[] = [];
  for (const block of chosen(checking, map)) {
    checking.label(`looking at ${block}`);
    looked.push(await lookAt(open, block));
  }
  const warned = [...file.issues, ...file.notBuilt].map(({ code, severity, message, help, file: name, line }) => ({
    system: "",
    record: "",
    code,
    severity,
    message,
    help,
    file: name,
    line,
  }));
  return heldAgainst(map, looked, { lock, minCoverage, warned });
}

export interface Accepted {
  readonly file: string;
  readonly changes: readonly Change[];
  /** The file has the structure as it is now. */
  readonly written: boolean;
}

/** Shows how the structure differs from the accepted one, and records it where `write` says so. */
export async function acceptStructure(checking: MapChecking, write: boolean): Promise<Accepted> {
  const open = await openSystems(checking.places, checking);
  const surveyed: Surveyed[] = [];
  for (const name of chosen(checking, open.map)) {
    checking.label(`looking at ${name}`);
    const { block, stores } = await lookAt(open, name, "structure");
    surveyed.push({ block, stores });
  }
  const before = readLockFile(checking.places);
  const after = lockOf(surveyed);
  const path = lockPath(checking.places);
  if (write) writeWhole(path, lockText(after));
  return { file: basename(path), changes: changesBetween(before, after), written: write };
}

/** Systems that can tell what they are made of, in the map's order. */
function chosen({ systems, registry }: MapChecking, map: DataMap): readonly string[] {
  const names = map.systems
    .filter(({ kind }) => registry.connectors.some((registered) => registered.kind === kind))
    .map(({ name }) => name);
  const unknown = systems.some((name) => !names.includes(name));
  if (unknown)
    throw new Failure("USAGE", "the data map has no system of that name that can be looked at", {
      help: `It has: ${names.join(", ")}.`,
    });
  return systems.length === 0 ? names : names.filter((name) => systems.includes(name));
}

async function lookAt(open: Systems, name: string, only?: "structure"): Promise<Looked> {
  const { map } = open;
  const block = map.systems.find((one) => one.name === name);
  if (block === undefined) throw new Failure("UNEXPECTED", `no system ${name}`);
  const said: Finding[] = [];
  const io = open.io("map check", { report: (finding) => said.push(finding) });
  const system = await open.system(name);
  if (system.openSurvey === undefined) throw new Failure("NOT_BUILT", `${name} cannot tell what it is made of`);
  const { stores, samples } = await surveyed(await system.openSurvey(io), async (found) =>
    only === undefined ? toSample(map, { block, stores: found }) : await Promise.resolve([]),
  );
  if (only === undefined && block.records.length > 0) {
    await using reader = await system.openReader(io);
    const targets = block.records.map((record) => targetOf(map, record));
    try {
      for await (const finding of reader.check(targets)) said.push(finding);
    } catch (error) {
      // what the data map got wrong is a finding like any other
      if (!(error instanceof Failure) || error.exit !== EXIT.bad_data) throw error;
      said.push({ code: error.code, severity: "error", record: name, message: error.message, help: error.help });
    }
  }
  return { block, stores, said, samples };
}

async function surveyed(
  opened: Survey,
  wanted: (stores: readonly Store[]) => Promise<readonly string[]>,
): Promise<{ readonly stores: readonly Store[]; readonly samples: ReadonlyMap<string, readonly Sampled[]> }> {
  await using survey = opened;
  const stores = await Array.fromAsync(survey.stores([]));
  const names = await wanted(stores);
  const samples = new Map<string, readonly Sampled[]>();
  for (const store of stores)
    if (names.includes(store.name) && store.may?.read !== false)
      samples.set(store.name, await survey.sample(store, SAMPLE));
  return { stores, samples };
}

function lockPath({ map }: Pick<Places, "map">): string {
  return join(dirname(map), LOCK_FILE);
}

/** Undefined: nobody accepted a structure yet. Throws LOCK_INVALID. */
function readLockFile(places: Pick<Places, "map">): Lock | undefined {
  const path = lockPath(places);
  return existsSync(path) ? readLock(readFileSync(path, "utf8"), basename(path)) : undefined;
}
