/** Somebody who is made up goes the whole way through test systems, and nothing of them is left: neither at the end nor after a kill. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registry } from "../../connectors/registry.ts";
import { Failure } from "../../src/errors.ts";
import { KILL_POINTS, REHEARSAL_POINTS } from "../../src/executor/kill-points.ts";
import { rehearseMap } from "../../src/rehearse-map.ts";
import { openReading, openWorkspace } from "../../src/workspace.ts";
import { type Desk, dig, list, openDesk, type Said, testMap } from "../support/desk.ts";

const SHOP = `
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, deleted_at TEXT, country VARCHAR(2) NOT NULL);
CREATE VIEW shown_customers AS SELECT email FROM customers WHERE deleted_at IS NULL;
CREATE TABLE tariffs (code TEXT PRIMARY KEY, price INTEGER NOT NULL CHECK (price > 4));
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, tariff TEXT NOT NULL REFERENCES tariffs, status TEXT NOT NULL CHECK (status IN ('open', 'paid')), ship_name TEXT);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, requester TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('open', 'closed')), body TEXT);
CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, issued_on TEXT NOT NULL);
CREATE TABLE invoice_lines (invoice_id INTEGER NOT NULL REFERENCES invoices, line INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (invoice_id, line));
CREATE TABLE trail (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, changes TEXT NOT NULL);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, payload TEXT NOT NULL);
CREATE TRIGGER noted AFTER INSERT ON customers BEGIN
  INSERT INTO trail (customer_id, changes) VALUES (new.id, json_object('email', new.email));
  INSERT INTO outbox (payload) VALUES ('{"to":"' || new.email || '"}');
END;
INSERT INTO customers VALUES (1, 'ada@harbour.example', 'Ada', NULL, 'IE'), (2, 'bob@harbour.example', 'Bob', NULL, 'DE');
INSERT INTO tariffs VALUES ('a', 9);
INSERT INTO orders VALUES (1, 1, 'a', 'open', 'Ada'), (2, 2, 'a', 'paid', 'Bob');
INSERT INTO tickets VALUES (1, 'ada@harbour.example', 'open', 'help');
INSERT INTO invoices VALUES (1, 1, '2020-01-01'), (2, 2, '2026-01-01');
INSERT INTO invoice_lines VALUES (1, 1, 'tea'), (2, 1, 'cups');
`;

const RECORDS = {
  customers: {
    match: { id: "customer_id" },
    do: "soft-delete",
    soft_delete: { timestamp: "deleted_at" },
    restore_window: "7 days",
    purge_after: "14 days",
    purge: "erase",
  },
  orders: { match: { customer_id: "shop.customers.id" }, do: "erase", restore_window: "7 days" },
  tickets: { match: { requester: "email" }, do: "erase", unless: "ticket_open" },
  invoices: {
    match: { customer_id: "shop.customers.id" },
    do: "erase",
    hold: { use: "tax", from: "issued_on" },
    restore_window: "7 days",
  },
  invoice_lines: { match: { invoice_id: "shop.invoices.id" }, do: "erase", restore_window: "7 days" },
  trail: {
    audit_of: "shop.customers",
    match: { customer_id: "shop.customers.id" },
    do: "redact",
    in: "changes",
    paths: { email: "clear" },
  },
};

let folder: string;
let made: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "expunge-rehearse-test-"));
  made = path.join(folder, "shop.db");
  using db = new DatabaseSync(made);
  db.exec(SHOP);
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Changed {
  readonly records?: object;
  readonly system?: object;
  readonly sql?: string;
}

/** A desk with the shop's database, and with these changes of it. */
async function deskWith({ records = {}, system = {}, sql = "" }: Changed = {}): Promise<Desk> {
  const desk = openDesk();
  copyFileSync(made, path.join(desk.folder, "shop.db"));
  using db = new DatabaseSync(path.join(desk.folder, "shop.db"));
  db.exec(sql);
  desk.map(
    testMap({
      clock: "test",
      map: { ignore: ["shop.tariffs", "shop.outbox"] },
      identities: {
        email: { type: "email", fold: ["trim", "lowercase"] },
        customer_id: { type: "integer", found_in: "shop.customers.id", by: { email: "email" } },
      },
      conditions: { ticket_open: { says: "the ticket is open", where: { status: ["open"] } } },
      holds: { tax: { says: "tax law", keep_for: "6 years", law: ["A s.1"], people: { owner: "a@harbour.example" } } },
      systems: {
        shop: {
          kind: "sqlite",
          connect: { file: "./shop.db" },
          owner: "it@harbour.example",
          environment: "test",
          ...system,
          records: { ...RECORDS, ...records },
        },
      },
    }),
  );
  const { code, err } = await desk.json(["init"]);
  if (code !== 0) throw new Error(err);
  return desk;
}

