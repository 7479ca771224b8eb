/**
 * A connector over tables in memory: the port whole, and nothing beside it that could be slow, so that planner, executor
 * and requests are tested by the thousand. It passes the suite that judges every connector.
 */
import type { SystemBlock } from "../../../src/model/datamap.ts";
import type { Connector, ConnectorConfig, System } from "../../../src/port/connector.ts";
import { PLACE } from "../../../src/port/keys.ts";
import type { Registered } from "../../../src/port/registry.ts";
import type { MemoryDatabase } from "./database.ts";
import { memoryEraser } from "./eraser.ts";
import { memoryReader } from "./reader.ts";

export const memoryConfig: ConnectorConfig = {
  kind: "memory",
  actions: ["erase", "anonymise", "redact", "unlink", "soft-delete", "keep"],
  places: ["table"],
  rank: "source",
  preImages: true,
  block: { connect: {}, system: {}, record: { table: PLACE.table } },
  lint: () => [],
};

/** `databaseOf` gives each system's tables; `around` may stand between the core and the connector. */
export function memoryConnector(
  databaseOf: (system: string) => MemoryDatabase,
  around: (system: System, name: string) => System = (system) => system,
): Registered {
  const connector: Connector = {
    kind: memoryConfig.kind,
    actions: memoryConfig.actions,
    configure: (block) => around(memorySystem(databaseOf(block.name), block), block.name),
  };
  return {
    kind: memoryConfig.kind,
    called: "tables in memory",
    config: async () => await Promise.resolve(memoryConfig),
    connector: async () => await Promise.resolve(connector),
  };
}

export function memorySystem(
  database: MemoryDatabase,
  { name, records }: Pick<SystemBlock, "name" | "records">,
): System {
  const declared = Map.groupBy(records, ({ place }) => (place.kind === "table" ? place.table : ""));
  const ids = new Map([...declared].map(([table, types]) => [table, types.map(({ id }) => id)]));
  return {
    openReader: async (io) => await Promise.resolve(memoryReader(database, name, ids, io)),
    openEraser: async (io) => await Promise.resolve(memoryEraser(database, name, io)),
  };
}
