import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Work } from "../../../src/model/change.ts";
import type { RecordType, SystemBlock } from "../../../src/model/datamap.ts";
import type { Guard } from "../../../src/port/connector.ts";
import { testJournal } from "../../support/journal.ts";
import { FREE } from "../../support/erase.ts";
import {
  check,
  codes,
  did,
  done,
  erase,
  lookup,
  plan,
  record,
  systemOf,
  target,
  type TestDatabase,
  testDatabase,
  worldOf,
} from "./database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase("copies");
});
beforeEach(async () => {
  await database.fresh();
});
afterAll(async () => await database[Symbol.asyncDispose]());

const rows = async (table: string) =>
  (await database.sql(`SELECT t::text FROM ${table} t ORDER BY 1`)).map(([text]) => text);
const people = target(record("people", "erase"), ["email"]);
const PEOPLE =
  "CREATE TABLE people (id int PRIMARY KEY, email text, name text); INSERT INTO people VALUES (7, 'ann', 'Ann'), (8, 'bob', 'Bob')";
const DYNAMIC = `CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE format(tg_argv[0], 'history') USING old; RETURN NULL; END $$`;
const versioning = (statement: string) =>
  `CREATE TRIGGER versioning AFTER UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION keep_version('${statement}')`;

async function eraseAnn(records: readonly RecordType[] = [people.record], more: Partial<SystemBlock> = {}) {
  const system = systemOf(records, more);
  return await erase(system, worldOf(database), [
    await plan(system, worldOf(database), people, [lookup({ email: "ann" })]),
  ]);
}

test("a copy that a trigger makes in a table unknown to the map fails the step with the table's name, and nothing is done", async () => {
  const cases: [string, string][] = [
    ["insert into %I select ($1).*", "UNDECLARED history"],
    ["update %I set name = ($1).name where id = 1", "UNDECLARED history"],
    ["delete from %I where id = 1 or ($1).id is null", "UNDECLARED history"],
  ];
  for (const [statement, reason] of cases) {
    await database.fresh();
    await database.sql(
      `${PEOPLE}; CREATE TABLE history (LIKE people); INSERT INTO history VALUES (1, 'old', 'x'); ${DYNAMIC}; ${versioning(statement)}`,
    );
    expect(codes(await check(systemOf([people.record]), worldOf(database), [people]))).toEqual([]);
    expect(await eraseAnn(), statement).toEqual([
      { step: "shop.people", ...done(0, { failed: 1, unresolved: ['["7"]'], reason }) },
    ]);
    expect([await rows("people"), await rows("history")]).toEqual([["(7,ann,Ann)", "(8,bob,Bob)"], ["(1,old,x)"]]);
    // what the map ignores was said to hold nobody
    expect(await eraseAnn([people.record], { ignore: ["history"] })).toMatchObject([done(1)]);
  }
});

test("a copy in a partition, in another schema, through a second trigger or under a savepoint is noticed", async () => {
  await database.fresh();
  await database.sql(`${PEOPLE}; CREATE SCHEMA IF NOT EXISTS aside; DROP TABLE IF EXISTS aside.history; CREATE TABLE aside.history (id int, email text, name text) PARTITION BY LIST (id); CREATE TABLE aside.history_7 PARTITION OF aside.history DEFAULT; ${DYNAMIC};
    CREATE TABLE between (id int, email text, name text); CREATE FUNCTION pass_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN BEGIN EXECUTE 'insert into aside.history select ($1).*' USING new; EXCEPTION WHEN unique_violation THEN NULL; END; RETURN NULL; END $$;
    CREATE TRIGGER pass_on AFTER INSERT ON between FOR EACH ROW EXECUTE FUNCTION pass_on(); ${versioning("insert into between select ($1).* -- %s")}`);
  expect(await eraseAnn([people.record], { ignore: ["between"] })).toMatchObject([
    { failed: 1, reason: "UNDECLARED aside.history_7" },
  ]);
  expect(await eraseAnn([people.record], { ignore: ["between", "aside.history*"] })).toMatchObject([done(1)]);
});

test("a copy that a savepoint took back is none", async () => {
  await database.sql(`${PEOPLE}; CREATE TABLE history (LIKE people); ALTER TABLE history ADD CHECK (name <> 'Ann'); INSERT INTO history VALUES (1, 'old', 'x');
    CREATE FUNCTION try_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN BEGIN EXECUTE 'insert into history values (0, null, null)'; RAISE 'no'; EXCEPTION WHEN raise_exception THEN NULL; END; RETURN NULL; END $$; CREATE TRIGGER try_it AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION try_it()`);
  expect(await eraseAnn()).toMatchObject([done(1)]);
  expect(await rows("history")).toEqual(["(1,old,x)"]);
});