/** Every row of every table; by a client of its own. */
function rowsIn(desk: Desk): string {
  using db = new DatabaseSync(path.join(desk.folder, "shop.db"));
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return tables
    .map(({ name }) => `${String(name)} ${JSON.stringify(db.prepare(`SELECT * FROM "${String(name)}"`).all())}`)
    .join("\n");
}

/** `record check: detail` of all that failed. */
function failures(said: Pick<Said, "json">): string[] {
  return list(said.json, "data.records").flatMap((one) =>
    list(one, "checks")
      .filter((check) => dig(check, "ok") !== true)
      .map((check) => `${String(dig(one, "record"))} ${String(dig(check, "name"))}: ${String(dig(check, "detail"))}`),
  );
}

const named = (said: Pick<Said, "json">): string[] => failures(said).map((text) => text.slice(0, text.indexOf(":")));

function checksOf(said: Pick<Said, "json">, record: string): string[] {
  const one = list(said.json, "data.records").find((each) => dig(each, "record") === record);
  return list(one, "checks").map((check) => String(dig(check, "name")));
}

function placesOf({ folder: here }: Desk) {
  return { map: path.join(here, "datamap.yaml"), workspace: path.join(here, ".expunge"), as: "rita" };
}

/** As the command does it, in this process. */
async function rehearsed(desk: Desk, ...records: readonly string[]): Promise<Pick<Said, "code" | "json">> {
  const places = placesOf(desk);
  const { signal } = new AbortController();
  const quiet = { label: () => {}, say: () => {} };
  try {
    await using workspace = await openWorkspace(places, { registry, signal, act: "map rehearse", ...quiet });
    const data = await rehearseMap({ workspace, places, registry, records, ...quiet });
    const isGood = data.records.every(({ checks }) => checks.every(({ ok }) => ok));
    return { code: isGood ? 0 : 2, json: { data } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { code: error.exit, json: { error: { code: error.code } } };
  }
}

/** What the next command of the workspace says of a rehearsal. */
async function nextSays(desk: Desk): Promise<string> {
  const said: string[] = [];
  const { signal } = new AbortController();
  const opening = { registry, signal, say: (text: string) => void said.push(text) };
  await (await openReading(placesOf(desk), opening))[Symbol.asyncDispose]();
  return said.join("\n");
}

function leftFolders(desk: Desk): string[] {
  return readdirSync(path.join(desk.folder, "../tmp")).filter((name) => name.startsWith("expunge-rehearsal-"));
}

describe("a shop in SQLite", () => {
  test("every record type is planted, hidden, brought back, searched, erased and taken away, and every row is as before", async () => {
    using desk = await deskWith();
    const before = rowsIn(desk);
    const said = await desk.json(["map", "rehearse"]);
    expect(failures(said), said.err).toEqual([]);
    expect(said.code).toBe(0);
    expect(checksOf(said, "shop.customers")).toEqual([
      "planted",
      "hidden",
      "restored",
      "searched",
      "erased",
      "gone",
      "bystanders",
      "removed",
    ]);
    expect(checksOf(said, "shop.trail")).toEqual(["planted", "searched", "erased", "gone", "bystanders", "removed"]);
    expect(list(said.json, "data.records")).toHaveLength(6);
    expect(rowsIn(desk)).toBe(before);
    expect(leftFolders(desk)).toEqual([]);
    // nothing of it is the customer's: no request, and nothing in the ledger
    expect(list((await desk.json(["request", "list"])).json, "data.requests")).toEqual([]);
  });

  test("a system that is not said to be a test system is not touched", async () => {
    using desk = await deskWith({ system: { environment: "production" } });
    const before = rowsIn(desk);
    const said = await rehearsed(desk);
    expect([said.code, dig(said.json, "error.code")]).toEqual([3, "NOT_A_TEST"]);
    expect(rowsIn(desk)).toBe(before);
  });

  test("a view that ignores the marker fails hidden", async () => {
    using desk = await deskWith({ sql: "CREATE VIEW all_customers AS SELECT email FROM customers" });
    const said = await rehearsed(desk);
    expect(failures(said)).toEqual(["shop.customers hidden: all_customers shows it all the same"]);
    expect(said.code).toBe(2);
  });

  test("a trigger that swallows every delete is seen by the plan, and fails erased", async () => {
    using desk = await deskWith({
      sql: "CREATE TRIGGER swallows BEFORE DELETE ON tickets BEGIN SELECT RAISE(IGNORE); END",
    });
    const said = await rehearsed(desk, "shop.tickets");
    expect(failures(said)[0]).toMatch(/^shop\.tickets erased: DELETE_SWALLOWED/u);
    expect(named(said)).toEqual(["shop.tickets erased", "shop.tickets removed"]);
  });

  test("a trigger that swallows some deletes fails erased and gone, and what stays is told until it can go", async () => {
    using desk = await deskWith({
      sql: "CREATE TRIGGER swallows BEFORE DELETE ON tickets WHEN old.status = 'closed' BEGIN SELECT RAISE(IGNORE); END",
    });
    const before = rowsIn(desk);
    const said = await rehearsed(desk, "shop.tickets");
    expect(said.code).toBe(2);
    expect(named(said)).toEqual(["shop.tickets erased", "shop.tickets gone", "shop.tickets removed"]);
    expect(await nextSays(desk)).toContain("shop.tickets: 1");
    {
      using db = new DatabaseSync(path.join(desk.folder, "shop.db"));
      db.exec("DROP TRIGGER swallows");
    }
    expect(await nextSays(desk)).toContain("Took away");
    expect(rowsIn(desk)).toBe(before);
    expect(await nextSays(desk)).toBe("");
  });

  test("an edge on the wrong column fails searched: what the database ties to the person is not found", async () => {
    using desk = await deskWith({ records: { orders: { ...RECORDS.orders, match: { id: "shop.customers.id" } } } });
    const before = rowsIn(desk);
    const said = await rehearsed(desk);
    expect(said.code).toBe(2);
    expect(failures(said).join("\n")).toMatch(/^shop\.orders searched: /mu);
    expect(rowsIn(desk)).toBe(before);
  });

  test("an edge that reaches others fails searched, and nothing is erased", async () => {
    using desk = await deskWith({
      records: { tickets: { match: { segment: "shop.customers.segment" }, do: "erase" } },
      sql: "ALTER TABLE customers ADD segment TEXT NOT NULL DEFAULT 'gold' CHECK (segment IN ('gold')); ALTER TABLE tickets ADD segment TEXT NOT NULL DEFAULT 'gold'",
    });
    const before = rowsIn(desk);
    const said = await rehearsed(desk);
    expect(said.code).toBe(2);
    expect(named(said)).toContain("shop.tickets searched");
    expect(rowsIn(desk)).toBe(before);
  });

  test("a trigger that changes somebody else's row fails bystanders", async () => {
    using desk = await deskWith({
      sql: "CREATE TRIGGER meddles AFTER DELETE ON orders BEGIN UPDATE tickets SET body = body || '!' WHERE id = 1; END",
    });
    const said = await rehearsed(desk);
    expect(said.code).toBe(2);
    expect(named(said)).toContain("shop.tickets bystanders");
  });

  test("somebody's row into which a trigger wrote of the planted is told, and stays", async () => {
    using desk = await deskWith({
      sql: "CREATE TABLE digests (id INTEGER PRIMARY KEY, body TEXT NOT NULL); INSERT INTO digests VALUES (1, 'ada;'); CREATE TRIGGER gathers AFTER INSERT ON tickets BEGIN UPDATE digests SET body = body || new.requester WHERE id = 1; END",
    });
    const said = await rehearsed(desk, "shop.tickets");
    expect(named(said)).toContain("shop.tickets bystanders");
    expect(failures(said).join()).toContain("digests");
    expect(rowsIn(desk)).toContain('digests [{"id":1,"body":"ada;');
  });

  test("where a constraint leaves no guess, what to write is told, and sample is what is planted", async () => {
    const sql = "ALTER TABLE tickets ADD channel TEXT NOT NULL DEFAULT 'x-mail' CHECK (channel LIKE 'x-%')";
    const wanting = "CREATE TRIGGER wants BEFORE INSERT ON invoices WHEN new.issued_on > '2100' BEGIN SELECT 1; END";
    const table =
      "CREATE TABLE visits (id INTEGER PRIMARY KEY, email TEXT NOT NULL, code TEXT NOT NULL CONSTRAINT coded CHECK (code LIKE 'x-%' AND length(code) = 5))";
    const visits = { match: { email: "email" }, do: "erase" };
    using desk = await deskWith({ sql: `${sql}; ${wanting}; ${table}`, records: { visits } });
    const said = await rehearsed(desk);
    expect(failures(said)).toHaveLength(1);
    expect(failures(said)[0]).toMatch(/^shop\.visits planted: .*sample: \{ code: VALUE \}/u);
    using written = await deskWith({
      sql: `${sql}; ${wanting}; ${table}`,
      records: { visits: { ...visits, sample: { code: "x-123" } } },
    });
    const now = await rehearsed(written);
    expect(failures(now)).toEqual([]);
    expect(checksOf(now, "shop.visits")).toContain("erased");
  });

  test("a hold that a record of today would not be under fails searched", async () => {
    using desk = await deskWith({
      sql: "CREATE TRIGGER dated AFTER INSERT ON invoices BEGIN UPDATE invoices SET issued_on = '2001-01-01' WHERE id = new.id; END",
    });
    const said = await rehearsed(desk, "shop.invoices");
    expect(failures(said)).toEqual(["shop.invoices searched: a record of today would not be kept under tax"]);
  });

  test("a kind in which nothing can be planted is told, and never silently good", async () => {
    using desk = await deskWith();
    desk.file("data/lists/may.csv", "email,name\nann@harbour.example,Ann\n");
    desk.map({
      ...testMap({
        clock: "test",
        systems: {
          shop: {
            kind: "sqlite",
            connect: { file: "./shop.db" },
            owner: "it@harbour.example",
            environment: "test",
            records: { tickets: { match: { requester: "email" }, do: "erase" } },
          },
          // no test system: it is not touched
          desk: {
            kind: "files",
            connect: { root: "./data" },
            owner: "it@harbour.example",
            records: { lists: { files: ["lists/*.csv"], match: { email: "email" }, do: "remove-rows" } },
          },
        },
      }),
    });
    const said = await rehearsed(desk);
    expect(said.code).toBe(0);
    expect(list(said.json, "data.not_rehearsed").map((one) => dig(one, "record"))).toEqual(["desk.lists"]);
    const only = await rehearsed(desk, "desk.lists");
    expect([only.code, dig(only.json, "error.code")]).toEqual([65, "ACTION_REFUSED"]);
  });
});

describe("killed", () => {
  const points = [...REHEARSAL_POINTS, ...KILL_POINTS.filter((one) => ["effect_half", "completed"].includes(one))];
  test.for(points)(
    "at %s: the next command takes away what was planted, and says so",
    { timeout: 60_000 },
    async (point) => {
      using desk = await deskWith();
      const before = rowsIn(desk);
      const killed = await desk.json(["map", "rehearse"], { env: { EXPUNGE_TEST_KILL_AT: point } });
      expect(killed.code, killed.out + killed.err).toBe("SIGKILL");
      if (point === "rehearsal_planted") expect(rowsIn(desk)).not.toBe(before);
      const next = await desk.cli(["status"]);
      expect(next.code, next.err).toBe(0);
      expect(next.err).toContain("Took away what a rehearsal that was cut short had planted.");
      expect(rowsIn(desk)).toBe(before);
      expect(leftFolders(desk)).toEqual([]);
      expect((await desk.cli(["status"])).err).not.toContain("Took away");
    },
  );
});
