import type { Connector } from "../../src/port/connector.ts";
import { config } from "./config.ts";
import { filesEraser } from "./eraser.ts";
import { openRoot } from "./folder.ts";
import { filesReader } from "./reader.ts";
import { filesSurvey } from "./survey.ts";

/** CSV and JSON Lines under a folder. See docs/connectors/files.md. */
export const connector: Connector = {
  kind: config.kind,
  actions: config.actions,
  configure(block) {
    const root = block.connect.root ?? "";
    return {
      openReader: async (io) => filesReader(await openRoot(io.base, root), io),
      openEraser: async (io) => filesEraser(await openRoot(io.base, root), io),
      openSurvey: async (io) => filesSurvey(await openRoot(io.base, root), block, io),
    };
  },
};
