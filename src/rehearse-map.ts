/**
 * A synthetic person in test systems: planted by the data map's own keys, hidden, brought back, searched, erased by the
 * real way over a workspace of its own, looked for by statements of the planter's, and taken away again.
 */
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { join } from "node:path";
import { EXIT, Failure } from "./errors.ts";
import { type At, killAt } from "./executor/kill-points.ts";
import { REHEARSAL_LEASE, removeScratch, scratchPrefix } from "./left-planted.ts";
import type { Because, Plan } from "./model/plan.ts";
import type { DataMap, RecordType } from "./model/datamap.ts";
import { markOf } from "./model/marker.ts";
import type { PlantedNote, RefusedRow, Tallied, Trace } from "./model/planting.ts";
import type { Store } from "./model/structure.ts";
import type { Status } from "./model/status.ts";
import { refuseAsked } from "./planner/asked.ts";
import { mapOfDue } from "./planner/due-rules.ts";
import { readSubjects } from "./planner/subjects.ts";
import type { Planter } from "./port/connector.ts";
import type { Registry } from "./port/registry.ts";
import { isSameTruth, newToken } from "./rehearsal/made-up.ts";
import { narrowed, withSources } from "./rehearsal/narrowed.ts";
import { advice, makePerson, type Person, type Planting } from "./rehearsal/plantings.ts";
import { storesOf, touchedStores } from "./rehearsal/touched.ts";
import { approveRequest } from "./requests/approve-request.ts";
import type { Context } from "./requests/context.ts";
import { openRequests } from "./requests/open-request.ts";
import { planRequest } from "./requests/plan-request.ts";
import { recordIdentity } from "./requests/record-identity.ts";
import { runRequest } from "./requests/run-request.ts";
import { undoRequest } from "./requests/undo-request.ts";
import { verifyRequest } from "./requests/verify-request.ts";
import { openScratch, type Scratch } from "./scratch-workspace.ts";
import { planterIn, type Places, type Workspace } from "./workspace.ts";

export const CHECKS = ["planted", "hidden", "restored", "searched", "erased", "gone", "bystanders", "removed"] as const;

export interface RehearsalCheck {
  readonly name: (typeof CHECKS)[number];
  readonly ok: boolean;
  readonly detail: string;
}

export interface Rehearsed {
  readonly records: readonly { readonly record: string; readonly checks: readonly RehearsalCheck[] }[];
  /** Nothing is known of these. */
  readonly not_rehearsed: readonly { readonly record: string; readonly reason: string }[];
}

export interface Rehearsing {
  readonly workspace: Workspace;
  readonly places: Pick<Places, "map">;
  readonly registry: Registry;
  /** `system.record`; none: all. */
  readonly records: readonly string[];
  /** What is done now. */
  label(text: string): void;
  say(text: string): void;
}

/** Throws NOT_A_TEST, ASK, USAGE, NOT_BUILT, BUSY, and whatever keeps a system from being looked at. */
export async function rehearseMap(rehearsing: Rehearsing): Promise<Rehearsed> {
  const { workspace, records: asked } = rehearsing;
  const whole = await workspace.planMap();
  const types = whole.systems.flatMap(({ records }) => records);
  if (asked.some((id) => types.every((one) => one.id !== id)))
    throw new Failure("USAGE", "--records names a record type that the data map has not got", {
      help: "Write `system.record` as the data map does; `expunge explain` shows every one.",
    });
  const needed = asked.length === 0 ? new Set(types.map(({ id }) => id)) : withSources(whole, asked);
  const named = new Set(types.filter(({ id }) => needed.has(id)).map(({ system }) => system));
  const plantable = new Set<string>();
  for (const name of named) if ((await workspace.system(name)).openPlanter !== undefined) plantable.add(name);
  refuseProduction(whole, plantable);
  const map = narrowed(whole, plantable);
  refuseAsked(map);
  const left = new Set(map.systems.flatMap(({ records }) => records.map(({ id }) => id)));
  const not = types.flatMap(({ id, system }) => {
    if (!needed.has(id) || left.has(id)) return [];
    const kind = whole.systems.find(({ name }) => name === system)?.kind ?? "";
    const reason = plantable.has(system)
      ? "it is found only through record types that are not rehearsed"
      : `nothing can be planted in a system of kind ${kind} yet`;
    return [{ record: id, reason }];
  });
  const wanted = map.systems.flatMap(({ records }) => records).filter(({ id }) => needed.has(id));
  if (wanted.length === 0)
    throw new Failure("ACTION_REFUSED", "none of these record types can be rehearsed", {
      help: `${not.map(({ record, reason }) => `${record}: ${reason}`).join("; ")}.`,
    });
  await using lease = await workspace.state.lease([REHEARSAL_LEASE], async (tx) => await tx.planted.noted());
  await using stage = await openStage(rehearsing, map, wanted);
  const rehearsed = await perform(stage, lease, lease.first);
  return { records: rehearsed, not_rehearsed: not };
}

