import type { Connector, ConnectorConfig } from "./connector.ts";

/** A kind of system that can be erased from. Its folder is loaded when a data map names it, its client not before it is opened. */
export interface Registered {
  readonly kind: string;
  /** For people, in `connector list` and the README. */
  readonly called: string;
  /** Loads no client. */
  config(): Promise<ConnectorConfig>;
  connector(): Promise<Connector>;
}

/** What can be erased from. The commands hand it to whoever opens a data map or a workspace. */
export interface Registry {
  readonly connectors: readonly Registered[];
  /** Kinds that a later version brings. */
  readonly notBuilt: readonly string[];
}