test("one person whose rows are copied stops nobody else of the batch", async () => {
  await database.sql(`${PEOPLE}; CREATE TABLE history (LIKE people); INSERT INTO people SELECT n, 'ann', 'Ann' FROM generate_series(100, 140) n; ${DYNAMIC};
    CREATE TRIGGER versioning AFTER DELETE ON people FOR EACH ROW WHEN (old.id = 120) EXECUTE FUNCTION keep_version('insert into %I select ($1).*')`);
  expect(await eraseAnn()).toMatchObject([
    done(41, { failed: 1, unresolved: ['["120"]'], reason: "UNDECLARED history" }),
  ]);
  expect(await rows("history")).toEqual([]);
});

test("what an earlier transaction of the session did is not counted again", async () => {
  await database.sql(`${PEOPLE}; CREATE TABLE history (LIKE people); INSERT INTO history VALUES (1, 'old', 'x'); INSERT INTO people SELECT n, 'ann', 'Ann' FROM generate_series(100, 110) n; ${DYNAMIC};
    CREATE TRIGGER versioning AFTER DELETE ON people FOR EACH ROW WHEN (old.id = 105) EXECUTE FUNCTION keep_version('delete from %I where id > 0 or ($1).id is null')`);
  expect(await eraseAnn()).toMatchObject([
    done(11, { failed: 1, unresolved: ['["105"]'], reason: "UNDECLARED history" }),
  ]);
  expect(await rows("history")).toEqual(["(1,old,x)"]);
});

test("where every row is copied, the rest of a long list is not tried row by row", async () => {
  await database.sql(
    `${PEOPLE}; CREATE TABLE history (LIKE people); INSERT INTO people SELECT n, 'ann', 'Ann' FROM generate_series(100, 1300) n; ${DYNAMIC}; ${versioning("insert into %I select ($1).*")}`,
  );
  const before = await transactions();
  expect(await eraseAnn()).toMatchObject([{ affected: 0, failed: 1202 }]);
  expect((await transactions()) - before).toBeLessThan(400);
});

async function transactions(): Promise<number> {
  const [row] = await database.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())::text");
  return Number(row?.[0]);
}

const TRAIL = `CREATE TABLE trail (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, op text, of text, record jsonb, old_record jsonb);
  CREATE FUNCTION track() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO trail (op, of, record, old_record) VALUES (tg_op, tg_table_name, CASE WHEN tg_op <> 'DELETE' THEN to_jsonb(new) END, CASE WHEN tg_op <> 'INSERT' THEN to_jsonb(old) END); RETURN NULL; END $$;
  CREATE TRIGGER track AFTER INSERT OR UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION track();
  CREATE TABLE orders (id int PRIMARY KEY, person int REFERENCES people, ship_to text); CREATE TRIGGER track AFTER INSERT OR UPDATE OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION track();`;
const fields = { record: { kind: "clear" }, old_record: { kind: "clear" } } as const;
const trailOf = (more: Partial<RecordType>) =>
  target(record("trail", "redact", { auditOf: ["shop.people"], fields, ...more }), ["record.email"]);
const traces = async () => (await rows("trail")).filter((row) => /ann|Ann|Quay/u.test(row ?? ""));

async function works(trail: ReturnType<typeof trailOf>, all: readonly RecordType[]): Promise<Work[]> {
  const system = systemOf(all);
  return [
    await plan(system, worldOf(database), people, [lookup({ email: "ann" })]),
    await plan(system, worldOf(database), trail, [
      lookup(Object.fromEntries(trail.columns.map(({ column }) => [column, "ann"]))),
    ]),
  ];
}

test("all rows of our own making are redacted, though the trail's match does not find them, also where the data stands in `old` only", async () => {
  await database.sql(
    `${PEOPLE}; ${TRAIL} UPDATE people SET name = 'Ann E.' WHERE id = 7; UPDATE people SET name = 'Bob E.' WHERE id = 8`,
  );
  const trail = trailOf({});
  const all = [people.record, trail.record];
  expect(await erase(systemOf(all), worldOf(database), await works(trail, all))).toEqual([
    { step: "shop.people", ...done(1) },
    { step: "shop.trail", ...done(1, { own: 1 }) },
  ]);
  expect(await traces()).toEqual([]);
  expect((await rows("trail")).filter((row) => row?.includes("Bob E."))).toHaveLength(1);
});