function refuseProduction({ systems, file }: DataMap, touched: ReadonlySet<string>): void {
  const others = systems.filter(({ name, environment }) => touched.has(name) && environment !== "test");
  const [first] = others;
  if (first === undefined) return;
  throw new Failure("NOT_A_TEST", `${others.map(({ name }) => name).join(", ")}: not said to be a test system`, {
    at: `${file}:${first.at.line}:${first.at.column}`,
  });
}

/** Everything that a rehearsal works with. */
interface Stage extends AsyncDisposable {
  readonly rehearsing: Rehearsing;
  readonly map: DataMap;
  readonly wanted: readonly RecordType[];
  readonly stores: ReadonlyMap<string, readonly Store[]>;
  readonly touched: ReadonlyMap<string, readonly Store[]>;
  readonly person: Person;
  readonly token: string;
  readonly folder: string;
  readonly at: At;
  planter(system: string): Planter;
  digest(text: string): Uint8Array;
}

async function openStage(rehearsing: Rehearsing, map: DataMap, wanted: readonly RecordType[]): Promise<Stage> {
  const { workspace, label } = rehearsing;
  const planters = new Map<string, Planter>();
  const close = async () => {
    for (const one of planters.values()) await one[Symbol.asyncDispose]();
  };
  try {
    const stores = new Map<string, readonly Store[]>();
    for (const { name } of map.systems) {
      label(`looking at ${name}`);
      stores.set(name, await surveyed(workspace, name));
      const planter = await planterIn(workspace)(name);
      if (planter !== undefined) planters.set(name, planter);
    }
    const planter = (system: string): Planter => {
      const one = planters.get(system);
      if (one === undefined) throw new Failure("UNEXPECTED", `nothing can be planted in ${system}`);
      return one;
    };
    const { person, token } = await unheardOf(map, stores, wanted, await workspace.today(), planter);
    const touched = new Map(
      [...stores].map(([system, some]) => [
        system,
        touchedStores(some, new Set(person.plantings.filter((one) => one.system === system).map(({ store }) => store))),
      ]),
    );
    // for this rehearsal alone: what is compared stands nowhere
    const key = createSecretKey(randomBytes(32));
    return {
      rehearsing,
      map,
      wanted,
      stores,
      touched,
      person,
      token,
      // made once it is noted: nobody can guess its name
      folder: `${scratchPrefix()}${newToken()}`,
      at: killAt(workspace.killAt),
      planter,
      digest: (text) => createHmac("sha256", key).update(text).digest(),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function surveyed(workspace: Workspace, name: string): Promise<readonly Store[]> {
  const { openSurvey } = await workspace.system(name);
  if (openSurvey === undefined) throw new Failure("ACTION_REFUSED", `${name} cannot tell what it is made of`);
  await using survey = await openSurvey(await workspace.io("map rehearse", { report: () => {} }));
  return await Array.fromAsync(survey.stores([]));
}

const TRIES = 5;

/** Somebody whose keys nobody has. */
async function unheardOf(
  map: DataMap,
  stores: ReadonlyMap<string, readonly Store[]>,
  records: readonly RecordType[],
  today: string,
  planter: (system: string) => Planter,
): Promise<{ readonly person: Person; readonly token: string }> {
  for (let tries = 1; ; tries += 1) {
    const token = newToken();
    const person = makePerson({ map, stores, records, token, today });
    const taken = await firstTaken(person, planter);
    if (taken === undefined) {
      const led: Person["led"][number][] = [];
      // a value that others have too tells nothing
      for (const one of person.led) if ((await planter(one.system).rows(one.trace)).length === 0) led.push(one);
      return { person: { ...person, led }, token };
    }
    if (tries < TRIES) continue;
    throw new Failure("ACTION_REFUSED", `${taken.record ?? taken.store}: no key was found that nobody has`, {
      help: "Write one in the record type: sample: { COLUMN: VALUE }.",
    });
  }
}

async function firstTaken({ plantings }: Person, planter: (system: string) => Planter): Promise<Planting | undefined> {
  for (const one of plantings) if ((await planter(one.system).rows(one.key)).length > 0) return one;
  return undefined;
}

type Results = Map<string, RehearsalCheck[]>;

interface Noting {
  atomically: Workspace["state"]["atomically"];
}

async function perform(stage: Stage, state: Noting, earlier: PlantedNote | undefined): Promise<Rehearsed["records"]> {
  const { person, rehearsing, folder, at } = stage;
  const results: Results = new Map(stage.wanted.map(({ id }) => [id, []]));
  for (const { record, reason } of person.not) say(results, record, "planted", false, reason);
  rehearsing.label("counting bystanders");
  const before = await tallies(stage, []);
  const note: PlantedNote = {
    at: rehearsing.workspace.now().toISOString(),
    scratch: folder,
    systems: [...tracesOf(stage, before), ...(earlier?.systems ?? [])],
  };
  await state.atomically(async (tx) => await tx.planted.note(note));
  at("rehearsal_noted", "");
  let planted: readonly Planting[] = [];
  let left: readonly string[] = [];
  try {
    planted = await act(stage, results, note);
  } finally {
    rehearsing.label("taking away what was planted");
    left = await takenAway(stage, note);
    removeScratch(folder);
    at("rehearsal_removed", "");
    if (left.length === 0) await state.atomically(async (tx) => await tx.planted.forget());
    else rehearsing.say(`What was planted is still there (${left.join(", ")}): the next command tries again.`);
  }
  await compareBystanders(stage, results, planted, before, note);
  for (const one of planted)
    if (one.record !== undefined) {
      const mine = left.filter((text) => text.startsWith(`${one.system}.${one.store}:`));
      say(
        results,
        one.record,
        "removed",
        mine.length === 0,
        mine.length === 0 ? "" : `still there: ${mine.join(", ")}`,
      );
    }
  return [...results].map(([record, checks]) => ({ record, checks: ordered(checks) }));
}

function ordered(checks: readonly RehearsalCheck[]): readonly RehearsalCheck[] {
  return checks.toSorted((a, b) => CHECKS.indexOf(a.name) - CHECKS.indexOf(b.name));
}

function say(results: Results, record: string, name: RehearsalCheck["name"], ok: boolean, detail: string): void {
  const checks = results.get(record);
  // of two the one that fails is told
  const known = checks?.findIndex((one) => one.name === name) ?? -1;
  if (checks === undefined) return;
  if (known < 0) checks.push({ name, ok, detail });
  else if (checks[known]?.ok === true) checks[known] = { name, ok, detail };
}

type Tallies = ReadonlyMap<string, ReadonlyMap<string, Tallied>>;

/** By system and store: everybody else's records. */
async function tallies({ touched, planter, digest }: Stage, traces: PlantedNote["systems"]): Promise<Tallies> {
  const all = new Map<string, Map<string, Tallied>>();
  for (const [system, stores] of touched) {
    const mine = traces.flatMap((one) => (one.system === system ? one.traces : []));
    const counted = new Map<string, Tallied>();
    for (const store of stores) counted.set(store.name, await planter(system).bystanders(placeOf(store), mine, digest));
    all.set(system, counted);
  }
  return all;
}

function placeOf({ name, parts }: Store): Pick<Trace, "store" | "parts"> {
  return { store: name, ...(parts === undefined ? {} : { parts }) };
}

function tracesOf({ person, touched, token }: Stage, before: Tallies): PlantedNote["systems"] {
  const keys = person.plantings.flatMap(({ key }) => Object.values(key.values ?? {}));
  const holds = [token, ...new Set(keys.filter((value) => value.length >= 10 && !value.includes(token)))];
  return [...touched].map(([system, stores]) => ({
    system,
    traces: [
      ...person.plantings.flatMap((one) => (one.system === system ? [one.key] : [])),
      ...person.led.flatMap((one) => (one.system === system ? [one.trace] : [])),
      ...stores.map((store) => ({
        ...placeOf(store),
        holds,
        before: before.get(system)?.get(store.name)?.count ?? -1,
      })),
    ],
  }));
}

async function takenAway({ planter }: Stage, note: PlantedNote): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { system, traces } of note.systems)
    for (const { store, count } of await planter(system).unplant(traces)) left.push(`${system}.${store}: ${count}`);
  return left;
}

async function compareBystanders(
  stage: Stage,
  results: Results,
  planted: readonly Planting[],
  before: Tallies,
  note: PlantedNote,
): Promise<void> {
  const after = await tallies(stage, note.systems);
  const mapped = new Set(stage.person.plantings.flatMap((one) => (one.record === undefined ? [] : [one.store])));
  for (const { record, system, store } of planted) {
    if (record === undefined) continue;
    const wrong = [...(before.get(system) ?? [])].flatMap(([name, then]) => {
      // what has a record type of its own is told there
      if (name !== store && mapped.has(name)) return [];
      const now = after.get(system)?.get(name);
      if (now === undefined || (now.count === then.count && now.digest === then.digest)) return [];
      const more = now.count - then.count;
      return [
        `${name}: ${more === 0 ? "other values" : `${Math.abs(more)} ${more > 0 ? "more" : "fewer"}`} than before`,
      ];
    });
    say(
      results,
      record,
      "bystanders",
      wrong.length === 0,
      wrong.length === 0 ? "" : `${wrong.join("; ")} (or somebody else wrote there meanwhile)`,
    );
  }
}

/** What is planted, and everything that is tried with it; what was planted in the end. */
async function act(stage: Stage, results: Results, note: PlantedNote): Promise<readonly Planting[]> {
  const { rehearsing, at, wanted } = stage;
  rehearsing.label("planting");
  const planted = await plantAll(stage, results, stage.person.plantings);
  at("rehearsal_planted", "");
  for (const one of planted) {
    if (one.record === undefined) continue;
    const there = (await stage.planter(one.system).rows(one.key)).length;
    say(results, one.record, "planted", there === 1, there === 1 ? "" : "it was taken, and is not there");
  }
  const types = wanted.filter(({ id }) => planted.some(({ record }) => record === id));
  if (types.length === 0) return planted;
  const held = types.filter(({ holds, do: action }) => holds.length > 0 && action !== "keep");
  const hidden = types.filter((type) => type.do === "soft-delete");
  let stuck: string | undefined;
  if (held.length > 0) {
    rehearsing.label("planting young ones that a hold keeps");
    stuck = await again(stage, note, planted, youngOf(held, await rehearsing.workspace.today()));
    if (stuck === undefined) {
      await tryHolds(stage, results, held);
      stuck = await again(stage, note, planted);
    }
  }
  if (stuck === undefined && hidden.length > 0) {
    await tryMarks(stage, results, note, hidden, planted);
    stuck = await again(stage, note, planted);
  }
  if (stuck === undefined) await tryErasing(stage, results, note, types, planted);
  else for (const { id } of types) say(results, id, "erased", false, stuck);
  return planted;
}

/** Those that the systems take. What they refuse, and what hangs on it, is told with what to write. */
async function plantAll(
  { planter }: Stage,
  results: Results,
  plantings: readonly Planting[],
): Promise<readonly Planting[]> {
  let rows = plantings;
  const systems = [...new Set(plantings.map(({ system }) => system))];
  for (const system of systems) {
    for (;;) {
      const mine = rows.filter((one) => one.system === system);
      const refused = await planter(system).plant(mine);
      const bad = refused === undefined ? undefined : mine[refused.at];
      if (refused === undefined || bad === undefined) break;
      const gone = new Set([bad]);
      // those that need it came after it
      for (const one of rows) if (one.needs.some((need) => gone.has(need))) gone.add(one);
      for (const one of gone)
        if (one.record !== undefined)
          say(
            results,
            one.record,
            "planted",
            false,
            one === bad ? whyRefused(bad, refused) : `it needs ${bad.record ?? bad.store}: ${whyRefused(bad, refused)}`,
          );
      rows = rows.filter((one) => !gone.has(one));
    }
  }
  return rows;
}

/** With what to write where the constraint's own columns are known. */
function whyRefused({ at: store }: Planting, { reason }: RefusedRow): string {
  if (reason === "swallowed") return "a trigger or rule swallows what is inserted";
  if (reason === "NOT_PERMITTED") return "the role may not insert there: grant INSERT and DELETE on the test system";
  const check = store.checks.find(({ name }) => name !== "" && reason.includes(name));
  const reference = store.references.find(({ name }) => name === reason);
  const named = store.columns.filter(({ name }) => reason.split(/[\s:,.]+/u).includes(name)).map(({ name }) => name);
  const columns = check?.columns ?? reference?.columns ?? named;
  const words = `${store.name} refuses it: ${reason}`;
  return columns[0] === undefined
    ? `${words}. Write what it takes in the record type: sample: { COLUMN: VALUE }.`
    : `${words}. ${columns.map((column) => advice(column)).join(" ")}`;
}

/** Takes away what is there and plants it anew; what keeps it from that. */
async function again(
  { planter }: Stage,
  note: PlantedNote,
  planted: readonly Planting[],
  changed: (one: Planting) => Planting = (one) => one,
): Promise<string | undefined> {
  for (const system of new Set(planted.map((one) => one.system))) {
    const traces = note.systems.flatMap((one) => (one.system === system ? one.traces : []));
    const [left] = await planter(system).unplant(traces);
    if (left !== undefined) return `not tried: what was planted in ${system}.${left.store} could not be taken away`;
    const rows = planted.filter((one) => one.system === system).map(changed);
    const refused = await planter(system).plant(rows);
    const bad = refused === undefined ? undefined : rows[refused.at];
    if (refused !== undefined && bad !== undefined)
      return `not tried: ${bad.record ?? bad.store} could not be planted a second time, ${whyRefused(bad, refused)}`;
  }
  return undefined;
}

function youngOf(held: readonly RecordType[], today: string): (one: Planting) => Planting {
  return (one) => {
    const type = held.find(({ id }) => id === one.record);
    if (type === undefined) return one;
    const dates = type.holds.map(({ from }) => from).filter((from) => type.sample?.[from] === undefined);
    return { ...one, values: { ...one.values, ...Object.fromEntries(dates.map((from) => [from, today])) } };
  };
}

async function scratchFor({ rehearsing, folder }: Stage, name: string, map: DataMap): Promise<Scratch> {
  const { workspace, places, registry } = rehearsing;
  return await openScratch({
    folder: join(folder, name),
    places,
    registry,
    map,
    signal: workspace.signal,
    now: () => workspace.now(),
    killAt: workspace.killAt,
  });
}

/** A request about the person, with a plan. */
async function planned(
  { person }: Stage,
  { context, pseudonym }: Scratch,
): Promise<{ readonly id: string; readonly plan: Plan }> {
  const subjects = readSubjects(JSON.stringify(person.identifiers), context.map.identities);
  const [request] = await openRequests(context, subjects, pseudonym, { batch: false });
  if (request === undefined) throw new Failure("UNEXPECTED", "no request was opened");
  await recordIdentity(context, request.id, "rehearsal", "ok");
  return { id: request.id, plan: await planRequest(context, request.id) };
}

async function carriedOut(context: Context, id: string, plan: Plan) {
  const acceptNotSearched = plan.steps
    .filter(({ status }) => status === "not_checked")
    .map(({ system, record }) => `${system}.${record}`);
  await approveRequest(context, id, { acceptNotSearched });
  return await runRequest(context, id, { concurrency: 1, emit: () => {} });
}

/** Whatever the program says in the place of an answer is what failed; an interruption ends the rehearsal. */
async function orFailure<T>(work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.code === "INTERRUPTED" || error.code === "UNEXPECTED") throw error;
    return error;
  }
}

