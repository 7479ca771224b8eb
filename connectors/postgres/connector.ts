import type { Connector } from "../../src/port/connector.ts";
import { config } from "./config.ts";
import { openEraser } from "./eraser.ts";
import { openStructure } from "./place.ts";
import { openPlanter } from "./planter.ts";
import { openReader } from "./reader.ts";
import { openRehearsal } from "./rehearsal.ts";
import { openSurvey } from "./survey.ts";

/** PostgreSQL 13 and newer. */
export const connector: Connector = {
  kind: config.kind,
  actions: config.actions,
  configure(block) {
    const structure = openStructure(block);
    return {
      openReader: async (io) => await openReader(block, structure, io),
      openEraser: async (io) => await openEraser(block, structure, io),
      openRehearsal: async (io) => await openRehearsal(block, structure, io),
      openSurvey: async (io) => await openSurvey(block, io),
      openPlanter: async (io) => await openPlanter(block, io),
    };
  },
};
