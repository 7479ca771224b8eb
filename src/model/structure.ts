/**
 * What a system is made of, as its own catalog tells it: names, types and constraints, never a value of a record. A data map
 * is drafted from it (`init --from-…`) and held against it (`map check`, `map accept`).
 */

import type { Encoding } from "./datamap.ts";

/** A table, view, index (or family of indices), family of objects, or family of files. */
export interface Store {
  readonly kind: "table" | "view" | "index" | "objects" | "files";
  /** As `map.ignore` and `in` name it, without the system: `orders`, `audit.log`, `orders-*`, `exports/*.csv`. */
  readonly name: string;
  /** Schema and table, where a name that holds a dot of its own cannot tell them apart. */
  readonly parts?: readonly [schema: string, table: string];
  readonly comment?: string;
  /** Empty for objects and files that are no records. */
  readonly columns: readonly StoreColumn[];
  /** Columns of the primary key, or of what stands for one; empty: none. */
  readonly key: readonly string[];
  readonly uniques: readonly Unique[];
  readonly references: readonly StoreReference[];
  /** The first column of each index that a search can use. */
  readonly indexed: readonly string[];
  readonly checks: readonly { readonly name: string; readonly columns: readonly string[]; readonly text: string }[];
  readonly triggers: readonly StoreTrigger[];
  /** Views, materialised ones and functions that read it. */
  readonly readers: readonly StoreView[];
  /** It is a partition or inheritance child of this store. */
  readonly partOf?: string;
  /** The catalog's estimate of records; absent: not known. */
  readonly records?: number;
  /** For files and objects: how their records are read. */
  readonly format?: "csv" | "jsonl";
  /** For files: the ways in which they are read, where it is not the one that is taken without a word; each once, the newest file's first. */
  readonly readings?: readonly Reading[];
  /** What the role of the credentials may do here, from the catalog; absent: the system does not tell. */
  readonly may?: { readonly read: boolean; readonly erase: boolean };
}

/** What a data map must say of files so that they are read as they were here; empty: nothing. */
export interface Reading {
  readonly delimiter?: string;
  readonly encoding?: Encoding;
}

export interface StoreColumn {
  /** A path for documents and JSON lines: `address.street`. */
  readonly name: string;
  /** As the system declares it: `character varying(40)`, `keyword`. Empty: it declares none. */
  readonly type: string;
  /** What its values are, whatever the system calls it. */
  readonly shape: "text" | "number" | "date" | "boolean" | "json" | "bytes" | "uuid" | "array" | "other";
  readonly nullable: boolean;
  readonly generated: boolean;
  /** Longest text in characters; absent: no limit. */
  readonly length?: number;
  readonly comment?: string;
  /** The declared default, as the system writes it. */
  readonly default?: string;
  /** The values of an enum. */
  readonly values?: readonly string[];
}

export interface Unique {
  readonly name: string;
  readonly columns: readonly string[];
  /** A part of it is an expression: `lower(email)`. */
  readonly expressions: readonly string[];
  /** The predicate of a partial index, as the system writes it. */
  readonly where?: string;
  /** Of a constraint, not only an index. */
  readonly constraint: boolean;
}

/** A declared foreign key. */
export interface StoreReference {
  readonly name: string;
  readonly columns: readonly string[];
  /** A store's name. */
  readonly to: string;
  readonly toColumns: readonly string[];
  readonly onDelete: "cascade" | "set_null" | "set_default" | "restrict";
}

export interface StoreTrigger {
  readonly name: string;
  readonly on: readonly ("insert" | "update" | "delete" | "truncate")[];
  /** Columns and stores its source is known to write; empty: nothing known. */
  readonly writes: readonly string[];
  readonly sets: readonly string[];
}

export interface StoreView {
  readonly name: string;
  readonly kind: "view" | "materialised_view" | "function";
  /** As the system prints it; absent: it does not. */
  readonly source?: string;
}

/** Values of one column as they stand, for guessing by shape: they stay in memory, and nobody prints or keeps them. */
export interface Sampled {
  readonly column: string;
  readonly values: readonly string[];
}