function told({ code, message }: Failure): string {
  return `${code}: ${message}`;
}

/** What a plan was refused for: that something could not be searched, or that what is found could not be erased. */
function refusedAt({ exit, code }: Failure): "searched" | "erased" {
  const missing = code === "TABLE_MISSING" || code === "COLUMN_MISSING";
  return exit === EXIT.bad_data && !missing ? "erased" : "searched";
}

async function tryHolds(stage: Stage, results: Results, held: readonly RecordType[]): Promise<void> {
  stage.rehearsing.label("searching for what a hold keeps");
  await using scratch = await scratchFor(stage, "holds", stage.map);
  const made = await orFailure(async () => await planned(stage, scratch));
  // what keeps a plan from being made is told where it is to be carried out
  if (made instanceof Failure) return;
  for (const type of held) {
    const step = stepOf(made.plan, type.id);
    const dates = type.holds.map(({ from }) => from);
    if (step === undefined || step.found === 0 || dates.some((from) => type.sample?.[from] !== undefined)) continue;
    if (step.kept === 0)
      say(
        results,
        type.id,
        "searched",
        false,
        `a record of today would not be kept under ${type.holds.map(({ hold }) => hold).join(", ")}`,
      );
  }
}

async function tryMarks(
  stage: Stage,
  results: Results,
  note: PlantedNote,
  hidden: readonly RecordType[],
  planted: readonly Planting[],
): Promise<void> {
  const { rehearsing, at, planter, stores, map } = stage;
  rehearsing.label("hiding, and bringing back");
  const rows = planted.filter(({ record }) => hidden.some(({ id }) => id === record));
  const shown = await shownIn(stage, rows);
  const wasBefore = await valuesOf(stage, rows);
  const failed = (why: string): void => {
    for (const { id } of hidden) say(results, id, "hidden", false, why);
  };
  await using scratch = await scratchFor(stage, "marks", map);
  const made = await orFailure(async () => await planned(stage, scratch));
  if (made instanceof Failure) return failed(told(made));
  const over = await overreach(stage, note, made.plan, planted);
  if (over !== undefined) return failed(over);
  const ran = await orFailure(async () => await carriedOut(scratch.context, made.id, made.plan));
  if (ran instanceof Failure) return failed(told(ran));
  at("rehearsal_marked", "");
  const shownStill = await shownIn(stage, rows);
  for (const row of rows) {
    const type = hidden.find(({ id }) => id === row.record);
    if (type === undefined) continue;
    const [there] = await planter(row.system).rows(row.key);
    if (there === undefined || !isMarked(type, there)) {
      const step = ran.steps.find((one) => `${one.system}.${one.record}` === type.id);
      say(results, type.id, "hidden", false, `its marker is not set: ${step?.status ?? "not planned"}${because(step)}`);
      continue;
    }
    const still = [...(shownStill.get(row) ?? [])].filter(
      ([view, times]) => times > 0 && (shown.get(row)?.get(view) ?? 0) > 0,
    );
    const unseen = [...(shown.get(row) ?? [])].filter(([, times]) => times === 0).map(([view]) => view);
    const others = row.at.readers.filter(({ kind }) => kind !== "view").map(({ name }) => name);
    const detail =
      still.length > 0
        ? `${still.map(([view]) => view).join(", ")} shows it all the same`
        : [
            ...(unseen.length === 0 ? [] : [`not shown before either by ${unseen.join(", ")}`]),
            ...(others.length === 0 ? [] : [`not looked at: ${others.join(", ")}`]),
          ].join("; ");
    say(results, type.id, "hidden", still.length === 0, detail);
  }
  const undone = hidden.some(({ restoreWindow }) => restoreWindow !== undefined)
    ? await orFailure(async () => await undoRequest(scratch.context, made.id, { skipConflicts: false }))
    : undefined;
  for (const row of rows) {
    const type = hidden.find(({ id }) => id === row.record);
    if (type === undefined) continue;
    if (type.restoreWindow === undefined) {
      say(results, type.id, "restored", true, "not tried: it has no restore_window, and nothing brings it back");
      continue;
    }
    const [there] = await planter(row.system).rows(row.key);
    const sets = new Set(
      (stores.get(row.system) ?? []).find(({ name }) => name === row.store)?.triggers.flatMap((one) => one.sets) ?? [],
    );
    const then = wasBefore.get(row) ?? {};
    const other = Object.keys(then).filter((column) => !sets.has(column) && there?.[column] !== then[column]);
    if (undone instanceof Failure) say(results, type.id, "restored", false, told(undone));
    else
      say(
        results,
        type.id,
        "restored",
        other.length === 0,
        other.length === 0 ? "" : `not as it was: ${other.join(", ")}`,
      );
  }
}

