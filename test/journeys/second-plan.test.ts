/** What a first run left or took must not hide anything from a second plan; what a plan left out must not be called done. */
import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Desk, dig, openDesk, steps, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";

let client: Client;
let desk: Desk;
let at = 0;

beforeEach(async () => {
  const { url } = await (await postgresServer()).createDatabase(`second_${process.pid}_${(at += 1)}`);
  client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  desk = openDesk({ shop: url });
  await desk.json(["init"]);
});
afterEach(async () => {
  await client.end();
  desk[Symbol.dispose]();
});

const identities = {
  email: { type: "email", fold: ["trim", "lowercase"] },
  customer_id: { type: "integer", found_in: "shop.customers.id", by: { email: "email" } },
};
const people = {
  owner: "books@x.example",
  approved_by: "dpo@x.example",
  approved_on: "2026-01-15",
  review_by: "2099-01-01",
};
const holds = {
  books: {
    says: "the law wants books kept for 8 years",
    keep_for: "8 years",
    law: ["AO §147"],
    exemption: "Art. 17(3)(b)",
    people,
  },
};
const shop = (records: object): object => ({
  kind: "postgres",
  connect: { secret: "shop" },
  owner: "it@x.example",
  records,
});
const rows = async (sql: string): Promise<unknown[]> =>
  (await client.query({ text: sql, rowMode: "array" })).rows.flat();

test("a ticket that waited is erased by a second plan, though the customer that led to it is gone, in another system too", async () => {
  await client.query(`create table customers (id int primary key, email text); create table tickets (id int primary key, customer_id int, state text);
    insert into customers values (1, 'ann@x.example'), (2, 'bob@x.example'); insert into tickets values (10, 1, 'open'), (11, 1, 'closed'), (20, 2, 'open')`);
  desk.file("data/calls.csv", "customer,minutes\n1,5\n2,7\n");
  desk.map(
    testMap({
      identities,
      conditions: {
        open_ticket: { says: "the ticket is open", where: { state: ["open"] } },
        any_open: {
          says: "a ticket is open",
          any: "shop.tickets",
          match: { customer_id: "customer_id" },
          where: { state: ["open"] },
        },
      },
      systems: {
        shop: shop({
          customers: { match: { email: "email" }, do: "erase" },
          tickets: { match: { customer_id: "shop.customers.id" }, do: "erase", unless: "open_ticket" },
        }),
        share: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@x.example",
          records: {
            calls: {
              files: ["*.csv"],
              match: { customer: "shop.customers.id" },
              do: "remove-rows",
              unless: "any_open",
            },
          },
        },
      },
    }),
  );
  const id = await desk.open({ email: "ann@x.example" });
  const first = await desk.through(id);
  expect([first.plan.code, first.run?.code, first.verify?.code, dig(first.verify?.json, "data.state")]).toEqual([
    0,
    3,
    3,
    "waiting",
  ]);
  expect(await rows("select id from customers")).toEqual([2]);
  expect(desk.read("data/calls.csv")).toContain("1,5");
  await client.query("update tickets set state = 'closed' where id = 10");
  const second = await desk.through(id);
  expect([steps(second.plan)["shop.tickets"]?.["act"], steps(second.plan)["share.calls"]?.["act"]]).toEqual([1, 1]);
  expect(dig(second.verify?.json, "data.state")).toBe("closed");
  expect(await rows("select id from tickets")).toEqual([20]);
  expect(desk.read("data/calls.csv")).toBe("customer,minutes\n2,7\n");
});

test("what the first plan kept is still pointed at after a second plan that could not find it any more", async () => {
  await client.query(`create table customers (id int primary key, email text); create table bills (id int primary key, customer_id int, day date); create table notes (id int primary key, customer_id int, held text);
    insert into customers values (1, 'ann@x.example'); insert into bills values (5, 1, current_date - 30); insert into notes values (7, 1, 'open')`);
  desk.map(
    testMap({
      identities,
      holds,
      conditions: { open_note: { says: "the note is open", where: { held: ["open"] } } },
      systems: {
        shop: shop({
          customers: { match: { id: "customer_id" }, do: "anonymise", fields: { email: "clear" } },
          bills: {
            match: { customer_id: "shop.customers.id" },
            do: "erase",
            hold: { use: "books", from: "day" },
            while_held: { restrict: true, keep_only: ["day"] },
          },
          notes: { match: { customer_id: "shop.customers.id" }, do: "erase", unless: "open_note" },
        }),
      },
    }),
  );
  const id = await desk.open({ email: "ann@x.example" });
  expect((await desk.through(id)).run?.code).toBe(3);
  // minimised: nothing leads to the bill any more
  expect(await rows("select customer_id from bills")).toEqual([null]);
  await client.query("update notes set held = 'done'");
  const second = await desk.through(id);
  expect(dig(second.verify?.json, "data.state")).toBe("closed");
  expect(await rows("select id from notes")).toEqual([]);
  using state = new DatabaseSync(path.join(desk.folder, ".expunge/state.db"), { readOnly: true });
  expect(
    state
      .prepare("select record, reason from held")
      .all()
      .map((row) => ({ ...row })),
  ).toEqual([{ record: "shop.bills", reason: "retention" }]);
});

