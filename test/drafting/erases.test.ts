/** From nothing to a person who is gone: a draft of a live database, its asks answered, and every bystander's bytes as they were. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, expect, test } from "vitest";
import { runProgram } from "../support/program.ts";
import { postgresServer } from "../support/servers/servers.ts";

const ANN = "ann@person.example";
const BOB = "bob@person.example";
const SCHEMAS = join(import.meta.dirname, "schemas");

/** Two people with a row in each table: the first one's are Ann's, the second's Bob's. */
const SHOP = [1, 2].map((n) => {
  const mail = n === 1 ? ANN : BOB;
  return `INSERT INTO customers (customer_no, email, first_name, last_name, phone, birth_date) VALUES ('C-${n}', '${mail}', 'F${n}', 'L${n}', '+49 30 90000${n}', '1990-01-0${n}');
    INSERT INTO addresses VALUES (${n}, ${n}, 'billing', 'F${n} L${n}', 'Street ${n}', NULL, '1000${n}', 'Town', 'DE');
    INSERT INTO orders (id, customer_id, order_no, status, ordered_at, ship_name, total) VALUES (${n}, ${n}, 'O-${n}', 'sent', '2020-01-01', 'F${n}', 10);
    INSERT INTO order_items VALUES (${n}, 1, 1, 2, 5, 'For F${n}');
    INSERT INTO payments (id, order_id, method, iban, amount) VALUES (${n}, ${n}, 'sepa', 'DE0${n}', 10);
    INSERT INTO invoices VALUES (${n}, ${n}, ${n}, 'R-${n}', '2020-01-02', 'F${n} L${n}', 'Street ${n}', 'Town', 10, 2);
    INSERT INTO reviews (id, product_id, customer_id, rating, body) VALUES (${n}, 1, ${n}, 5, 'Says F${n}');
    INSERT INTO carts VALUES ('00000000-0000-0000-0000-00000000000${n}', ${n}, 's${n}', now()); INSERT INTO cart_items VALUES ('00000000-0000-0000-0000-00000000000${n}', 1, 1);
    INSERT INTO newsletter_subscribers (id, email, name) VALUES (${n}, '${mail}', 'F${n}');
    INSERT INTO support_tickets (id, customer_id, requester_email, subject) VALUES (${n}, ${n}, '${mail}', 'Help ${n}'); INSERT INTO ticket_messages (id, ticket_id, author_email, body) VALUES (${n}, ${n}, '${mail}', 'Please ${n}');
    UPDATE customers SET company = 'Co ${n}' WHERE id = ${n};`;
});
const SHOP_REST = `INSERT INTO staff VALUES (1, 'sam', 'Sam', 'sam@shop.example', 'sales', true); INSERT INTO categories VALUES (1, 'Tea', 'tea', NULL);
  INSERT INTO products (id, category_id, sku, name, price, created_by) VALUES (1, 1, 'T1', 'Tea', 5, 1); INSERT INTO suppliers (id, name, contact_email) VALUES (1, 'Leaf Ltd', 'leaf@supplier.example'); INSERT INTO product_suppliers VALUES (1, 1, 2);`;