function isMarked(type: RecordType, row: Readonly<Record<string, string | null>>): boolean {
  const { marker } = type;
  if (marker === undefined || marker.kind === "delete_marker") return false;
  const text = row[marker.column] ?? null;
  const isDeleted =
    marker.kind === "flag" && text !== null && /^(?:t|f|true|false|0|1)$/iu.test(text)
      ? isSameTruth(text, marker.deleted)
      : undefined;
  return markOf(marker, (column) => row[column], isDeleted) !== undefined;
}

async function valuesOf(
  { planter }: Stage,
  rows: readonly Planting[],
): Promise<ReadonlyMap<Planting, Readonly<Record<string, string | null>>>> {
  const values = new Map<Planting, Readonly<Record<string, string | null>>>();
  for (const row of rows) values.set(row, (await planter(row.system).rows(row.key))[0] ?? {});
  return values;
}

/** By row and view: how many of the view's rows show it. */
async function shownIn(
  { planter, stores }: Stage,
  rows: readonly Planting[],
): Promise<ReadonlyMap<Planting, ReadonlyMap<string, number>>> {
  const all = new Map<Planting, ReadonlyMap<string, number>>();
  for (const row of rows) {
    const shown = new Map<string, number>();
    for (const { name, kind } of row.at.readers) {
      if (kind !== "view") continue;
      const view = stores.get(row.system)?.find((one) => one.name === name);
      const place = view === undefined ? { store: name } : placeOf(view);
      shown.set(name, await planter(row.system).shows(place, row.seenBy));
    }
    all.set(row, shown);
  }
  return all;
}

