import { Failure, framesOf, nameOfError } from "../errors.ts";
import type { Lookup } from "../model/search.ts";
import { masked } from "../model/shown.ts";
import type { IO, System } from "./connector.ts";
import { eraserOver, figureOf, readerOver, rehearsedBy, surveyedBy, surveyOver } from "./over.ts";

/**
 * A system whose errors can be told to anybody: a `Failure` has no cause and none of the values that were looked for;
 * any other error is known by its class and place alone, and what Ctrl-C cut short is INTERRUPTED.
 */
export function redacted(system: System, name: string): System {
  return {
    async openReader(io) {
      const quiet = quietIn(name, io);
      const reader = await quiet.answer(NOTHING, async () => await system.openReader(io));
      return readerOver(reader, {
        site: async () => await quiet.answer(NOTHING, async () => await reader.site()),
        check: (targets) => quiet.items(NOTHING, () => reader.check(targets)),
        links: async (targets) => await quiet.answer(NOTHING, async () => await reader.links(targets)),
        writes: async (targets) => await quiet.answer(NOTHING, async () => await reader.writes(targets)),
        locate: (target, selection) =>
          quiet.items(
            () => (selection.by === "subjects" ? valuesOf(selection.lookups) : []),
            () => reader.locate(target, selection),
          ),
        references: (target, keys) => quiet.items(NOTHING, () => reader.references(target, keys)),
        size: async (target) => await quiet.answer(NOTHING, async () => await reader.size(target)),
        ...(reader.imageBytes === undefined
          ? {}
          : {
              imageBytes: async (target, keys) =>
                await quiet.answer(NOTHING, async () => (await reader.imageBytes?.(target, keys)) ?? 0),
            }),
        ...figureOf(reader, async (ask) => await quiet.answer(NOTHING, ask)),
        remaining: (target, operation, lookups = []) =>
          quiet.items(
            () => valuesOf(lookups),
            () => reader.remaining(target, operation, lookups),
          ),
        sweep: (values) =>
          quiet.items(
            () => values.flat(),
            () => reader.sweep(values),
          ),
        residue: (target) => quiet.items(NOTHING, () => reader.residue(target)),
        [Symbol.asyncDispose]: async () => await quiet.answer(NOTHING, async () => await reader[Symbol.asyncDispose]()),
      });
    },
    async openEraser(io) {
      const quiet = quietIn(name, io);
      const eraser = await quiet.answer(NOTHING, async () => await system.openEraser(io));
      return eraserOver(eraser, {
        apply: async (unit, journal, guard) =>
          await quiet.answer(
            () => unit.works.flatMap((work) => valuesOf(work.lookups)),
            async () => await eraser.apply(unit, journal, guard),
          ),
        flushResidue: async (target) => await quiet.answer(NOTHING, async () => await eraser.flushResidue(target)),
        [Symbol.asyncDispose]: async () => await quiet.answer(NOTHING, async () => await eraser[Symbol.asyncDispose]()),
      });
    },
    ...rehearsedBy(system, async (io, open) => {
      const quiet = quietIn(name, io);
      const rehearsal = await quiet.answer(NOTHING, async () => await open(io));
      return {
        beyond: async (target) => await quiet.answer(NOTHING, async () => await rehearsal.beyond(target)),
        apply: async (unit, guard) =>
          await quiet.answer(
            () => unit.works.flatMap((work) => valuesOf(work.lookups)),
            async () => await rehearsal.apply(unit, guard),
          ),
        orphans: async (edge) =>
          await quiet.answer(
            () => edge.values,
            async () => await rehearsal.orphans(edge),
          ),
        [Symbol.asyncDispose]: async () =>
          await quiet.answer(NOTHING, async () => await rehearsal[Symbol.asyncDispose]()),
      };
    }),
    ...surveyedBy(system, async (io, open) => {
      const quiet = quietIn(name, io);
      const survey = await quiet.answer(NOTHING, async () => await open(io));
      return surveyOver(survey, {
        stores: (within) => quiet.items(NOTHING, () => survey.stores(within)),
        sample: async (store, most) => await quiet.answer(NOTHING, async () => await survey.sample(store, most)),
        [Symbol.asyncDispose]: async () => await quiet.answer(NOTHING, async () => await survey[Symbol.asyncDispose]()),
      });
    }),
    ...plantedIn(system, name),
  };
}