test("before any run nothing is remembered: a plan follows the data as it is", async () => {
  await client.query(
    "create table customers (id int primary key, email text); create table notes (id int primary key, customer_id int); insert into customers values (1, 'ann@x.example'), (2, 'x'); insert into notes values (1, 1), (2, 2)",
  );
  desk.map(
    testMap({
      identities,
      systems: {
        shop: shop({
          customers: { match: { email: "email" }, do: "erase" },
          notes: { match: { customer_id: "customer_id" }, do: "erase" },
        }),
      },
    }),
  );
  const id = await desk.open({ email: "ann@x.example" });
  expect((await desk.json(["plan", id])).code).toBe(0);
  await client.query("update customers set email = case id when 1 then 'x' else 'ann@x.example' end");
  const result = await desk.through(id);
  expect(dig(result.verify?.json, "data.state")).toBe("closed");
  expect([await rows("select id from customers"), await rows("select id from notes")]).toEqual([[1], [1]]);
});

test("a plan of one system does not close the request, and takes holds and conditions of the others into account", async () => {
  await client.query(`create table invoices (id int primary key, email text, issued date); create table carts (id int primary key, email text, state text); create table loose (id int primary key, invoice int references invoices);
    insert into invoices values (1, 'ann@x.example', current_date - 30); insert into carts values (1, 'ann@x.example', 'open')`);
  for (const name of ["scans", "leads", "free"]) desk.file(`data/${name}.csv`, "email\nann@x.example\nbob@x.example\n");
  const byEmail = { match: { email: "email" } };
  desk.map(
    testMap({
      holds,
      conditions: {
        cart: { says: "a cart is open", any: "shop.carts", match: { id: "shop.carts.id" }, where: { state: "open" } },
      },
      systems: {
        shop: shop({
          invoices: { ...byEmail, do: "erase", hold: { use: "books", from: "issued", protects: ["disk.scans"] } },
          carts: { ...byEmail, do: "erase" },
        }),
        disk: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@x.example",
          records: {
            scans: { files: ["scans.csv"], ...byEmail, do: "remove-rows" },
            leads: { files: ["leads.csv"], ...byEmail, do: "remove-rows", unless: "cart" },
            free: { files: ["free.csv"], ...byEmail, do: "remove-rows" },
          },
        },
      },
    }),
  );
  const id = await desk.open({ email: "ann@x.example" });
  // `loose` references invoices and is declared nowhere
  const whole = await desk.json(["plan", id]);
  expect([whole.code, dig(whole.json, "error.code")]).toEqual([65, "FOREIGN_KEY_UNDECLARED"]);
  const plan = await desk.json(["plan", id, "--system", "disk"]);
  expect(
    Object.fromEntries(
      Object.entries(steps(plan)).map(([name, step]) => [name, [step["act"], step["kept"], step["waiting"]]]),
    ),
  ).toEqual({
    "disk.scans": [0, 1, 0],
    "disk.leads": [0, 0, 1],
    "disk.free": [1, 0, 0],
  });
  await client.query("update carts set state = 'done'");
  await desk.json(["plan", id, "--system", "disk"]);
  expect((await desk.json(["approve", id, "--confirm", id])).code).toBe(0);
  expect((await desk.json(["run", id, "--confirm", id])).code).toBe(0);
  const verified = await desk.json(["verify", id]);
  expect([verified.code, dig(verified.json, "data.state")]).toEqual([0, "partly_done"]);
  expect((await desk.json(["request", "close", id, "--reason", "done"])).code).toBe(3);
  expect((await desk.json(["request", "cancel", id, "--reason", "done"])).code).toBe(3);
  expect(await rows("select id from invoices")).toEqual([1]);
});

