import type { EffectPoint, UnitJournal } from "../../src/port/connector.ts";

/** Thrown where a test plays a kill. */
export class Killed extends Error {
  constructor(point: EffectPoint) {
    super(`killed at ${point}`);
  }
}

export interface TestJournal extends UnitJournal {
  readonly notes: string[];
  /** Points passed, in order. */
  readonly passed: EffectPoint[];
  /** By step and key, on two lines. */
  readonly images: ReadonlyMap<string, Uint8Array>;
}

/**
 * A notebook in memory. `at` is called at every point: throw `Killed` there to play a crash, abort there to play Ctrl-C.
 * Give the notes of a killed journal to the next one to play the same command again.
 */
export function testJournal(
  options: { readonly notes?: readonly string[]; readonly at?: (point: EffectPoint) => void } = {},
): TestJournal {
  const notes = [...(options.notes ?? [])];
  const passed: EffectPoint[] = [];
  const images = new Map<string, Uint8Array>();
  return {
    notes,
    images,
    passed,
    async note(text) {
      notes.push(text);
      await Promise.resolve();
    },
    async keepImages(step, kept) {
      for (const { key, bytes } of kept) images.set(`${step}\n${key}`, bytes);
      await Promise.resolve();
    },
    at(point) {
      passed.push(point);
      options.at?.(point);
    },
  };
}

/** Kills at the `nth` (from 1) time this point is passed. */
export function killAt(point: EffectPoint, nth = 1): (point: EffectPoint) => void {
  let seen = 0;
  return (passed) => {
    if (passed === point && ++seen === nth) throw new Killed(point);
  };
}
