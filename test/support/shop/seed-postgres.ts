import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { LOOKALIKES, MARA, people, PRODUCTS, type Order, type PeopleOptions, type Shopper } from "./people.ts";

const SCHEMA = join(import.meta.dirname, "../../../manifests/shop/schema.sql");
const CHUNK = 2_000;

type Rows = Record<string, object[]>;

/** Makes the shop's tables in an empty database and fills them. */
export async function seedPostgres(url: string, options: PeopleOptions): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // the server may stop first
  await client.connect();
  try {
    await client.query(readFileSync(SCHEMA, "utf8"));
    await client.query("BEGIN");
    await client.query("SELECT set_config('app.current_user', 'shop', true)");
    await insert(client, { products: [...PRODUCTS] });
    let rows: Rows = {};
    let held = 0;
    for (const shopper of people(options)) {
      collect(shopper, rows);
      held += 1;
      if (held % CHUNK > 0) continue;
      await insert(client, rows);
      rows = {};
    }
    await insert(client, rows);
    // a change of their own for the audit trail
    await client.query("UPDATE customers SET phone = phone || ' ' WHERE id = ANY($1)", [
      [MARA.id, ...LOOKALIKES.map(({ id }) => id)],
    ]);
    await client.query("UPDATE customers SET phone = btrim(phone) WHERE id = ANY($1)", [
      [MARA.id, ...LOOKALIKES.map(({ id }) => id)],
    ]);
    await client.query("COMMIT");
    await client.query("ANALYZE");
  } finally {
    await client.end();
  }
}

async function insert(client: Client, rows: Rows): Promise<void> {
  for (const [table, list] of Object.entries(rows)) {
    await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(list),
    ]);
  }
}

function collect(shopper: Shopper, rows: Rows): void {
  const add = (table: string, row: object) => (rows[table] ??= []).push(row);
  const { id, email, name, phone, country, street, postcode, city } = shopper;
  add("customers", {
    id,
    email,
    name,
    phone,
    birth_date: shopper.birthDate,
    country,
    created_on: shopper.createdOn,
  });
  add("addresses", { id, customer_id: id, street, postcode, city });
  for (const order of shopper.orders) {
    const total = totalOf(order);
    add("orders", {
      id: order.id,
      customer_id: id,
      ordered_on: order.on,
      ship_name: name,
      ship_street: street,
      ship_city: city,
      gift_note: order.giftNote,
      total,
    });
    for (const [at, item] of order.items.entries())
      add("order_items", {
        order_id: order.id,
        line: at + 1,
        product_id: item.product,
        quantity: item.quantity,
      });
    if (!order.invoiced) continue;
    const vat = (total * 0.19).toFixed(2);
    const number = `${order.on.slice(0, 4)}-${order.id}`;
    add("invoices", {
      id: order.id,
      customer_id: id,
      order_id: order.id,
      number,
      issued_on: order.on,
      name,
      street,
      city,
      sent_to: email,
      total,
      vat,
    });
    for (const [at, item] of order.items.entries())
      add("invoice_lines", {
        invoice_id: order.id,
        line: at + 1,
        text: productOf(item.product).name,
        amount: amountOf(item),
      });
  }
  if (shopper.ticket !== undefined) {
    const { knownCustomer, ...ticket } = shopper.ticket;
    add("tickets", {
      id,
      customer_id: knownCustomer ? id : null,
      requester_email: shopper.otherSpelling,
      ...ticket,
    });
  }
  if (shopper.lead !== undefined)
    add("leads", {
      id,
      email: shopper.otherSpelling,
      name,
      source: shopper.lead.source,
      created_on: shopper.lead.on,
    });
}

function productOf(id: number): (typeof PRODUCTS)[number] {
  const product = PRODUCTS.find((one) => one.id === id);
  if (product === undefined) throw new Error(`no product ${id}`);
  return product;
}

function amountOf(item: Order["items"][number]): number {
  return Number((productOf(item.product).price * item.quantity).toFixed(2));
}

export function totalOf(order: Order): number {
  return Number(order.items.reduce((sum, item) => sum + amountOf(item), 0).toFixed(2));
}
