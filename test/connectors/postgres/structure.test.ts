import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Catalog } from "../../../connectors/postgres/catalog.ts";
import { openStructure } from "../../../connectors/postgres/place.ts";
import { openDatabase } from "../../../connectors/postgres/session.ts";
import { blockOf, record, testDatabase, type TestDatabase, worldOf } from "./database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase("structure");
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await database.fresh();
  await database.sql(`CREATE DOMAIN mail AS text;
    CREATE TABLE users (id int PRIMARY KEY, email mail, note varchar(20), old int);
    CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);
    CREATE INDEX notes ON users (note);
    CREATE TABLE visits (at date, user_id int) PARTITION BY RANGE (at);
    CREATE TABLE other (id int PRIMARY KEY, user_id int)`);
});

const changes: readonly (readonly [string, string])[] = [
  ["a column more", "ALTER TABLE users ADD COLUMN phone text"],
  ["a column less", "ALTER TABLE users DROP COLUMN old"],
  ["a column of another name", "ALTER TABLE users RENAME COLUMN note TO remark"],
  ["a longer column", "ALTER TABLE users ALTER COLUMN note TYPE varchar(40)"],
  ["a column that refuses NULL", "ALTER TABLE users ALTER COLUMN note SET NOT NULL"],
  ["a domain that refuses NULL", "ALTER DOMAIN mail SET NOT NULL"],
  ["a foreign key from a table that was not around", "ALTER TABLE other ADD FOREIGN KEY (user_id) REFERENCES users"],
  ["a foreign key less", "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey"],
  [
    "a foreign key that does another thing",
    "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey, ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users",
  ],
  ["a new table that a cascade reaches", "CREATE TABLE lines (order_id int REFERENCES orders ON DELETE CASCADE)"],
  ["an index more", "CREATE UNIQUE INDEX mails ON users (email)"],
  ["an index less", "DROP INDEX notes"],
  ["a partition", "CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"],
  ["a child", "CREATE TABLE guests () INHERITS (users)"],
  ["a view", "CREATE VIEW seen AS SELECT * FROM users"],
  ["a table of another name", "ALTER TABLE users RENAME TO people"],
  ["a table in its place", "ALTER TABLE visits RENAME TO v1; CREATE TABLE visits (at date, user_id int)"],
  ["a table that is gone", "DROP TABLE visits"],
  ["row security", "ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"],
  ["a right less", "REVOKE UPDATE, DELETE ON users FROM app"],
  ["a right to a column less", "REVOKE SELECT ON users FROM app; GRANT SELECT (id, email) ON users TO app"],
];

test.each(changes)("%s is seen, and what has not changed is not read again", async (_name, change) => {
  const records = ["users", "orders", "visits"].map((table) => record(table, "erase"));
  const system = blockOf(records);
  const places = records.map(({ place }) => place);
  await using opened = await openDatabase("shop", "shop_db", {}, worldOf(database));
  const structure = openStructure(system);
  const look = async (of = structure): Promise<Catalog> => {
    await using session = await opened.read();
    return await of.now(session, places);
  };
  const before = await look();
  expect(await look()).toBe(before);
  const told = parts(before);
  await database.sql(change);
  const after = await look();
  expect(parts(after)).toEqual(parts(await look(openStructure(system))));
  expect(parts(after)).not.toEqual(told);
});

function parts({ server, tables, foreignKeys, places }: Catalog): object {
  return { server, tables, foreignKeys, places };
}
