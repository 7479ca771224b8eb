/** One record type on the server, and what planner and executor do with it, in a line each. */
import { expect } from "vitest";
import type { Change } from "../../../src/model/change.ts";
import type { Fold, IdentityType, RecordType, Where } from "../../../src/model/datamap.ts";
import type { FieldRules } from "../../../src/model/field-rule.ts";
import type { Finding, Lookup, Target } from "../../../src/model/search.ts";
import { type Erased, eraseUnit, locateAll, planned, remainingOf, type Seen, unitOf } from "../../support/erase.ts";
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
}

export interface RecordUnderTest {
  readonly io: TestIO;
  readonly target: Target;
  check(): Promise<Finding[]>;
  /** Everybody named here is a subject of their own; a value holds for every matched column. */
  find(...values: readonly (string | Readonly<Record<string, string>>)[]): Promise<Seen[]>;
  /** Ids of what was found, in order. */
  ids(...values: readonly (string | Readonly<Record<string, string>>)[]): Promise<string[]>;
  erase(found: readonly Seen[], journal?: TestJournal): Promise<Erased>;
  remaining(found: readonly Seen[]): Promise<string[]>;
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
    match: { mode: given.mode ?? "any", terms: Object.keys(given.match).map((column) => ({ column, source: { kind: "identity", identity: column } })) },
  });
  const columns = Object.entries(given.match).map(([column, type]) => ({ column, type, fold: given.fold ?? [] }));
  const target = { ...targetOf(record, columns, given.exports ?? []), ...(given.where === undefined ? {} : { where: given.where }) };
  const change: Change = action === "erase" ? { kind: "delete" } : { kind: "fields", fields: {}, documents: [{ paths: given.paths ?? {} }] };
  const lookupsOf = (values: readonly (string | Readonly<Record<string, string>>)[]): Lookup[] =>
    values.map((value, subject) => {
      const entries =
        typeof value === "string"
          ? columns.map(({ column }): [string, string[]] => [column, [value]])
          : Object.entries(value).map(([column, text]): [string, string[]] => [column, [text]]);
      return { subject, values: Object.fromEntries(entries) };
    });
  // those of the latest search
  let lookups: readonly Lookup[] = [];
  const find = async (...values: readonly (string | Readonly<Record<string, string>>)[]) => {
    lookups = lookupsOf(values);
    return await locateAll(system, io, target, lookups);
  };
  return {
    io,
    target,
    find,
    async check() {
      await using reader = await system.openReader(io);
      return await Array.fromAsync(reader.check([target]));
    },
    async ids(...values) {
      return (await find(...values)).map(({ key }) => idOf(key)).toSorted();
    },
    erase: async (found, journal = testJournal()) => await eraseUnit(system, io, unitOf(target, lookups, change, planned(found)), journal),
    remaining: async (found) => await remainingOf(system, io, target, { change, records: planned(found) }, lookups),
  };
}

export function idOf(key: string): string {
  const parts: unknown = JSON.parse(key);
  expect(parts).toBeInstanceOf(Array);
  return Array.isArray(parts) ? String(parts[1]) : "";
}
