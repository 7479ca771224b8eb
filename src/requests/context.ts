import { createHmac } from "node:crypto";
import type { Eraser, IO, System } from "../../connectors/connector.ts";
import type { LedgerWriter } from "../executor/seal-ledger.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Finding } from "../model/search.ts";
import { openReaders, type Readers } from "../planner/readers.ts";
import { civilDateOf } from "../retention/civil-date.ts";
import type { State } from "../state/state.ts";

/** What a request's way through needs of the world; `workspace.ts` gives it. */
export interface Context {
  readonly map: DataMap;
  readonly state: State;
  readonly ledger: LedgerWriter;
  readonly signal: AbortSignal;
  /** Folder of the data map's file, absolute. */
  readonly base: string;
  /** Who acts. */
  readonly actor: string;
  /** The opaque id under which the ledger knows a person who acts. */
  actorId(name: string): string;
  /** Version of expunge, for receipts. */
  readonly version: string;
  now(): Date;
  secret(name: string): string;
  /** The system's connector, configured; loads its client. */
  system(name: string): Promise<System>;
  /** The replacement value of `pseudonymise`. */
  pseudonym(value: string): string;
  /** Moment at which a test wants the process to die. */
  readonly killAt: string | undefined;
  /** Records looked at or done, for a progress line. */
  progress(system: string, done: number): void;
}

/** The civil date at the controller. */
export function today(context: Context): string {
  return civilDateOf(context.now(), context.map.controller.calendar.timezone);
}

/** Readers for a request, each opened at its first use; what they report is added to `reported`. */
export function readersFor(context: Context, request: string, digestKey: Uint8Array, reported: Finding[]): Readers {
  return openReaders(async (system) => (await context.system(system)).openReader(ioFor(context, system, request, digestKey, reported)));
}

export async function eraserFor(context: Context, system: string, request: string, digestKey: Uint8Array): Promise<Eraser> {
  return (await context.system(system)).openEraser(ioFor(context, system, request, digestKey, []));
}

function ioFor(context: Context, system: string, request: string, digestKey: Uint8Array, reported: Finding[]): IO {
  return {
    secret: (name) => context.secret(name),
    signal: context.signal,
    now: () => context.now(),
    base: context.base,
    request,
    digest(parts) {
      const keyed = createHmac("sha256", digestKey);
      // lengths before values: no two lists of parts read the same
      for (const part of parts) keyed.update(part === null ? "-;" : `${Buffer.byteLength(part)};${part}`);
      return keyed.digest("hex");
    },
    pseudonym: (value) => context.pseudonym(value),
    report: (finding) => {
      reported.push(finding);
    },
    progress: (done) => context.progress(system, done),
  };
}
