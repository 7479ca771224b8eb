/** What a first data map would say, before it is text. */
import type { Marker } from "./markers.ts";
import type { Store } from "../model/structure.ts";
import type { Personal } from "./personal.ts";

export interface SurveyedSystem {
  /** As the data map will call it. */
  readonly name: string;
  readonly kind: string;
  /** Its `connect` block. */
  readonly connect: Readonly<Record<string, string>>;
  readonly stores: readonly Store[];
  /** Store -> column -> values, where a sample was taken. */
  readonly samples: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** What the kind's records can become; `erase` is `remove-rows` where that is the word. */
  readonly actions: readonly string[];
  /** What stands before the names of its files: `s3://`, with the bucket first. */
  readonly begins?: string;
}

export interface ProposedIdentity {
  readonly name: string;
  readonly type: "email" | "integer" | "string" | "uuid";
  /** `system.record.column` */
  readonly foundIn?: string;
  readonly by?: Readonly<Record<string, string>>;
  readonly reason: string;
}

/** `column: source`, with why it is believed. */
export interface ProposedTerm {
  readonly column: string;
  readonly source: string;
  readonly reason: string;
  readonly guessed: boolean;
}

export interface PersonalColumn extends Personal {
  readonly column: string;
}

export interface ProposedField {
  readonly column: string;
  /** As YAML: `clear`, `{ set: erased }`. Absent: nobody can tell, and the reason says why. */
  readonly rule?: string;
  readonly reason: string;
}

export interface ProposedRecord {
  readonly system: string;
  readonly name: string;
  readonly store: Store;
  readonly match: readonly ProposedTerm[];
  /** All of them are one key. */
  readonly all: boolean;
  readonly where?: Readonly<Record<string, string>>;
  /** Why a person must decide; empty: it is erased. */
  readonly asks: readonly string[];
  readonly personal: readonly PersonalColumn[];
  readonly fields: readonly ProposedField[];
  /** How the application marks it as deleted: as YAML, where that can be told, with the reason. */
  readonly marker?: Marker;
  readonly auditOf?: { readonly record: string; readonly reason: string };
  /** A hold that its kind suggests, as YAML in a comment. */
  readonly hold?: string;
  /** What is only said: references that are not followed, other ways in. */
  readonly remarks: readonly string[];
}

/** Holds what may be a person's, and nobody can tell how a person is found there: neither mapped nor ignored. */
export interface Unplaced {
  readonly system: string;
  readonly store: Store;
  readonly personal: readonly PersonalColumn[];
  readonly reason: string;
}

/** A store that no person is reached from, with what speaks of people all the same. */
export interface Left {
  readonly store: Store;
  readonly technical: boolean;
  /** `created_by → users` */
  readonly actors: readonly string[];
  /** A foreign key of its own acts on rows of it when a record goes. */
  readonly follows: boolean;
}

export interface Ignored {
  readonly system: string;
  /** As `map.ignore` has it, without the system. */
  readonly entry: string;
  readonly stores: number;
  readonly reason: string;
  /** Of a store alone: columns of texts whose names say nothing, so that nobody takes them for looked at. */
  readonly unjudged?: readonly string[];
}

export interface GuessedLink {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export interface Proposal {
  readonly identities: readonly ProposedIdentity[];
  readonly systems: readonly SurveyedSystem[];
  readonly records: readonly ProposedRecord[];
  readonly unplaced: readonly Unplaced[];
  readonly ignored: readonly Ignored[];
  readonly guessed: readonly GuessedLink[];
}
