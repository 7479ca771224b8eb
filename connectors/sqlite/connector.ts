import type { Connector } from "../../src/port/connector.ts";
import { config } from "./config.ts";
import { openEraser } from "./eraser.ts";
import { openPlanter } from "./planter.ts";
import { openReader } from "./reader.ts";
import { openRehearsal } from "./rehearsal.ts";
import { openSurvey } from "./survey.ts";

/** SQLite 3, through the one that Node brings. */
export const connector: Connector = {
  kind: config.kind,
  actions: config.actions,
  configure: (block) => ({
    openReader: async (io) => await openReader(block, io),
    openEraser: async (io) => await openEraser(block, io),
    openRehearsal: async (io) => await openRehearsal(block, io),
    openSurvey: async (io) => await openSurvey(block, io),
    openPlanter: async (io) => await openPlanter(block, io),
  }),
};
