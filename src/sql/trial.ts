/** What an eraser is given where nothing is to stay of what it does. */
import type { UnitJournal } from "../port/connector.ts";

/** Nothing is noted and no image kept: what is read for them is read all the same. */
export const NO_NOTES: UnitJournal = {
  notes: [],
  note: async () => await Promise.resolve(),
  keepImages: async () => await Promise.resolve(),
  at: () => {},
};
