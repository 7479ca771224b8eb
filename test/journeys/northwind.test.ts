/** On a database that was not made for this tool. Its file is not in this repository: where it is missing one line says so. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Desk, dig, openDesk, steps, testMap } from "../support/desk.ts";
import { postgresServer } from "../support/servers/servers.ts";

const SQL = path.resolve(import.meta.dirname, "../../../shared/data/northwind/northwind.sql");

const TABLES = [
  "categories",
  "customer_customer_demo",
  "customer_demographics",
  "customers",
  "employees",
  "employee_territories",
  "order_details",
  "orders",
  "products",
  "region",
  "shippers",
  "suppliers",
  "territories",
  "us_states",
];

if (existsSync(SQL)) {
  let desk: Desk;
  let client: Client;

  beforeAll(async () => {
    const server = await postgresServer();
    const { url } = await server.createDatabase("northwind");
    client = new Client({ connectionString: url });
    client.on("error", () => {});
    await client.connect();
    // settings of servers long gone
    await client.query(readFileSync(SQL, "utf8").replaceAll(/^SET default_with_oids.*$/gmu, ""));
    await client.query("set search_path to public");
    desk = openDesk({ northwind: url });
    await desk.json(["init"]);
    desk.map(
      testMap({
        map: { owner: "dpo@northwind.example", review_by: "2099-01-01", ignore: [] },
        identities: { customer_code: { type: "string" } },
        systems: {
          northwind: {
            kind: "postgres",
            connect: { secret: "northwind" },
            owner: "it@northwind.example",
            records: {
              customers: { match: { customer_id: "customer_code" }, do: "erase" },
              customer_customer_demo: { match: { customer_id: "northwind.customers.customer_id" }, do: "erase" },
              orders: { match: { customer_id: "northwind.customers.customer_id" }, do: "erase" },
              order_details: { match: { order_id: "northwind.orders.order_id" }, do: "erase" },
            },
          },
        },
      }),
    );
  });
  afterAll(async () => {
    await client?.end();
    desk?.[Symbol.dispose]();
  });

  const everything = async (): Promise<Record<string, string[]>> => {
    const dump: Record<string, string[]> = {};
    for (const table of TABLES)
      dump[table] = (await client.query(`select t::text as row from ${table} t order by 1`)).rows.map((row) => row.row);
    return dump;
  };

  test("one customer of Northwind goes with orders and details, and every other row of every table stays", async () => {
    const before = await everything();
    const orders = (await client.query("select order_id from orders where customer_id = 'ALFKI' order by 1")).rows.map(
      (row) => row.order_id,
    );
    const details = Number(
      (await client.query("select count(*) from order_details where order_id = any($1)", [orders])).rows[0].count,
    );
    expect(orders.length).toBe(6);
    expect(details).toBe(12);
    const result = await desk.through(await desk.open({ customer_code: "ALFKI" }));
    const found = Object.fromEntries(Object.values(steps(result.plan)).map((step) => [step["record"], step["found"]]));
    expect(found).toEqual({ customers: 1, customer_customer_demo: 0, orders: orders.length, order_details: details });
    expect([result.run?.code, result.verify?.code, dig(result.verify?.json, "data.state")]).toEqual([0, 0, "closed"]);
    const after = await everything();
    const gone = Object.fromEntries(
      TABLES.map((table) => [table, (before[table] ?? []).filter((row) => !(after[table] ?? []).includes(row))]),
    );
    expect(gone["customers"]).toHaveLength(1);
    expect(gone["customers"]?.[0]).toContain("ALFKI");
    expect(gone["orders"]).toHaveLength(orders.length);
    expect(gone["order_details"]).toHaveLength(details);
    for (const table of TABLES) {
      if (!["customers", "orders", "order_details"].includes(table)) expect(gone[table]).toEqual([]);
      expect((after[table] ?? []).filter((row) => !(before[table] ?? []).includes(row))).toEqual([]);
    }
  });

  test("an employee with colleagues who report to him is blocked, with the constraint named, and nobody is touched", async () => {
    const before = await everything();
    desk.map(
      testMap({
        map: { owner: "dpo@northwind.example", review_by: "2099-01-01", ignore: ["northwind.territories"] },
        identities: { employee_no: { type: "integer" } },
        systems: {
          northwind: {
            kind: "postgres",
            connect: { secret: "northwind" },
            owner: "it@northwind.example",
            records: {
              employees: { match: { employee_id: "employee_no" }, do: "erase" },
              employee_territories: { match: { employee_id: "northwind.employees.employee_id" }, do: "erase" },
              orders: {
                match: { employee_id: "northwind.employees.employee_id" },
                do: "unlink",
                fields: { employee_id: "unlink" },
              },
            },
          },
        },
      }),
    );
    // employee 2 has colleagues who report to him
    const result = await desk.json(["plan", await desk.open({ employee_no: "2" })]);
    expect(result.code).toBe(0);
    expect(steps(result)["northwind.employees"]).toMatchObject({
      found: 1,
      blocked: 1,
      status: "blocked",
      reason: "fk_employees_employees",
    });
    expect(await everything()).toEqual(before);
  });
} else {
  console.log("Northwind is not here: this journey runs where its file lies beside the checkout");
  test("the journey on Northwind is registered only where its file is", () => {
    expect(existsSync(SQL)).toBe(false);
  });
}
