/** The one list of what can be erased from. */
import type { Registered, Registry } from "../src/port/registry.ts";

const CONNECTORS: readonly Registered[] = [
  {
    kind: "postgres",
    called: "PostgreSQL",
    config: async () => (await import("./postgres/config.ts")).config,
    connector: async () => (await import("./postgres/connector.ts")).connector,
  },
  {
    kind: "sqlite",
    called: "SQLite 3",
    config: async () => (await import("./sqlite/config.ts")).config,
    connector: async () => (await import("./sqlite/connector.ts")).connector,
  },
  {
    kind: "elasticsearch",
    called: "Elasticsearch 9",
    config: async () => (await import("./elasticsearch/config.ts")).config,
    connector: async () => (await import("./elasticsearch/connector.ts")).connector,
  },
  {
    kind: "s3",
    called: "S3: objects, and CSV or JSONL files in them",
    config: async () => (await import("./s3/config.ts")).config,
    connector: async () => (await import("./s3/connector.ts")).connector,
  },
  {
    kind: "files",
    called: "CSV and JSONL files in a folder",
    config: async () => (await import("./files/config.ts")).config,
    connector: async () => (await import("./files/connector.ts")).connector,
  },
];

/** Kinds that the contract names and that a later version brings. */
const NOT_BUILT: readonly string[] = ["opensearch", "mysql", "mongodb", "redis", "http", "manual"];

export const registry: Registry = { connectors: CONNECTORS, notBuilt: NOT_BUILT };