function stepOf({ steps }: Plan, id: string): Plan["steps"][number] | undefined {
  return steps.find(({ system, record }) => `${system}.${record}` === id);
}

function because(step: object | undefined): string {
  const said = new Map<string, unknown>(Object.entries(step ?? {}));
  return ["reason", "says", "until"]
    .map((name) => said.get(name))
    .filter((one) => typeof one === "string")
    .map((one) => `, ${one}`)
    .join("");
}

/** By store: what the plan found there, and how many of the person's records are there. */
async function foundIn(
  { planter, map, stores, person }: Stage,
  plan: Plan,
  planted: readonly Planting[],
): Promise<ReadonlyMap<string, { readonly found: number; readonly own: number; readonly records: readonly string[] }>> {
  const all = new Map<string, { found: number; own: number; records: readonly string[] }>();
  const places = Map.groupBy(planted, ({ system, store }) => `${system}.${store}`);
  for (const [name, rows] of places) {
    const [first] = rows;
    if (first === undefined) continue;
    const over = map.systems
      .filter((system) => system.name === first.system)
      .flatMap(({ records }) => records)
      .filter((record) => storesOf(record, stores.get(first.system) ?? []).includes(first.store))
      .map(({ id }) => id);
    const own = new Set<string>();
    const led = person.led.flatMap(({ system, trace }) =>
      system === first.system && trace.store === first.store ? [trace] : [],
    );
    for (const trace of [...rows.map(({ key }) => key), ...led])
      for (const row of await planter(first.system).rows(trace)) own.add(JSON.stringify(Object.entries(row)));
    const found = over.reduce((sum, id) => sum + (stepOf(plan, id)?.found ?? 0), 0);
    all.set(name, { found, own: own.size, records: over });
  }
  return all;
}

