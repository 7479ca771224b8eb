import { Client } from "pg";
import { connector } from "../../../connectors/postgres/connector.ts";
import type { System } from "../../../src/port/connector.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import { type TestIO, testIO } from "../../support/io.ts";
import { recordType } from "../../support/record-type.ts";
import { postgresServer } from "../../support/servers/servers.ts";

export { check, codes, did, type Did, done, erase, lookup, plan, ruleOf, target, type TestTarget } from "../sql.ts";

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
      const result = await app.query({
        text,
        ...(values === undefined ? {} : { values: [...values] }),
        rowMode: "array",
        types: TEXT,
      });
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
  return connector.configure(blockOf(records, more));
}

export function blockOf(records: readonly RecordType[], more: Partial<SystemBlock> = {}): SystemBlock {
  return {
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
  };
}

/** A record type of the table of this name. */
export function record(name: string, rule: RecordType["do"], more: Partial<RecordType> = {}): RecordType {
  return recordType({ system: "shop", name, place: { kind: "table", table: name }, do: rule, ...more });
}

export function worldOf(database: TestDatabase): TestIO {
  return testIO({ secrets: { [SECRETS]: database.url } });
}