test("an own row whose value the trail's match does not recognise is redacted whole", async () => {
  await database.sql(`CREATE TABLE people (id int PRIMARY KEY, email text); INSERT INTO people VALUES (7, ' Ann@old.example'), (8, 'bob'); CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, list text[], about text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (email, list, about) VALUES (old.email, ARRAY[old.email], 'gone'); RETURN NULL; END $$; CREATE TRIGGER note AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION note(); INSERT INTO log (email) VALUES ('bob')`);
  const byId = target(record("people", "erase"), ["id"]);
  const log = target(
    record("log", "redact", {
      auditOf: ["shop.people"],
      fields: { email: { kind: "clear" }, list: { kind: "remove" } },
    }),
    ["email", "list"],
  );
  const system = systemOf([byId.record, log.record]);
  const planned = [
    await plan(system, worldOf(database), byId, [lookup({ id: "7" })]),
    await plan(system, worldOf(database), log, [lookup({ email: "ann", list: "ann" })]),
  ];
  expect(await erase(system, worldOf(database), planned)).toMatchObject([done(1), done(0, { own: 1 })]);
  expect(await rows("log")).toEqual(["(1,bob,,)", "(2,,,gone)"]);
});

test("a row that somebody else adds to the trail meanwhile is none of ours", async () => {
  await database.sql(`${PEOPLE}; ${TRAIL}`);
  const trail = trailOf({});
  const all = [people.record, trail.record];
  const other = await database.session();
  // their transaction begins after ours has written, and commits before we look at the trail
  await database.sql(
    "CREATE TABLE gate (id int); CREATE FUNCTION wait_for_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(42); PERFORM pg_advisory_unlock(42); RETURN NULL; END $$; CREATE TRIGGER z_wait AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION wait_for_gate()",
  );
  await other.query("SELECT pg_advisory_lock(42)");
  const erasing = erase(systemOf(all), worldOf(database), await works(trail, all));
  for (let waiting = "0"; waiting === "0";)
    waiting =
      (await database.sql("SELECT count(*)::text FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"))[0]?.[0] ??
      "0";
  await other.query("INSERT INTO trail (op, of, record) VALUES ('INSERT', 'elsewhere', '{\"email\": \"cleo\"}')");
  await other.query("SELECT pg_advisory_unlock(42)");
  expect(await erasing).toMatchObject([done(1), done(0, { own: 1 })]);
  expect((await rows("trail")).filter((row) => row?.includes("cleo"))).toHaveLength(1);
  expect(await traces()).toEqual([]);
});

test("own rows are found where they took the place of older ones, and in the partitions of a trail", async () => {
  await database.sql(
    `${PEOPLE}; CREATE TABLE trail (id int GENERATED ALWAYS AS IDENTITY, op text, of text, record jsonb, old_record jsonb, at int DEFAULT 2) PARTITION BY LIST (at); CREATE TABLE trail_1 PARTITION OF trail FOR VALUES IN (1); CREATE TABLE trail_2 PARTITION OF trail FOR VALUES IN (2);
    INSERT INTO trail (op, at, record) SELECT repeat('x', 500), 1 + n % 2, '{"email": "bob"}' FROM generate_series(1, 400) n; DELETE FROM trail WHERE id < 100; VACUUM`.split(
      "VACUUM",
    )[0] ?? "",
  );
  await database.sql("VACUUM trail_1");
  await database.sql("VACUUM trail_2");
  await database.sql(TRAIL.slice(TRAIL.indexOf("CREATE FUNCTION")));
  const trail = trailOf({});
  const all = [people.record, trail.record];
  await database.sql("INSERT INTO people SELECT n, 'ann', 'Ann' FROM generate_series(100, 130) n");
  expect(await erase(systemOf(all), worldOf(database), await works(trail, all))).toMatchObject([
    done(32),
    done(31, { own: 32 }),
  ]);
  expect(await traces()).toEqual([]);
});

test("a row of a trail that was there before is none of our own, though a trigger writes into it: whose it is, it stays as it was", async () => {
  const chain = (
    more: string,
  ) => `${PEOPLE}; CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, who int, email text, note text, next_id int);
    INSERT INTO log (who, email) VALUES (7, 'ann'), (8, 'bob');
    CREATE FUNCTION chain() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n int; BEGIN INSERT INTO log (who, email) VALUES (old.id, old.email) RETURNING id INTO n; UPDATE log SET next_id = n${more} WHERE id = n - 1; RETURN NULL; END $$;
    CREATE TRIGGER chain AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION chain()`;
  const run = async (log: RecordType) => {
    const byWho = target(log, ["who"]);
    const system = systemOf([people.record, log]);
    return await erase(system, worldOf(database), [
      await plan(system, worldOf(database), people, [lookup({ email: "ann" })]),
      await plan(system, worldOf(database), byWho, [lookup({ who: "7" })]),
    ]);
  };
  const match = { mode: "any", terms: [{ column: "who", source: { kind: "identity", identity: "id" } }] } as const;
  const redacted = record("log", "redact", { auditOf: ["shop.people"], match, fields: { email: { kind: "clear" } } });
  const erased = record("log", "erase", { auditOf: ["shop.people"], match });
  await database.sql(chain(""));
  expect(await run(redacted)).toMatchObject([done(1), done(1, { own: 1 })]);
  expect(await rows("log")).toEqual(["(1,7,,,)", "(2,8,bob,,3)", "(3,7,,,)"]);
  await database.fresh();
  await database.sql(chain(""));
  expect(await run(erased)).toMatchObject([done(1), done(1, { own: 1 })]);
  expect(await rows("log")).toEqual(["(2,8,bob,,3)"]);
  for (const [more, reason] of [
    [", note = 'x'", "ALTERED log.note"],
    [", who = 7", "ALTERED log.who"],
  ] as const) {
    await database.fresh();
    await database.sql(chain(more));
    expect(await run(redacted), more).toMatchObject([{ failed: 1, reason }, { failed: 1 }]);
    expect([await rows("people"), await rows("log")], more).toEqual([
      ["(7,ann,Ann)", "(8,bob,Bob)"],
      ["(1,7,ann,,)", "(2,8,bob,,)"],
    ]);
  }
  // without a key nobody can tell which of its rows are new
  await database.fresh();
  await database.sql(`${chain("")}; ALTER TABLE log DROP CONSTRAINT log_pkey`);
  expect(await run(redacted)).toMatchObject([{ failed: 1, reason: "ALTERED log" }, { failed: 1 }]);
  expect(await rows("log")).toEqual(["(1,7,ann,,)", "(2,8,bob,,)"]);
});

