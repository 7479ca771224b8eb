/** Where a ledger's rows are kept. The ledger decides what they are; who keeps them knows the database. */

/** A leaf with its contents, which may have expired. */
export interface LeafRow {
  readonly index: number;
  /** The same event has the same id for ever. */
  readonly id: string;
  /** The exact text that went into the tree. */
  readonly leaf: string;
  readonly request: string | null;
  /** JCS. */
  readonly core: string | null;
  readonly coreSalt: Uint8Array | null;
  readonly link: string | null;
  readonly linkSalt: Uint8Array | null;
}

/** The place of a complete subtree: `level` 0 is a leaf, `index` counts from the left. */
export interface NodePlace {
  readonly level: number;
  readonly index: number;
}

export interface NodeRow extends NodePlace {
  readonly hash: Uint8Array;
}

export interface LedgerReads {
  /** Undefined where nothing was ever written. */
  about(): Promise<{ readonly origin: string; readonly vkey: string } | undefined>;
  /** Leaves. */
  size(): Promise<number>;
  /** Whether there is an entry of this id. */
  has(id: string): Promise<boolean>;
  /** Ids of the entries from this index on. */
  idsFrom(index: number): Promise<readonly string[]>;
  /** The largest signed head. */
  head(): Promise<{ readonly size: number; readonly note: string } | undefined>;
  /** Those of them that are there. */
  nodes(places: readonly NodePlace[]): Promise<readonly NodeRow[]>;
  /** By index, from this one on and below that one. */
  leaves(which: { readonly from: number; readonly below: number }): Promise<readonly LeafRow[]>;
}

export interface LedgerWrites extends LedgerReads {
  setAbout(origin: string, vkey: string): Promise<void>;
  addLeaf(leaf: LeafRow): Promise<void>;
  addNodes(nodes: readonly NodeRow[]): Promise<void>;
  addHead(size: number, note: string): Promise<void>;
}

export interface LedgerRows extends AsyncDisposable {
  /** For messages: the file, or the database's name. */
  readonly name: string;
  readonly read: LedgerReads;
  /** One write transaction: everything or nothing, and durable when it resolves. One writer at a time. */
  atomically<T>(work: (rows: LedgerWrites) => Promise<T>): Promise<T>;
}
