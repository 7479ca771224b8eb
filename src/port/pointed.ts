import type { EffectPoint, System } from "./connector.ts";
import { eraserOver, rehearsedBy, surveyedBy } from "./over.ts";

/** A system whose units can be killed in tests: each point is passed once a unit, and those that can be seen from outside are passed for it. */
export function pointed(system: System): System {
  return {
    openReader: async (io) => await system.openReader(io),
    ...rehearsedBy(system, async (io, open) => await open(io)),
    ...surveyedBy(system, async (io, open) => await open(io)),
    async openEraser(io) {
      const eraser = await system.openEraser(io);
      return eraserOver(eraser, {
        async apply(unit, journal, guard) {
          const passed = new Set<EffectPoint>();
          const at = (point: EffectPoint) => {
            if (passed.has(point)) return;
            passed.add(point);
            journal.at(point);
          };
          return await eraser.apply(
            unit,
            {
              notes: journal.notes,
              async note(text) {
                await journal.note(text);
                at("noted");
              },
              keepImages: async (step, images) => await journal.keepImages(step, images),
              at,
            },
            {
              async judge(step, records) {
                const left = await guard.judge(step, records);
                at("judged");
                return left;
              },
            },
          );
        },
      });
    },
  };
}