test("under `planned_only` a row that came after the plan is not taken along by a cascade, before or after a kill", async () => {
  await client.query(`create table customers (id int primary key, email text); create table notes (id int primary key, customer_id int references customers on delete cascade); create table other (id int primary key, email text);
    insert into customers values (1, 'ann@x.example'); insert into notes values (1, 1); insert into other values (1, 'ann@x.example')`);
  desk.map(
    testMap({
      clock: "test",
      approval: { required: true, four_eyes: false, drift: "planned_only" },
      systems: {
        shop: shop({
          customers: { match: { email: "email" }, do: "erase" },
          notes: { match: { customer_id: "shop.customers.id" }, do: "erase" },
          other: { match: { email: "email" }, do: "erase" },
        }),
      },
    }),
  );
  const id = await desk.open({ email: "ann@x.example" });
  for (const args of [
    ["plan", id],
    ["approve", id, "--confirm", id],
  ])
    expect((await desk.json(args)).code).toBe(0);
  await client.query("insert into notes values (2, 1)");
  expect((await desk.json(["run", id, "--confirm", id], { env: { EXPUNGE_TEST_KILL_AT: "attested" } })).code).toBe(
    "SIGKILL",
  );
  const run = await desk.json(["run", id, "--confirm", id]);
  expect(run.code).toBe(5);
  expect(steps(run)["shop.notes"]).toMatchObject({ matched: 1, affected: 1, gone: 1, new: 1 });
  expect(steps(run)["shop.customers"]).toMatchObject({ status: "blocked", reason: "new_records", affected: 0 });
  expect(steps(run)["shop.other"]).toMatchObject({ status: "deleted", affected: 1 });
  expect([
    await rows("select id from customers"),
    await rows("select id from notes"),
    await rows("select id from other"),
  ]).toEqual([[1], [2], []]);
  const second = await desk.through(id);
  expect(dig(second.verify?.json, "data.state")).toBe("closed");
  expect([await rows("select id from customers"), await rows("select id from notes")]).toEqual([[], []]);
});

test("conditions that cannot be judged stand in the way", async () => {
  await client.query(
    "create table customers (id int primary key, email text, phone text); insert into customers (id, email) values (1, 'ann@x.example')",
  );
  desk.file("data/c.csv", "email\nbob@x.example\n");
  const byEmail = { match: { email: "email" } };
  const map = (condition: object, files: string): object =>
    testMap({
      identities: { ...identities, phone: { type: "phone", fold: ["e164"] } },
      conditions: { looked: condition },
      systems: {
        shop: shop({ customers: { match: { email: "email" }, do: "erase", unless: "looked" } }),
        disk: {
          kind: "files",
          connect: { root: "./data" },
          owner: "it@x.example",
          records: { tasks: { files: [files], ...byEmail, do: "remove-rows" } },
        },
      },
    });
  desk.map(map({ says: "a task is there", any: "disk.tasks", match: { email: "email" }, where: {} }, "none-*.csv"));
  const empty = await desk.json(["plan", await desk.open({ email: "ann@x.example" })]);
  expect([empty.code, steps(empty)["shop.customers"]?.["waiting"]]).toEqual([2, 1]);
  desk.map(map({ says: "a task is there", any: "shop.customers", match: { phone: "phone" }, where: {} }, "c.csv"));
  const unknown = await desk.json(["plan", await desk.open({ email: "ann@x.example" })]);
  expect(steps(unknown)["shop.customers"]?.["waiting"] ?? unknown.out).toBe(1);
});

const ORDERS = `create table customers (id int primary key, email text); create table orders (id int primary key, owner int references customers); create table items (id int primary key, order_id int references orders, what text);
  insert into customers values (1, 'ann@x.example'), (2, 'bob@x.example'); insert into orders values (10, 1), (11, 2), (12, 1); insert into items values (100, 10, 'a'), (101, 10, 'b'), (102, 11, 'c'), (103, 12, 'd')`;
const ordersMap = (): object =>
  testMap({
    identities: { email: identities.email },
    systems: {
      shop: shop({
        customers: { match: { email: "email" }, do: "erase" },
        orders: { match: { owner: "shop.customers.id" }, do: "erase" },
        items: { match: { order_id: "shop.orders.id" }, do: "erase" },
      }),
    },
  });

/** A first run that two locked items keep from its end; then the order they are in becomes Bob's. */
async function ordersChangeHands(): Promise<string> {
  await client.query(ORDERS);
  desk.map(ordersMap());
  const id = await desk.open({ email: "ann@x.example" });
  await desk.json(["plan", id]);
  await desk.json(["approve", id, "--as", "olga", "--confirm", id]);
  await client.query("begin; select from items where order_id = 10 for update");
  const run = await desk.json(["run", id, "--confirm", id]);
  await client.query("commit");
  expect([run.code, await rows("select id from items order by id")]).toEqual([5, [100, 101, 102]]);
  await client.query("update orders set owner = 2 where id = 10");
  return id;
}