const RAILS = [1, 2].map((n) => {
  const mail = n === 1 ? ANN : BOB;
  return `INSERT INTO users (email, username, name, created_at, updated_at) VALUES ('${mail}', 'user${n}', 'N${n}', now(), now());
    INSERT INTO identities (id, user_id, provider, uid, created_at, updated_at) VALUES (${n}, ${n}, 'g', 'uid${n}', now(), now());
    INSERT INTO memberships VALUES (${n}, ${n}, 1, 'member', now(), now());
    INSERT INTO posts (id, user_id, project_id, title, body, created_at, updated_at) VALUES (${n}, ${n}, 1, 'T${n}', 'B${n}', now(), now());
    INSERT INTO comments (id, commentable_type, commentable_id, user_id, body, created_at, updated_at) VALUES (${n}, 'Post', ${n}, ${n}, 'C${n}', now(), now());
    INSERT INTO likes VALUES (${n}, ${n}, 'Post', ${n}, now());
    INSERT INTO addresses (id, addressable_type, addressable_id, line1, city) VALUES (${n}, 'User', ${n}, 'Street ${n}', 'Town');
    INSERT INTO notifications (id, user_id, kind, created_at) VALUES (${n}, ${n}, 'k', now());
    INSERT INTO login_activities (id, user_id, ip) VALUES (${n}, ${n}, '10.0.0.${n}');
    INSERT INTO subscriptions (id, user_id, card_last4, created_at) VALUES (${n}, ${n}, '000${n}', now());
    INSERT INTO versions (id, item_type, item_id, event, object) VALUES (${n}, 'User', ${n}, 'update', '{"email": "${mail}"}');`;
});
const RAILS_REST = `INSERT INTO organizations (id, name, slug, billing_email, created_at, updated_at) VALUES (1, 'Org', 'org', 'office@org.example', now(), now());
  INSERT INTO projects (id, organization_id, name, created_at, updated_at) VALUES (1, 1, 'P', now(), now());
  INSERT INTO addresses (id, addressable_type, addressable_id, line1, city) VALUES (11, 'Organization', 1, 'Office', 'Town'); INSERT INTO versions (id, item_type, item_id, event, object) VALUES (11, 'Tag', 1, 'update', '{}');`;

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test.each([
  ["shop", SHOP_REST, SHOP],
  ["rails", RAILS_REST, RAILS],
] as const)(
  "a draft of %s lints, and with its asks answered erases a person; bystanders are as they were, byte for byte",
  async (name, rest, [ann = "", bob = ""]) => {
    const made = await (await postgresServer()).createDatabase(`erases_${name}`);
    const client = new Client({ connectionString: made.url });
    await client.connect();
    const folder = mkdtempSync(join(tmpdir(), "expunge-draft-"));
    folders.push(folder);
    const env = { EXPUNGE_SECRET_APP_DB: made.url };
    const expunge = async (args: string, stdin = "", exit = 0) => {
      const done = await runProgram(args.split(" "), { cwd: folder, env, stdin });
      expect(done.exit, `${args}\n${done.output}`).toBe(exit);
      return done.output;
    };
    try {
      await client.query(readFileSync(join(SCHEMAS, `${name}.sql`), "utf8"));
      const rows = async () => {
        const { rows: tables } = await client.query<{ name: string }>(
          "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        );
        const all: string[] = [];
        for (const { name: table } of tables) {
          const { rows: texts } = await client.query<{ row: string }>(
            `SELECT t::text AS row FROM "${table}" t ORDER BY 1`,
          );
          all.push(...texts.map(({ row }) => `${table} ${row}`));
        }
        return all;
      };
      await client.query(rest);
      const alone = new Set(await rows());
      await client.query(ann);
      const hers = new Set((await rows()).filter((row) => !alone.has(row)));
      await client.query(bob);
      const before = await rows();
      expect(hers.size).toBeGreaterThan(10);
      expect([...hers].filter((row) => !before.includes(row))).toEqual([]);
      await expunge("init --from-database app_db");
      expect(await expunge("map lint")).toContain("0 errors");
      const map = join(folder, "datamap.yaml");
      const drafted = readFileSync(map, "utf8");
      // no value of a record is in it
      expect(drafted).not.toMatch(/person\.example|Street 1|Tea\b|Leaf/u);
      const opened = await expunge("request new --subject-file - --as officer", JSON.stringify({ email: ANN }));
      const id = /R-\d{4}-\d{4,}/u.exec(opened)?.[0] ?? "";
      await expunge(`request identity ${id} --method call --result ok --as officer`);
      // what is to be decided stops the plan
      await expunge(`plan ${id}`, "", 3);
      writeFileSync(map, drafted.replaceAll("do: ask", "do: erase"));
      await expunge(`plan ${id}`);
      await expunge(`approve ${id} --as somebody --confirm ${id}`);
      await expunge(`run ${id} --confirm ${id} --as officer`);
      await expunge(`verify ${id}`);
      // all of hers, and nothing else of anybody: neither a row less nor a byte
      expect(await rows()).toEqual(before.filter((row) => !hers.has(row)));
    } finally {
      await client.end();
    }
  },
);
