import type { IO, System } from "./connector.ts";
import { eraserOver, figureOf, readerOver, rehearsedBy, surveyedBy, surveyOver } from "./over.ts";
import type { Pace } from "./pace.ts";

/** A system that is asked at its own pace, by all its readers and erasers together. A connector that asks more than once a call takes a turn for each. */
export function paced(system: System, pace: Pace): System {
  return {
    async openReader(io) {
      const turns = turnsOf(io, pace);
      const reader = await turns.answer(async () => await system.openReader({ ...io, pace }));
      return readerOver(reader, {
        site: async () => await turns.answer(async () => await reader.site()),
        check: (targets) => turns.items(() => reader.check(targets)),
        links: async (targets) => await turns.answer(async () => await reader.links(targets)),
        writes: async (targets) => await turns.answer(async () => await reader.writes(targets)),
        locate: (target, selection) => turns.items(() => reader.locate(target, selection)),
        references: (target, keys) => turns.items(() => reader.references(target, keys)),
        size: async (target) => await turns.answer(async () => await reader.size(target)),
        ...(reader.imageBytes === undefined
          ? {}
          : {
              imageBytes: async (target, keys) =>
                await turns.answer(async () => (await reader.imageBytes?.(target, keys)) ?? 0),
            }),
        ...figureOf(reader, async (ask) => await turns.answer(ask)),
        remaining: (target, operation, lookups) => turns.items(() => reader.remaining(target, operation, lookups)),
        sweep: (values) => turns.items(() => reader.sweep(values)),
        residue: (target) => turns.items(() => reader.residue(target)),
      });
    },
    async openEraser(io) {
      const turns = turnsOf(io, pace);
      const eraser = await turns.answer(async () => await system.openEraser({ ...io, pace }));
      return eraserOver(eraser, {
        apply: async (unit, journal, guard) => await turns.answer(async () => await eraser.apply(unit, journal, guard)),
        flushResidue: async (target) => await turns.answer(async () => await eraser.flushResidue(target)),
      });
    },
    ...rehearsedBy(system, async (io, open) => await open({ ...io, pace })),
    ...surveyedBy(system, async (io, open) => {
      const turns = turnsOf(io, pace);
      const survey = await turns.answer(async () => await open({ ...io, pace }));
      return surveyOver(survey, {
        stores: (within) => turns.items(() => survey.stores(within)),
        sample: async (store, most) => await turns.answer(async () => await survey.sample(store, most)),
      });
    }),
  };
}

interface Turns {
  answer<T>(work: () => Promise<T>): Promise<T>;
  items<T>(work: () => AsyncIterable<T>): AsyncIterable<T>;
}

function turnsOf({ signal }: Pick<IO, "signal">, pace: Pace): Turns {
  return {
    async answer(work) {
      await pace.turn(signal);
      return await work();
    },
    async *items(work) {
      await pace.turn(signal);
      yield* work();
    },
  };
}
