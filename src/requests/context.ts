import { type At, killAt } from "../executor/kill-points.ts";
import type { Eraser, IO, Rehearsal, System } from "../port/connector.ts";
import type { MapInForce } from "../map-in-force.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";
import { Failure } from "../errors.ts";
import { toolVersion } from "../package-files.ts";
import { openReaders, type Readers } from "../planner/readers.ts";
import type { Lease } from "../state/state.ts";
import { civilDateOf } from "../retention/civil-date.ts";
import type { Workspace } from "../workspace.ts";

/** A workspace with its data map read: what a request's way through needs of the world. */
export interface Context extends Pick<
  Workspace,
  "state" | "ledger" | "signal" | "actor" | "signer" | "now" | "io" | "actorIdOf"
> {
  readonly map: DataMap;
  /** Where a test kills the process. */
  readonly at: At;
  /** Version of expunge, for receipts. */
  readonly version: string;
  /** The system's connector, configured; loads its client. */
  system(name: string): Promise<System>;
  /** Records looked at or done, for a progress line. */
  progress(system: string, done: number): void;
}

export function contextOf(
  workspace: Workspace,
  map: DataMap,
  progress: (system: string, done: number) => void,
): Context {
  const { state, ledger, signal, actor, signer, now } = workspace;
  return {
    state,
    ledger,
    signal,
    actor,
    ...(signer === undefined ? {} : { signer }),
    now,
    at: killAt(workspace.killAt),
    map,
    progress,
    version: toolVersion().replace(/^.*@/u, ""),
    io: (request, hooks) => workspace.io(request, hooks),
    actorIdOf: (name) => workspace.actorIdOf(name),
    system: (name) => workspace.system(name),
  };
}

/** The data map as the ledger is told of it. */
export function inForce({
  map,
  now,
  actor,
  actorIdOf,
}: Pick<Context, "map" | "now" | "actor" | "actorIdOf">): MapInForce {
  return { digest: map.digest, at: now().toISOString(), by: actorIdOf(actor) };
}

/** The civil date at the controller. */
export function today(context: Context): string {
  return civilDateOf(context.now(), context.map.controller.calendar.timezone);
}

/** Readers for a request, each opened at its first use. */
export function readersFor(
  context: Context,
  request: string,
  report: (finding: Finding) => void,
  /** Where there is no request whose key would make digests. */
  digest?: IO["digest"],
): Readers {
  return openReaders(async (system) => {
    const io = await context.io(request, {
      signal: context.signal,
      report,
      progress: (done) => context.progress(system, done),
    });
    const whole: IO = digest === undefined ? io : { ...io, digest };
    return await inSystem(context, system, async () => await (await context.system(system)).openReader(whole));
  });
}

export async function eraserFor(
  context: Context,
  system: string,
  request: string,
  report: (finding: Finding) => void,
): Promise<Eraser> {
  const io = await context.io(request, {
    signal: context.signal,
    report,
    progress: (done) => context.progress(system, done),
  });
  return await inSystem(context, system, async () => await (await context.system(system)).openEraser(io));
}

/** A trial in a system; undefined where its kind can try nothing. */
export async function rehearsalFor(context: Context, system: string, request: string): Promise<Rehearsal | undefined> {
  const io = await context.io(request, {
    signal: context.signal,
    report: () => {},
    progress: (done) => context.progress(system, done),
  });
  return await inSystem(context, system, async () => await (await context.system(system)).openRehearsal?.(io));
}

/** What stands in the way of opening a system, by its name and with its place in the data map. */
async function inSystem<T>({ map }: Pick<Context, "map">, system: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Failure) || error.at !== undefined || error.code === "INTERRUPTED") throw error;
    const { code, message, help, details, cause } = error;
    const at = map.systems.find(({ name }) => name === system)?.at;
    throw new Failure(code, message.startsWith(`${system}: `) ? message : `${system}: ${message}`, {
      help,
      details,
      cause,
      ...(at === undefined ? {} : { at: `${map.file}:${at.line}:${at.column}` }),
    });
  }
}

/** Work that stops where it is when somebody else takes over what the lease names; BUSY then. */
export async function whileHeld<T>(context: Context, lease: Lease, work: (context: Context) => Promise<T>): Promise<T> {
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, lease.overtaken]) });
  } catch (error) {
    if (!lease.overtaken.aborted || context.signal.aborted) throw error;
    throw new Failure("BUSY", "another expunge has taken this over; this one wrote nothing more");
  }
}

/** The civil date at the controller; in UTC where there is no data map that could say more. */
export async function todayOf(workspace: Pick<Workspace, "today" | "now">): Promise<string> {
  try {
    return await workspace.today();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return workspace.now().toISOString().slice(0, 10);
  }
}