/** What it plants is made up, and still no value of it is told. */
function plantedIn({ openPlanter }: System, name: string): Pick<System, "openPlanter"> {
  if (openPlanter === undefined) return {};
  return {
    async openPlanter(io) {
      const quiet = quietIn(name, io);
      const planter = await quiet.answer(NOTHING, async () => await openPlanter(io));
      return {
        plant: async (rows) => await quiet.answer(NOTHING, async () => await planter.plant(rows)),
        rows: async (trace) => await quiet.answer(NOTHING, async () => await planter.rows(trace)),
        shows: async (view, texts) => await quiet.answer(NOTHING, async () => await planter.shows(view, texts)),
        bystanders: async (place, traces, digest) =>
          await quiet.answer(NOTHING, async () => await planter.bystanders(place, traces, digest)),
        unplant: async (traces) => await quiet.answer(NOTHING, async () => await planter.unplant(traces)),
        [Symbol.asyncDispose]: async () =>
          await quiet.answer(NOTHING, async () => await planter[Symbol.asyncDispose]()),
      };
    },
  };
}

function valuesOf(lookups: readonly Lookup[]): readonly string[] {
  return lookups.flatMap(({ values }) => Object.values(values).flat());
}

/** What a call was given; a batch's parts each have those of all its people, and only a failure has to know them. */
type Values = () => readonly string[];

const NOTHING: Values = () => [];

interface Quiet {
  answer<T>(values: Values, work: () => Promise<T>): Promise<T>;
  items<T>(values: Values, work: () => AsyncIterable<T>): AsyncIterable<T>;
}

function quietIn(system: string, { signal }: Pick<IO, "signal">): Quiet {
  const told = (error: unknown, values: Values) => toldOf(error, { system, signal, values: values() });
  return {
    async answer(values, work) {
      try {
        return await work();
      } catch (error) {
        throw told(error, values);
      }
    },
    async *items(values, work) {
      try {
        yield* work();
      } catch (error) {
        throw told(error, values);
      }
    },
  };
}

interface Told {
  readonly system: string;
  readonly signal: AbortSignal;
  readonly values: readonly string[];
}

function toldOf(error: unknown, { system, signal, values }: Told): Failure {
  if (error instanceof Failure) return withoutValues(error, values);
  if (signal.aborted && error instanceof Error && error.name === "AbortError")
    return new Failure("INTERRUPTED", "stopped");
  return withFrames(new Failure("UNEXPECTED", `${system}: unexpected fault (${nameOfError(error)})`), error);
}

function withoutValues(failure: Failure, values: readonly string[]): Failure {
  const message = hushed(failure.message, values);
  // what is to be done next is in our own words, and may show how an address is written
  const help = values.some((value) => failure.help.includes(value)) ? hushed(failure.help, values) : failure.help;
  if (message === failure.message && help === failure.help && failure.cause === undefined) return failure;
  const { code, at, details } = failure;
  const more = { ...(at === undefined ? {} : { at }), ...(details === undefined ? {} : { details }) };
  return withFrames(new Failure(code, message, { help, ...more }), failure);
}

/** A short number is a status, a count or a line sooner than a person. */
function hushed(text: string, values: readonly string[]): string {
  return masked(
    text,
    values.filter((value) => !/^\d{1,5}$/u.test(value)),
  );
}

function withFrames(failure: Failure, original: unknown): Failure {
  failure.stack = `${failure.name}: ${failure.message}\n${framesOf(original)}`;
  return failure;
}