test("several sources share a trail, and several columns of it are redacted inside", async () => {
  await database.sql(`${PEOPLE}; ${TRAIL} INSERT INTO orders VALUES (1, 7, 'Quay 1')`);
  const orders = target(record("orders", "erase"), ["person"]);
  const trail = target(
    record("trail", "redact", {
      auditOf: ["shop.people", "shop.orders"],
      in: ["record", "old_record"],
      paths: { email: { kind: "clear" }, name: { kind: "remove" }, ship_to: { kind: "remove" } },
    }),
    ["record.email", "old_record.person"],
  );
  const all = [people.record, orders.record, trail.record];
  const system = systemOf(all);
  expect(codes(await check(system, worldOf(database), [people, orders, trail]))).toEqual([]);
  const planned = [
    await plan(system, worldOf(database), orders, [lookup({ person: "7" })]),
    await plan(system, worldOf(database), people, [lookup({ email: "ann" })]),
    await plan(system, worldOf(database), trail, [lookup({ "record.email": "ann", "old_record.person": "7" })]),
  ];
  expect(await erase(system, worldOf(database), planned)).toMatchObject([done(1), done(1), { own: 2 }]);
  // the row that the application itself once wrote about the order is not matched here; all of ours are clean
  expect((await traces()).filter((row) => !row?.includes("INSERT"))).toEqual([]);
  expect(await rows("trail")).toContain('(2,DELETE,orders,,"{""id"": 1, ""person"": 7}")');
});

test("one trail as two record types, each with its filter: every own row goes to its own; one that belongs to neither fails the step", async () => {
  await database.sql(`${PEOPLE}; ${TRAIL} INSERT INTO orders VALUES (1, 7, 'Quay 1')`);
  const place = { kind: "table", table: "trail" } as const;
  const orders = target(record("orders", "erase"), ["person"]);
  const ofPeople = {
    ...target(record("of_people", "redact", { place, auditOf: ["shop.people"], where: { of: ["people"] }, fields }), [
      "record.email",
    ]),
    where: { of: ["people"] },
  };
  const ofOrders = {
    ...target(record("of_orders", "redact", { place, auditOf: ["shop.orders"], where: { of: ["orders"] }, fields }), [
      "record.person",
    ]),
    where: { of: ["orders"] },
  };
  const all = [people.record, orders.record, ofPeople.record, ofOrders.record];
  const system = systemOf(all);
  const run = async (...planned: Work[]) => await erase(system, worldOf(database), planned);
  const byOrder = await plan(system, worldOf(database), orders, [lookup({ person: "7" })]);
  const orderTrail = await plan(system, worldOf(database), ofOrders, [lookup({ "record.person": "7" })]);
  const personTrail = await plan(system, worldOf(database), ofPeople, [lookup({ "record.email": "ann" })]);
  // with the trail of the other source only, our own row would be nobody's
  expect(
    await run(byOrder, {
      ...personTrail,
      target: { ...ofPeople, record: { ...ofPeople.record, auditOf: ["shop.people", "shop.orders"] } },
    }),
  ).toMatchObject([{ failed: 1, reason: "UNDECLARED trail" }, { own: 0 }]);
  // with no trail at all it is a trail that grew and that nobody redacts
  expect(await run(byOrder)).toMatchObject([{ failed: 1, reason: "UNDECLARED trail" }]);
  expect(await run(byOrder, orderTrail)).toMatchObject([done(1), done(1, { own: 1 })]);
  expect(
    await run(await plan(system, worldOf(database), people, [lookup({ email: "ann" })]), personTrail),
  ).toMatchObject([done(1), done(0, { own: 1 })]);
  expect(await traces()).toEqual([]);
});