/** Why the plan may not be carried out: it would reach others. */
async function overreach(
  stage: Stage,
  note: PlantedNote,
  plan: Plan,
  planted: readonly Planting[],
): Promise<string | undefined> {
  const places = await foundIn(stage, plan, planted);
  for (const [place, { found, own }] of places)
    if (found > own)
      return `not carried out: in ${place} ${found} records are found, and ${own} are the synthetic person's`;
  for (const { system, record, found } of plan.steps) {
    const type = stage.map.systems.flatMap(({ records }) => records).find(({ id }) => id === `${system}.${record}`);
    if (found === 0 || type === undefined) continue;
    const stores = storesOf(type, stage.stores.get(system) ?? []);
    if (stores.some((store) => places.has(`${system}.${store}`))) continue;
    // what triggers made of what was planted is new
    let made = 0;
    for (const store of stores) made += await newIn(stage, note, system, store);
    if (found > made) return `not carried out: ${found} records of ${type.id} are found, and ${made} are new there`;
  }
  return undefined;
}

async function newIn({ planter }: Stage, note: PlantedNote, system: string, store: string): Promise<number> {
  const traces = note.systems.flatMap((one) => (one.system === system ? one.traces : []));
  const counted = traces.find((one) => one.store === store && one.before !== undefined);
  if (counted?.before === undefined) return 0;
  return (await planter(system).bystanders(counted, [], () => new Uint8Array(1))).count - counted.before;
}

