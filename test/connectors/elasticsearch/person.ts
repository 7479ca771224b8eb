/** One record type on the server, and what planner and executor do with it, in a line each. */
import { expect } from "vitest";
import type { Change } from "../../../src/model/rule-change.ts";
import type { Fold, IdentityType, RecordType, Where } from "../../../src/model/datamap.ts";
import type { FieldRules } from "../../../src/model/field-rule.ts";
import type { Finding, Located, Lookup, Selection, Target } from "../../../src/model/search.ts";
import type { Guard } from "../../../src/port/connector.ts";
import {
  type Erased,
  eraseUnit,
  FREE,
  locateAll,
  planned,
  remainingOf,
  type Seen,
  unitOf,
} from "../../support/erase.ts";
import { testIO, type TestIO } from "../../support/io.ts";
import { testJournal, type TestJournal } from "../../support/journal.ts";
import { recordType, targetOf } from "../../support/record-type.ts";
import { type RawElasticsearch, systemUnderTest } from "./raw.ts";

export interface Given {
  readonly match: Readonly<Record<string, IdentityType>>;
  readonly fold?: readonly Fold[];
  readonly mode?: "any" | "all";
  readonly do?: RecordType["do"];
  readonly paths?: FieldRules;
  readonly exports?: readonly string[];
  readonly where?: Where;
  readonly more?: Partial<RecordType>;
}

/** What a test knows of one person: column -> one value, or several. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

export interface RecordUnderTest {
  readonly io: TestIO;
  readonly target: Target;
  check(): Promise<Finding[]>;
  /** All that `locate` yields for these, as it yields it. */
  located(selection: Selection): Promise<Located[]>;
  /** Everybody named here is a subject of their own; a value holds for every matched column. */
  find(...values: readonly (string | Values)[]): Promise<Seen[]>;
  /** Ids of what was found, in order. */
  ids(...values: readonly (string | Values)[]): Promise<string[]>;
  erase(
    found: readonly Pick<Located, "key" | "fingerprint" | "subjects">[],
    journal?: TestJournal,
    guard?: Guard,
  ): Promise<Erased>;
  remaining(found: readonly Pick<Located, "key" | "fingerprint" | "subjects">[]): Promise<string[]>;
}

export function recordOn(raw: RawElasticsearch, pattern: string, given: Given): RecordUnderTest {
  const io = testIO({ secrets: { search: raw.url } });
  const system = systemUnderTest();
  const action = given.do ?? (given.paths === undefined ? "erase" : "redact");
  const record = recordType({
    system: "search",
    name: "things",
    place: { kind: "index", pattern },
    do: action,
    paths: given.paths ?? {},
    match: {
      mode: given.mode ?? "any",
      terms: Object.keys(given.match).map((column) => ({ column, source: { kind: "identity", identity: column } })),
    },
    ...given.more,
  });
  const columns = Object.entries(given.match).map(([column, type]) => ({ column, type, fold: given.fold ?? [] }));
  const target = {
    ...targetOf(record, columns, given.exports ?? []),
    ...(given.where === undefined ? {} : { where: given.where }),
  };
  const change: Change = target.changes.rule ?? { kind: "delete" };
  const lookupsOf = (values: readonly (string | Values)[]): Lookup[] =>
    values.map((value, subject) => {
      const entries =
        typeof value === "string"
          ? columns.map(({ column }): [string, string[]] => [column, [value]])
          : Object.entries(value).map(([column, some]): [string, readonly string[]] => [
              column,
              typeof some === "string" ? [some] : some,
            ]);
      return { subject, values: Object.fromEntries(entries) };
    });
  // those of the latest search
  let lookups: readonly Lookup[] = [];
  const find = async (...values: readonly (string | Values)[]) => {
    lookups = lookupsOf(values);
    return await locateAll(system, io, target, lookups);
  };
  return {
    io,
    target,
    find,
    async located(selection) {
      if (selection.by === "subjects") lookups = selection.lookups;
      await using reader = await system.openReader(io);
      return await Array.fromAsync(reader.locate(target, selection));
    },
    async check() {
      await using reader = await system.openReader(io);
      return await Array.fromAsync(reader.check([target]));
    },
    async ids(...values) {
      return (await find(...values)).map(({ key }) => idOf(key)).toSorted();
    },
    erase: async (found, journal = testJournal(), guard = FREE) =>
      await eraseUnit(system, io, unitOf(target, lookups, change, planned(found)), journal, guard),
    remaining: async (found) => await remainingOf(system, io, target, { change, records: planned(found) }, lookups),
  };
}

export function idOf(key: string): string {
  const parts: unknown = JSON.parse(key);
  expect(parts).toBeInstanceOf(Array);
  return Array.isArray(parts) ? String(parts[1]) : "";
}