test("what an order led to is not erased by a new plan once the order is somebody else's", async () => {
  const id = await ordersChangeHands();
  const second = await desk.through(id);
  expect([steps(second.plan)["shop.orders"]?.["act"], steps(second.plan)["shop.items"]?.["found"]]).toEqual([1, 0]);
  expect(dig(second.verify?.json, "data.state")).toBe("closed");
  expect(await rows("select id from items order by id")).toEqual([100, 101, 102]);
  expect(await rows("select id, owner from orders order by id")).toEqual([10, 2, 11, 2]);
  expect(await rows("select id from customers")).toEqual([2]);
});

test("nor by a run that goes on: its records have changed, though no byte of theirs has", async () => {
  const id = await ordersChangeHands();
  const again = await desk.json(["run", id, "--confirm", id]);
  const items = steps(again)["shop.items"];
  expect([again.code, items?.["status"], items?.["failed"], items?.["reason"]]).toEqual([5, "failed", 2, "changed"]);
  expect(await rows("select id from items order by id")).toEqual([100, 101, 102]);
  expect(dig((await desk.through(id)).verify?.json, "data.state")).toBe("closed");
  expect(await rows("select id from items order by id")).toEqual([100, 101, 102]);
});

test("a parent out of which our own rule took the person leads on as before", async () => {
  await client.query(`create table customers (id int primary key, email text, name text); create table notes (id int primary key, customer_id int, held text);
    insert into customers values (1, 'ann@x.example', 'Ann'), (2, 'bob@x.example', 'Bob'); insert into notes values (7, 1, 'open'), (8, 2, 'open')`);
  for (const rule of ["clear", { set: "gone@x.invalid" }, { template: "gone+:random@x.invalid" }] as const) {
    await client.query(
      "update customers set email = lower(name) || '@x.example'; update notes set held = 'open'; delete from notes where id = 7; insert into notes values (7, 1, 'open')",
    );
    desk.map(
      testMap({
        identities: { email: identities.email },
        conditions: { open_note: { says: "the note is open", where: { held: ["open"] } } },
        systems: {
          shop: shop({
            customers: { match: { email: "email" }, do: "anonymise", fields: { email: rule } },
            notes: { match: { customer_id: "shop.customers.id" }, do: "erase", unless: "open_note" },
          }),
        },
      }),
    );
    const id = await desk.open({ email: "ann@x.example" });
    expect((await desk.through(id)).run?.code).toBe(3);
    expect(await rows("select email from customers where id = 1")).not.toEqual(["ann@x.example"]);
    await client.query("update notes set held = 'done'");
    const second = await desk.through(id);
    expect([steps(second.plan)["shop.notes"]?.["act"], dig(second.verify?.json, "data.state")]).toEqual([1, "closed"]);
    expect(await rows("select id from notes")).toEqual([8]);
  }
});

test("lines of an invoice that is free go with it and before it, without a foreign key too, whatever other invoices are held", async () => {
  await client.query(`create table invoices (id int primary key, email text, issued date); create table lines (id int primary key, i int, ready text);
    insert into invoices values (1, 'ann@x.example', current_date - 30), (3, 'ann@x.example', '2001-01-01'), (4, 'bob@x.example', '2001-01-01'); insert into lines values (10, 1, 'yes'), (30, 3, 'yes'), (31, 3, 'no'), (40, 4, 'yes')`);
  desk.map(
    testMap({
      identities: { email: identities.email },
      holds,
      conditions: { unready: { says: "the line is not ready", where: { ready: ["no"] } } },
      systems: {
        shop: shop({
          invoices: { match: { email: "email" }, do: "erase", hold: { use: "books", from: "issued" } },
          lines: { match: { i: "shop.invoices.id" }, do: "erase", unless: "unready" },
        }),
      },
    }),
  );
  const id = await desk.open({ email: "ann@x.example" });
  const first = await desk.through(id);
  expect([first.run?.code, steps(first.run)["shop.lines"]?.["deleted"], dig(first.verify?.json, "data.state")]).toEqual(
    [3, 1, "waiting"],
  );
  expect(await rows("select id from lines order by id")).toEqual([10, 31, 40]);
  await client.query("update lines set ready = 'yes'");
  const second = await desk.through(id);
  // its invoice has gone, and the one that is held is another
  expect([steps(second.plan)["shop.lines"]?.["act"], dig(second.verify?.json, "data.state")]).toEqual([1, "closed"]);
  expect([await rows("select id from lines order by id"), await rows("select id from invoices order by id")]).toEqual([
    [10, 40],
    [1, 4],
  ]);
});
