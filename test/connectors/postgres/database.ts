import { Client } from "pg";
import { connector } from "../../../connectors/postgres/connector.ts";
import type { Guard, System } from "../../../src/port/connector.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import type { Change, StepOutcome, Work } from "../../../src/model/change.ts";
import type { Finding, Lookup, MatchColumn, Target } from "../../../src/model/search.ts";
import { type Tally, tallyOf } from "../../../src/model/tally.ts";
import { FREE, locateAll, planned } from "../../support/erase.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { testJournal, type TestJournal } from "../../support/journal.ts";
import { recordType, targetOf } from "../../support/record-type.ts";
import { postgresServer } from "../../support/servers/servers.ts";

/** A database of its own, looked at through a raw client: the connector connects as the role `app`, no superuser. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  /** As `app`, in the schema of the last `fresh()`. Several statements at once, or one with values; every value as text. */
  sql(text: string, values?: readonly unknown[]): Promise<(string | null)[][]>;
  /** The same as superuser. */
  admin(text: string): Promise<void>;
  /** An own schema for a test, alone in the search path of `app`. */
  fresh(): Promise<string>;
  /** Another session of `app`. */
  session(): Promise<Client>;
}

const TEXT = { getTypeParser: () => (value: string) => value };

export async function testDatabase(name: string): Promise<TestDatabase> {
  const server = await postgresServer();
  const made = await server.createDatabase(name);
  const clients: Client[] = [];
  const open = async (url: string) => {
    const client = new Client({ connectionString: url });
    client.on("error", () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
  const app = await open(made.url);
  const superuser = await open(made.adminUrl);
  const database = new URL(made.url).pathname.slice(1);
  let count = 0;
  return {
    ...made,
    async sql(text, values) {
      const result = await app.query({ text, ...(values === undefined ? {} : { values: [...values] }), rowMode: "array", types: TEXT });
      return Array.isArray(result) ? [] : (result.rows as (string | null)[][]);
    },
    admin: async (text) => void (await superuser.query(text)),
    async fresh() {
      const schema = `s${(count += 1)}`;
      await app.query(`CREATE SCHEMA ${schema}`);
      await superuser.query(`ALTER ROLE app IN DATABASE "${database}" SET search_path = ${schema}, public`);
      await app.query(`SET search_path = ${schema}, public`);
      return schema;
    },
    session: async () => await open(made.url),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map(async (client) => await client.end()));
    },
  };
}

export const SECRETS = "shop_db";

export function systemOf(records: readonly RecordType[], more: Partial<SystemBlock> = {}): System {
  return connector.configure({
    name: "shop",
    kind: "postgres",
    rank: "source",
    connect: { secret: SECRETS },
    feeds: [],
    session: {},
    records,
    covers: [],
    at: { line: 1, column: 1 },
    ...more,
  });
}

/** A record type of the table of this name. */
export function record(name: string, rule: RecordType["do"], more: Partial<RecordType> = {}): RecordType {
  return recordType({ system: "shop", name, place: { kind: "table", table: name }, do: rule, ...more });
}

/** Searched by these columns: `email` by itself, or with type and folds. */
export function target(of: RecordType, columns: readonly (string | MatchColumn)[], exports: readonly string[] = []): TestTarget {
  const matched = columns.map((column) => (typeof column === "string" ? { column, type: "edge" as const, fold: [] } : column));
  return { ...targetOf(of, matched, exports), record: of };
}

/** A target with its whole record type, for the system's block. */
export interface TestTarget extends Target {
  readonly record: RecordType;
}

/** One subject's values: `{ email: "…" }`. */
export function lookup(values: Readonly<Record<string, string | readonly string[]>>, subject = 0): Lookup {
  return { subject, values: Object.fromEntries(Object.entries(values).map(([column, some]) => [column, typeof some === "string" ? [some] : some])) };
}

export function worldOf(database: TestDatabase): TestIO {
  return testIO({ secrets: { [SECRETS]: database.url } });
}

/** What the record type's own rule does. */
export function ruleOf({ changes, record: { id } }: Target): Change {
  if (changes.rule === undefined) throw new Error(`${id} has no rule`);
  return changes.rule;
}

/** Locates and plans a work by the record type's own rule. */
export async function plan(system: System, io: TestIO, where: Target, lookups: readonly Lookup[], change: Change = ruleOf(where)): Promise<Work> {
  const found = await locateAll(system, io, where, lookups);
  return { step: where.record.id, target: where, lookups, operations: [{ change, records: planned(found) }] };
}

/** Does these works as one unit, on a fresh eraser. */
export async function erase(
  system: System,
  io: TestIO,
  works: readonly Work[],
  journal: TestJournal = testJournal(),
  guard: Guard = FREE,
): Promise<readonly Did[]> {
  await using eraser = await system.openEraser(io);
  return did(await eraser.apply({ id: "U-1", effect: "erase", works }, journal, guard));
}

/** An outcome as its numbers, with the keys of blocked and failed records. */
export interface Did extends Tally {
  readonly step: string;
  readonly matched: number;
  readonly minimised: number;
  readonly own: number;
  readonly unresolved: readonly string[];
}

export function did(outcomes: readonly StepOutcome[]): readonly Did[] {
  return outcomes.map((outcome) => ({
    step: outcome.step,
    matched: outcome.matched,
    minimised: outcome.minimised,
    own: outcome.own,
    ...tallyOf(outcome),
    unresolved: outcome.left.filter(({ kind }) => kind === "blocked" || kind === "failed").map(({ key }) => key),
  }));
}

export async function check(system: System, io: TestIO, targets: readonly Target[]): Promise<Finding[]> {
  await using reader = await system.openReader(io);
  return await Array.fromAsync(reader.check(targets));
}

/** `CODE record column: message` of the errors, or of the warnings. */
export function codes(findings: readonly Finding[], severity: Finding["severity"] = "error"): string[] {
  return findings
    .filter((one) => one.severity === severity)
    .map(({ code, record: of, column }) => [code, of, ...(column === undefined ? [] : [column])].join(" "));
}

export const done = (count: number, more: Partial<Did> = {}) => ({
  matched: count,
  affected: count,
  alreadyGone: 0,
  minimised: 0,
  own: 0,
  kept: 0,
  waiting: 0,
  blocked: 0,
  failed: 0,
  unresolved: [],
  ...more,
});
