import type { IO, System } from "./connector.ts";
import { eraserOver, readerOver, rehearsedBy, surveyedBy, surveyOver } from "./over.ts";

/** A system of which it is seen how far a search or an erasure is: what it gives and what was judged is counted, unless it says itself that it looked at more. */
export function metered(system: System): System {
  return {
    async openReader(io) {
      const meter = meterOf(io);
      const reader = await system.openReader({ ...io, progress: meter.reached });
      return readerOver(reader, {
        async *locate(target, selection) {
          meter.begin();
          let found = 0;
          for await (const located of reader.locate(target, selection)) {
            meter.reached((found += 1));
            yield located;
          }
        },
      });
    },
    async openEraser(io) {
      const meter = meterOf(io);
      const eraser = await system.openEraser({ ...io, progress: meter.reached });
      return eraserOver(eraser, {
        async apply(unit, journal, guard) {
          meter.begin();
          const judged = new Set<string>();
          const outcomes = await eraser.apply(unit, journal, {
            async judge(step, records) {
              const left = await guard.judge(step, records);
              // tried again, a record is still one
              for (const { key } of records) judged.add(`${step}\n${key}`);
              meter.reached(judged.size);
              return left;
            },
          });
          meter.reached(outcomes.reduce((sum, one) => sum + one.matched + one.minimised + one.left.length, 0));
          return outcomes;
        },
      });
    },
    ...rehearsedBy(system, async (io, open) => await open(io)),
    ...surveyedBy(system, async (io, open) => {
      const meter = meterOf(io);
      const survey = await open({ ...io, progress: meter.reached });
      return surveyOver(survey, {
        async *stores(within) {
          meter.begin();
          let found = 0;
          for await (const store of survey.stores(within)) {
            meter.reached((found += 1));
            yield store;
          }
        },
      });
    }),
  };
}

/** Never goes back within a call. */
function meterOf(io: IO): { begin(): void; reached(done: number): void } {
  let most = 0;
  return {
    begin() {
      most = 0;
    },
    reached(done) {
      if (done <= most) return;
      most = done;
      io.progress(done);
    },
  };
}