test("a trigger that adds rows to the trail of another record type only is refused, with what to write", async () => {
  await database.sql(`${PEOPLE}; ${TRAIL}`);
  const orders = target(record("orders", "erase"), ["person"]);
  const findings = async (auditOf: string[]) =>
    await check(systemOf([people.record, orders.record, trailOf({ auditOf }).record]), worldOf(database), [orders]);
  const refused = (await findings(["shop.people"])).filter(({ severity }) => severity === "error");
  expect(refused).toMatchObject([
    {
      code: "TRIGGER_UNDECLARED",
      message: "trigger track of orders adds rows to shop.trail, which is only the audit trail of shop.people",
      help: expect.stringContaining("audit_of: [shop.people, shop.orders]"),
    },
  ]);
  expect(codes(await findings(["shop.people", "shop.orders"]))).toEqual([]);
});

test("writes says what triggers are known to write: through functions, through unmapped tables, behind cascades, never a trail", async () => {
  await database.sql(`${PEOPLE}; ${TRAIL} CREATE TABLE directory (id int PRIMARY KEY, shown text); CREATE TABLE between (id int, shown text); CREATE TABLE carts (id int PRIMARY KEY, p int REFERENCES people ON DELETE CASCADE); CREATE TABLE counts (n int);
    CREATE FUNCTION put(i int, s text) RETURNS void LANGUAGE sql AS $$ INSERT INTO between VALUES (i, s) $$;
    CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM put(new.id, new.name); RETURN NULL; END $$; CREATE TRIGGER sync AFTER UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION sync();
    CREATE FUNCTION show() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO directory VALUES (new.id, new.shown); RETURN NULL; END $$; CREATE TRIGGER show AFTER INSERT ON between FOR EACH ROW EXECUTE FUNCTION show();
    CREATE FUNCTION lessen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE counts SET n = n - 1; RETURN NULL; END $$; CREATE TRIGGER lessen AFTER DELETE ON carts FOR EACH ROW EXECUTE FUNCTION lessen()`);
  const directory = target(record("directory", "erase"), ["id"]);
  const counts = target(record("counts", "erase"), ["n"]);
  const trail = trailOf({});
  const writes = async (of: typeof people) => {
    await using reader = await systemOf([of.record, directory.record, counts.record, trail.record], {
      ignore: ["between", "carts"],
    }).openReader(worldOf(database));
    return await reader.writes([of, directory, counts, trail]);
  };
  expect(await writes(people)).toEqual([
    { trigger: "lessen", from: "shop.people", to: "shop.counts" },
    { trigger: "sync", from: "shop.people", to: "shop.directory" },
  ]);
  const kept = target(record("people", "anonymise", { fields: { name: { kind: "clear" } } }), ["email"]);
  expect(await writes(kept)).toEqual([{ trigger: "sync", from: "shop.people", to: "shop.directory" }]);
});

test("a trail with nothing planned in it is redacted in every batch, retried ones too", async () => {
  await database.sql(`${PEOPLE}; ${TRAIL} DELETE FROM trail`);
  const kept = target(
    record("people", "anonymise", { fields: { name: { kind: "prefix", length: 1 }, email: { kind: "clear" } } }),
    ["email"],
  );
  await database.sql(
    "INSERT INTO people SELECT n, 'ann', 'Ann' FROM generate_series(100, 110) n; DELETE FROM trail; ALTER TABLE people ADD CONSTRAINT not_this CHECK (id <> 105 OR name <> 'A')",
  );
  const trail = trailOf({});
  const system = systemOf([kept.record, trail.record]);
  const change = { kind: "fields", fields, documents: [] } as const;
  const empty: Work = {
    step: "shop.trail",
    target: trail,
    lookups: [lookup({ "record.email": "ann" })],
    operations: [{ change, records: [] }],
  };
  const guard: Guard = { judge: async () => await Promise.resolve([]) };
  const planned = await plan(system, worldOf(database), kept, [lookup({ email: "ann" })]);
  expect(await erase(system, worldOf(database), [planned, empty], testJournal(), guard)).toMatchObject([
    done(11, { failed: 1, unresolved: ['["105"]'], reason: "not_this" }),
    done(0, { own: 11 }),
  ]);
  expect(await traces()).toEqual([]);
});

const THREADS = `CREATE TABLE threads (id int PRIMARY KEY, email text); CREATE TABLE posts (id int PRIMARY KEY, thread int, email text);
  INSERT INTO threads VALUES (7, 'ann'), (8, 'bob'), (9, 'ann'); INSERT INTO posts VALUES (1, 7, 'ann'), (2, 8, 'bob'), (3, 8, 'ann'), (4, 9, 'ann');
  CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM posts WHERE thread = old.id; RETURN NULL; END $$; CREATE TRIGGER sweep AFTER DELETE ON threads FOR EACH ROW EXECUTE FUNCTION sweep()`;

