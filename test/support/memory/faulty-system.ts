/** A system that does to its caller what systems do: fails, lies, delays, says things twice, dies. Stands around any connector. */
import type { StepOutcome, Unit } from "../../../src/model/change.ts";
import type { Located, Site } from "../../../src/model/search.ts";
import type { Eraser, Reader, System } from "../../../src/port/connector.ts";

/** Names of the port's calls, as `locate` or `apply`; `openReader` and `openEraser` too. */
export type Call =
  | "openReader"
  | "openEraser"
  | "site"
  | "check"
  | "links"
  | "writes"
  | "locate"
  | "references"
  | "size"
  | "remaining"
  | "residue"
  | "apply"
  | "flushResidue";

export interface Faults {
  /** Before each call. Throw to fail or to die, await to delay. `nth` counts this call from 1. */
  before?(call: Call, nth: number): void | Promise<void>;
  /** What a search says instead of what was found. */
  located?(found: readonly Located[]): readonly Located[];
  /** What the eraser says instead of what it did; may throw after the fact. */
  applied?(outcomes: readonly StepOutcome[], unit: Unit): readonly StepOutcome[];
  /** Where the system says it is. */
  readonly site?: Site;
  /** What is said to remain. */
  remaining?(keys: readonly string[]): readonly string[];
}

export interface FaultySystem {
  readonly around: (system: System) => System;
  /** The faults from now on; `{}`: none. */
  set(faults: Faults): void;
  /** Calls so far, in order. */
  readonly calls: readonly Call[];
}

export function faultySystem(): FaultySystem {
  let faults: Faults = {};
  let calls: Call[] = [];
  let counts = new Map<Call, number>();
  const pass = async (call: Call): Promise<void> => {
    calls.push(call);
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    await faults.before?.(call, nth);
  };
  return {
    set(next) {
      faults = next;
      calls = [];
      counts = new Map();
    },
    get calls() {
      return calls;
    },
    around: (system) => ({
      async openReader(io) {
        await pass("openReader");
        return readerAround(await system.openReader(io), pass, () => faults);
      },
      async openEraser(io) {
        await pass("openEraser");
        return eraserAround(await system.openEraser(io), pass, () => faults);
      },
    }),
  };
}

type Pass = (call: Call) => Promise<void>;

function readerAround(reader: Reader, pass: Pass, faults: () => Faults): Reader {
  return {
    async site() {
      await pass("site");
      return faults().site ?? (await reader.site());
    },
    async *check(targets) {
      await pass("check");
      yield* reader.check(targets);
    },
    async links(targets) {
      await pass("links");
      return await reader.links(targets);
    },
    async writes(targets) {
      await pass("writes");
      return await reader.writes(targets);
    },
    async *locate(target, selection) {
      await pass("locate");
      const { located } = faults();
      if (located === undefined) yield* reader.locate(target, selection);
      else yield* located(await Array.fromAsync(reader.locate(target, selection)));
    },
    async *references(target, keys) {
      await pass("references");
      yield* reader.references(target, keys);
    },
    async size(target) {
      await pass("size");
      return await reader.size(target);
    },
    ...(reader.imageBytes === undefined
      ? {}
      : { imageBytes: async (...asked) => (await reader.imageBytes?.(...asked)) ?? 0 }),
    async *remaining(target, operation, lookups) {
      await pass("remaining");
      const { remaining } = faults();
      if (remaining === undefined) yield* reader.remaining(target, operation, lookups);
      else yield* remaining(await Array.fromAsync(reader.remaining(target, operation, lookups)));
    },
    async *residue(target) {
      await pass("residue");
      yield* reader.residue(target);
    },
    sweep: (values) => reader.sweep(values),
    [Symbol.asyncDispose]: async () => await reader[Symbol.asyncDispose](),
  };
}

function eraserAround(eraser: Eraser, pass: Pass, faults: () => Faults): Eraser {
  return {
    async apply(unit, journal, guard) {
      await pass("apply");
      const outcomes = await eraser.apply(unit, journal, guard);
      return faults().applied?.(outcomes, unit) ?? outcomes;
    },
    async flushResidue(target) {
      await pass("flushResidue");
      return await eraser.flushResidue(target);
    },
    [Symbol.asyncDispose]: async () => await eraser[Symbol.asyncDispose](),
  };
}