const DONE: readonly Status[] = [
  "deleted",
  "anonymised",
  "redacted",
  "pseudonymised",
  "residue",
  "soft_deleted",
  "accepted",
  "nothing_found",
];

async function tryErasing(
  stage: Stage,
  results: Results,
  note: PlantedNote,
  types: readonly RecordType[],
  planted: readonly Planting[],
): Promise<void> {
  const { rehearsing, at } = stage;
  rehearsing.label("searching");
  // what is hidden goes for good here as it does on its day
  const purged = new Map(types.flatMap(({ id, purge }) => (purge === undefined ? [] : [[id, PURGE] as const])));
  const map = mapOfDue(stage.map, purged);
  const all = (name: RehearsalCheck["name"], why: string): void => {
    for (const { id } of types) say(results, id, name, false, why);
  };
  await using scratch = await scratchFor(stage, "erase", map);
  const made = await orFailure(async () => await planned(stage, scratch));
  if (made instanceof Failure) {
    const [about] = types.filter(({ id }) => made.message.startsWith(`${id}:`));
    for (const { id } of types)
      say(
        results,
        id,
        refusedAt(made),
        false,
        about === undefined || about.id === id ? told(made) : `not tried: the plan is refused for ${about.id}`,
      );
    return;
  }
  const { id, plan } = made;
  for (const { found, own, records } of (await foundIn(stage, plan, planted)).values())
    for (const record of records) {
      const step = stepOf(plan, record);
      const right = found === own;
      say(results, record, "searched", right, right ? "" : `${found} of ${own} found${because(step)}`);
    }
  const over = await overreach(stage, note, plan, planted);
  if (over !== undefined) return all("erased", over);
  rehearsing.label("erasing");
  const ran = await orFailure(async () => await carriedOut(scratch.context, id, plan));
  if (ran instanceof Failure) return all("erased", told(ran));
  at("rehearsal_erased", "");
  rehearsing.label("verifying");
  const verified = await orFailure(async () => await verifyRequest(scratch.context, id, { purge: false }));
  for (const type of types) {
    const step = ran.steps.find((one) => `${one.system}.${one.record}` === type.id);
    const check =
      verified instanceof Failure
        ? undefined
        : verified.checks.find((one) => `${one.system}.${one.record}` === type.id);
    const whatever =
      type.do === "keep" ? "not tried: its rule keeps it" : keptWhatever(map, type, rehearsing.workspace.now());
    if (step === undefined) say(results, type.id, "erased", false, "nothing was planned for it");
    else if (step.status === "kept" && whatever !== undefined) say(results, type.id, "erased", true, whatever);
    else if (!DONE.includes(step.status)) say(results, type.id, "erased", false, `${step.status}${because(step)}`);
    else if (verified instanceof Failure) say(results, type.id, "erased", false, `verify: ${told(verified)}`);
    else if (check !== undefined && check.result !== "pass")
      say(results, type.id, "erased", false, `verify: ${check.result}${because(check)}`);
    else say(results, type.id, "erased", true, "");
    const isKept = step?.status === "kept" && whatever !== undefined;
    await lookForGone(stage, results, map, type, planted, isKept);
  }
}