test("a trigger may take along what the plan deletes, and nothing else of a record type's table: the record it fires for stays", async () => {
  const threads = target(record("threads", "erase"), ["email"]);
  const posts = target(record("posts", "erase"), ["email"]);
  const sweeps: [string, string][] = [
    ["another person's", "INSERT INTO posts VALUES (5, 7, 'bob')"],
    ["one that is kept", "INSERT INTO posts VALUES (5, 7, 'ann')"],
    [
      "in a partition",
      "DROP TABLE posts; CREATE TABLE posts (id int PRIMARY KEY, thread int, email text) PARTITION BY RANGE (id); CREATE TABLE posts_1 PARTITION OF posts DEFAULT; INSERT INTO posts VALUES (1, 7, 'ann'), (2, 8, 'bob'), (3, 8, 'ann'), (4, 9, 'ann'), (5, 7, 'bob')",
    ],
  ];
  for (const [what, statement] of sweeps) {
    await database.fresh();
    await database.sql(`${THREADS}; ${statement}`);
    const system = systemOf([threads.record, posts.record]);
    const work = await plan(system, worldOf(database), threads, [lookup({ email: "ann" })]);
    const keys = ['["1"]', '["3"]', '["4"]'];
    await using eraser = await system.openEraser(worldOf(database));
    const [outcome] = did(
      await eraser.apply(
        {
          id: "U-1",
          effect: "erase",
          works: [work],
          planned: async () => await Promise.resolve({ deleting: [{ target: posts, keys }], changing: [] }),
        },
        testJournal(),
        FREE,
      ),
    );
    expect(outcome, what).toMatchObject({ matched: 1, failed: 1, unresolved: ['["7"]'], reason: "UNPLANNED posts" });
    expect([await rows("threads"), (await rows("posts")).map((row) => row?.split(",")[0])], what).toEqual([
      ["(7,ann)", "(8,bob)"],
      ["(1", "(2", "(3", "(5"],
    ]);
  }
});

test("a trigger that sweeps the table it fires for is noticed as well", async () => {
  const threads = target(record("threads", "erase"), ["email"]);
  await database.sql(`CREATE TABLE threads (id int PRIMARY KEY, email text, parent int); INSERT INTO threads VALUES (1, 'ann', NULL), (2, 'bob', 1), (3, 'ann', NULL), (4, 'ann', 3);
    CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM threads WHERE parent = old.id; RETURN NULL; END $$; CREATE TRIGGER sweep AFTER DELETE ON threads FOR EACH ROW EXECUTE FUNCTION sweep()`);
  const system = systemOf([threads.record]);
  const outcome = await erase(system, worldOf(database), [
    await plan(system, worldOf(database), threads, [lookup({ email: "ann" })]),
  ]);
  expect(outcome).toMatchObject([
    { matched: 1, alreadyGone: 1, failed: 1, unresolved: ['["1"]'], reason: "UNPLANNED threads" },
  ]);
  expect(await rows("threads")).toEqual(["(1,ann,)", "(2,bob,1)"]);
});

test("a trigger that empties, drops or rebuilds a table is noticed, though no count tells of it; one that only locks it is not in the way", async () => {
  const seizing: [string, string, string][] = [
    ["a mapped table, written out", "TRUNCATE TABLE ONLY posts", "UNPLANNED posts"],
    ["a mapped table, put together", "EXECUTE 'TRUN' || 'CATE posts'", "UNPLANNED posts"],
    ["a table of nobody's", "EXECUTE 'TRUN' || 'CATE other'", "UNPLANNED other"],
    ["a partition", "TRUNCATE parted_1", "UNPLANNED parted_1"],
    ["gone altogether", "DROP TABLE other", "UNPLANNED other"],
    ["a column of everybody's", "EXECUTE 'ALTER TABLE posts DROP COLUMN email'", "UNPLANNED posts"],
    ["under another name", "EXECUTE 'ALTER TABLE posts RENAME TO old_posts'", "UNPLANNED posts"],
    ["a part that is one no more", "EXECUTE 'ALTER TABLE parted DETACH PARTITION parted_1'", "UNPLANNED parted_1"],
  ];
  const set = (
    statement: string,
  ) => `${PEOPLE}; CREATE TABLE posts (id int PRIMARY KEY, email text); INSERT INTO posts VALUES (1, 'bob');
    CREATE TABLE other (id int PRIMARY KEY, email text); INSERT INTO other VALUES (1, 'bob');
    CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parted_1 PARTITION OF parted DEFAULT; INSERT INTO parted VALUES (1);
    CREATE FUNCTION seize() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NULL; END $$; CREATE TRIGGER seize AFTER DELETE ON people FOR EACH STATEMENT EXECUTE FUNCTION seize()`;
  const posts = record("posts", "erase");
  for (const [what, statement, reason] of seizing) {
    await database.fresh();
    await database.sql(set(statement));
    expect(await eraseAnn([people.record, posts]), what).toMatchObject([{ matched: 0, failed: 1, reason }]);
    expect([await rows("people"), await rows("posts"), await rows("other"), await rows("parted")], what).toEqual([
      ["(7,ann,Ann)", "(8,bob,Bob)"],
      ["(1,bob)"],
      ["(1,bob)"],
      ["(1)"],
    ]);
  }
  const passing: [string, string][] = [
    ["a lock alone", "LOCK TABLE posts"],
    ["a table of the session's own", "CREATE TEMP TABLE mine ON COMMIT DROP AS SELECT 1 AS one; DROP TABLE mine"],
    ["what the map ignores", "TRUNCATE other"],
    ["a materialised view", "REFRESH MATERIALIZED VIEW seen"],
    ["a materialised view, row by row", "REFRESH MATERIALIZED VIEW CONCURRENTLY seen"],
  ];
  for (const [what, statement] of passing) {
    await database.fresh();
    await database.sql(
      `${set(statement)}; CREATE MATERIALIZED VIEW seen AS SELECT id FROM people; CREATE UNIQUE INDEX ON seen (id)`,
    );
    expect(await eraseAnn([people.record, posts], { ignore: ["other"] }), what).toMatchObject([done(1)]);
    expect([await rows("people"), await rows("posts")], what).toEqual([["(8,bob,Bob)"], ["(1,bob)"]]);
  }
});

test("a statement that is put together at run time is told of, whatever it does", async () => {
  const said = async (statement: string) => {
    await database.fresh();
    await database.sql(
      `${PEOPLE}; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NULL; END $$; CREATE TRIGGER f AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION f()`,
    );
    const findings = await check(systemOf([people.record]), worldOf(database), [people]);
    return findings.some(({ message }) => message.includes("at run time"));
  };
  for (const statement of [
    "EXECUTE 'TRUN' || 'CATE posts'",
    "EXECUTE current_setting('a.b')",
    "EXECUTE format('%s', old.name)",
  ])
    expect(await said(statement), statement).toBe(true);
  for (const statement of ["EXECUTE 'SELECT 1'", "EXECUTE 'SELECT $1' USING old.id", "PERFORM 1"])
    expect(await said(statement), statement).toBe(false);
});