const PURGE: Because = "purge";

/** A hold that no date in the record could end. */
function keptWhatever(map: DataMap, { holds }: RecordType, now: Date): string | undefined {
  const names = holds.flatMap(({ hold }) => {
    const rule = map.holds.find(({ name }) => name === hold);
    const late = rule?.notBefore !== undefined && rule.notBefore >= now.toISOString().slice(0, 10);
    return late || rule?.suspended !== undefined ? [hold] : [];
  });
  return names.length === 0 ? undefined : `not tried: ${names.join(", ")} keeps it, whatever its date is`;
}

/** By the planter's own statements. */
async function lookForGone(
  { planter }: Stage,
  results: Results,
  map: DataMap,
  wanted: RecordType,
  planted: readonly Planting[],
  isKept: boolean,
): Promise<void> {
  // as it was carried out
  const type = map.systems.flatMap(({ records }) => records).find(({ id }) => id === wanted.id) ?? wanted;
  if (isKept) return say(results, type.id, "gone", true, "not tried: it is kept");
  for (const row of planted.filter(({ record }) => record === type.id)) {
    const there = await planter(row.system).rows(row.key);
    const wrong = stillThere(type, row, there);
    say(results, type.id, "gone", wrong === undefined, wrong ?? "");
  }
}

function stillThere(
  type: RecordType,
  { values }: Planting,
  rows: readonly Readonly<Record<string, string | null>>[],
): string | undefined {
  const [row] = rows;
  if (type.do === "erase" || type.do === "remove-rows")
    return row === undefined ? undefined : "the record is still there";
  if (row === undefined) return "the record is not there any more, and its rule leaves it";
  if (type.do === "soft-delete") return isMarked(type, row) ? undefined : "it is not marked";
  const columns = Object.entries(type.fields).flatMap(([column, rule]) => {
    if (["keep", "generalise", "prefix"].includes(rule.kind)) return [];
    const then = values[column] ?? null;
    return then !== null && row[column] === then ? [column] : [];
  });
  const inside = type.in.flatMap((column) =>
    pathsStill(row[column] ?? null, values[column] ?? null, type).map((path) => `${column}: ${path}`),
  );
  const still = [...columns, ...inside];
  return still.length === 0 ? undefined : `as planted: ${still.join(", ")}`;
}

/** Paths of the rule at which the column holds what was planted there. */
function pathsStill(now: string | null, then: string | null, { paths }: RecordType): readonly string[] {
  if (now === null || then === null) return [];
  return Object.entries(paths).flatMap(([path, rule]) => {
    if (["keep", "generalise", "prefix"].includes(rule.kind)) return [];
    const [was, is] = [textAt(then, path), textAt(now, path)];
    return was !== undefined && was === is ? [path] : [];
  });
}

function textAt(json: string, path: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  for (const part of path.split(".")) {
    const name = part.replace(/(?:\[\])+$/u, "");
    while (Array.isArray(value)) [value] = value;
    value =
      typeof value === "object" && value !== null
        ? new Map<string, unknown>(Object.entries(value)).get(name)
        : undefined;
  }
  while (Array.isArray(value)) [value] = value;
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}