test("a trigger that changes what stands in somebody's row fails its record; counters, times, planned rows and ignored columns may follow", async () => {
  const posts = record("posts", "anonymise", { fields: { title: { kind: "clear" } } });
  const onPosts = target(posts, ["email"]);
  const bills = record("bills", "erase", {
    match: { mode: "any", terms: [{ column: "person", source: { kind: "identity", identity: "id" } }] },
    holds: [{ hold: "law", from: "day", protects: [] }],
  });
  const binned = record("binned", "soft-delete", {
    marker: { kind: "timestamp", column: "gone", live: null },
  });
  const hidden = record("hidden", "soft-delete", {
    place: { kind: "table", table: "binned" },
    marker: { kind: "flag", column: "hidden", deleted: "1", since: "hidden_at" },
  });
  const set = (
    statement: string,
  ) => `${PEOPLE}; CREATE TABLE posts (id int PRIMARY KEY, email text, title text, read bool, n int, seen timestamptz, words tsvector) PARTITION BY RANGE (id);
    CREATE TABLE posts_1 PARTITION OF posts DEFAULT; INSERT INTO posts VALUES (1, 'bob', 'x', false, 1, '2026-01-01Z', 'x'), (2, 'ann', 'y', false, 1, '2026-01-01Z', 'y');
    CREATE TABLE plain (who text, title text); INSERT INTO plain VALUES ('bob', 'x');
    CREATE TABLE bills (code text PRIMARY KEY, person int, day date, seen date, total int, note text);
    INSERT INTO bills SELECT code, 8, '2026-01-01', '2026-01-01', 5, 'x' FROM unnest('{b1,b2,b3}'::text[]) code;
    CREATE TABLE binned (id int PRIMARY KEY, email text, gone timestamptz, hidden int, hidden_at timestamptz, seen timestamptz);
    INSERT INTO binned VALUES (1, 'bob', NULL, 0, NULL, NULL), (2, 'bob', '2026-01-01Z', 1, '2026-01-01Z', NULL);
    CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NULL; END $$; CREATE TRIGGER follow AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION follow()`;
  const run = async (statement: string, ignore: readonly string[] = []) => {
    await database.fresh();
    await database.sql(set(statement));
    const system = systemOf([people.record, posts, record("plain", "erase"), bills, binned, hidden], { ignore });
    const work = await plan(system, worldOf(database), people, [lookup({ email: "ann" })]);
    const others = await plan(system, worldOf(database), onPosts, [lookup({ email: "ann" })]);
    const changing = [
      { target: onPosts, keys: others.operations.flatMap(({ records }) => records.map(({ key }) => key)) },
    ];
    const keeping = [
      { target: target(bills, ["person"]), keys: ['["b2"]'] },
      { target: target(bills, ["person"]), keys: ['["b3"]'], columns: ["total"] },
    ];
    await using eraser = await system.openEraser(worldOf(database));
    return did(
      await eraser.apply(
        {
          id: "U-1",
          effect: "erase",
          works: [work],
          planned: async () => await Promise.resolve({ deleting: [], changing, keeping }),
        },
        testJournal(),
        FREE,
      ),
    );
  };
  const noticed: [string, string, string][] = [
    ["written out", "UPDATE posts SET title = 'gone'", "ALTERED posts.title"],
    [
      "put together",
      "EXECUTE 'UPD' || 'ATE posts SET email = NULL, read = true WHERE id = 1'",
      "ALTERED posts.email, posts.read",
    ],
    ["the table it fires for", "UPDATE people SET name = 'x' WHERE id = 8", "ALTERED people.name"],
    [
      "by the row that is put in",
      "INSERT INTO people VALUES (8, 'x', 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
      "ALTERED people.name",
    ],
    ["what names the row", "UPDATE bills SET code = 'b9', person = 9 WHERE code = 'b1'", "ALTERED bills.code"],
    ["a number that names it", "UPDATE people SET id = 9, name = 'x' WHERE id = 8", "ALTERED people.id"],
    ["whose it is", "UPDATE bills SET person = 9", "ALTERED bills.person"],
    ["from when on it is kept", "UPDATE bills SET day = '1990-01-01', seen = now()", "ALTERED bills.day"],
    ["a number of what a law wants kept", "UPDATE bills SET total = 0 WHERE code = 'b2'", "ALTERED bills.total"],
    ["what is left of a kept one", "UPDATE bills SET total = 0, note = NULL WHERE code = 'b3'", "ALTERED bills.total"],
    ["a stranger's is marked as deleted", "UPDATE binned SET gone = now() WHERE id = 1", "ALTERED binned.gone"],
    ["what was marked goes later", "UPDATE binned SET gone = now() WHERE id = 2", "ALTERED binned.gone"],
    ["what was marked lives again", "UPDATE binned SET gone = NULL, seen = now()", "ALTERED binned.gone"],
    ["a number that says it is deleted", "UPDATE binned SET hidden = 1", "ALTERED binned.hidden"],
    ["since when it is", "UPDATE binned SET hidden_at = now()", "ALTERED binned.hidden_at"],
    ["behind a lock", "LOCK TABLE people; UPDATE people SET name = 'x' WHERE id = 8", "ALTERED people"],
  ];
  for (const [what, statement, reason] of noticed) {
    expect(await run(statement), what).toMatchObject([{ matched: 0, failed: 1, reason }]);
    expect(await rows("bills"), what).toEqual(
      ["b1", "b2", "b3"].map((code) => `(${code},8,2026-01-01,2026-01-01,5,x)`),
    );
    expect(await rows("people"), what).toEqual(["(7,ann,Ann)", "(8,bob,Bob)"]);
    expect((await rows("posts"))[0], what).toContain("(1,bob,x,f,1,");
  }
  const passing: [string, string, readonly string[]][] = [
    ["a counter, a time, an index of words", "UPDATE posts SET n = n - 1, seen = now(), words = 'z'", []],
    ["another day", "UPDATE bills SET seen = now()", []],
    ["another day of what is marked", "UPDATE binned SET seen = now()", []],
    ["a number of what nobody keeps", "UPDATE bills SET total = 0 WHERE code = 'b1'", []],
    ["what is cleared of a kept one", "UPDATE bills SET note = NULL WHERE code = 'b3'", []],
    ["the same value again", "UPDATE posts SET title = title", []],
    ["a planned row", "UPDATE posts SET title = NULL, email = 'x' WHERE id = 2", []],
    ["an ignored column", "UPDATE posts SET title = 'gone'", ["posts.title"]],
    ["a new row", "INSERT INTO posts (id, email) VALUES (3, 'x')", []],
    [
      "taken back",
      "BEGIN UPDATE posts SET title = 'gone'; RAISE 'no'; EXCEPTION WHEN raise_exception THEN NULL; END",
      [],
    ],
  ];
  for (const [what, statement, ignore] of passing)
    expect(await run(statement, ignore), what).toMatchObject([{ matched: 1, failed: 0 }]);
});
