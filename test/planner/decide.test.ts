import { expect, test } from "vitest";
import type { Reference } from "../../src/model/change.ts";
import type { DataMap, Hold, RecordType } from "../../src/model/datamap.ts";
import type { Disposition } from "../../src/model/plan.ts";
import { decideOwn, decideReferences } from "../../src/planner/decide.ts";
import type { Found, FoundRecord } from "../../src/planner/locate.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { byColumn, byIdentity, mapOf, recordOf } from "../support/small-map.ts";

const hold: Hold = {
  name: "invoice_8y",
  says: "tax law requires invoices to be kept for 8 years",
  keepFor: { years: 8, months: 0, days: 0, seconds: 0, text: "8 years" },
  roundUpTo: { to: "calendar_year" },
  law: ["DE AO §147(3)"],
  owner: "finance@shop.example",
  at: { line: 1, column: 1 },
};

const customers = (more: Partial<RecordType> = {}): RecordType =>
  recordOf("shop", "customers", { match: { mode: "any", terms: [byIdentity("email", "email")] }, ...more });
const invoices = recordOf("shop", "invoices", {
  match: { mode: "any", terms: [byColumn("customer_id", "shop.customers", "id")] },
  holds: [{ hold: "invoice_8y", from: "issued_on", protects: [] }],
});
const lines = recordOf("shop", "lines", { match: { mode: "any", terms: [byColumn("invoice_id", "shop.invoices", "id")] } });

const row = (key: string, values: Record<string, string | null>, subjects: readonly number[] = [0]): FoundRecord => ({
  key,
  fingerprint: key,
  values,
  done: false,
  subjects,
});

function decide(
  records: readonly RecordType[],
  rows: Readonly<Record<string, readonly FoundRecord[]>>,
  references: Readonly<Record<string, readonly Reference[]>> = {},
  more: Partial<DataMap> = {},
): Record<string, Disposition> {
  const map = mapOf([{ name: "shop", kind: "postgres", records }], { holds: [hold], ...more });
  const found = new Map(
    records.map((record): readonly [string, Found] => [
      record.id,
      { target: targetOf(map, record), lookups: [], records: new Map((rows[record.id] ?? []).map((one) => [one.key, one])), unsearched: [] },
    ]),
  );
  const circumstances = { map, found, identifiers: [new Map([["email", ["ann@x.example"]]])], today: "2026-11-20", conditions: new Map() };
  const decided = decideReferences(circumstances, decideOwn(circumstances), new Map(Object.entries(references)));
  return Object.fromEntries([...decided].flatMap(([id, dispositions]) => [...dispositions].map(([key, disposition]) => [`${id}/${key}`, disposition])));
}

const reference = (child: string, childKey: string, parent: string, parentKey: string, onDelete: "no_action" | "cascade" = "no_action"): Reference => ({
  parentKey,
  childKey,
  link: { constraint: `${child}_fkey`, child, childColumns: ["customer_id"], parent, onDelete },
});

const shop = {
  "shop.customers": [row("6", { id: "6", email: "ann@x.example" })],
  "shop.invoices": [row("old", { id: "1", customer_id: "6", issued_on: "2011-03-14" }), row("new", { id: "2", customer_id: "6", issued_on: "2025-02-20" })],
  "shop.lines": [row("l1", { invoice_id: "1" }), row("l2", { invoice_id: "2" })],
};
const kept = { until: "2033-12-31", law: ["DE AO §147(3)"], minimise: false };

test("a hold keeps the record it covers, and the lines reached only through it", () => {
  expect(decide([customers(), invoices, lines], shop)).toEqual({
    "shop.customers/6": { kind: "act", change: "rule" },
    "shop.invoices/old": { kind: "act", change: "rule" },
    "shop.invoices/new": { kind: "kept", reason: "retention", ...kept },
    "shop.lines/l1": { kind: "act", change: "rule" },
    "shop.lines/l2": { kind: "kept", reason: "held_with", ...kept },
  });
});

test("a line that an identity leads to as well is not held with its invoice", () => {
  const both = recordOf("shop", "lines", { match: { mode: "any", terms: [byColumn("invoice_id", "shop.invoices", "id"), byIdentity("email", "email")] } });
  const rows = { ...shop, "shop.lines": [row("l2", { invoice_id: "2", email: "Ann@x.example " }), row("l3", { invoice_id: "2", email: "bob@x.example" })] };
  const decided = decide([customers(), invoices, both], rows);
  expect(decided["shop.lines/l2"]).toEqual({ kind: "act", change: "rule" });
  expect(decided["shop.lines/l3"]).toMatchObject({ kind: "kept", reason: "held_with" });
});

test("a hold's missing date makes the record wait", () => {
  expect(decide([customers(), invoices], { "shop.invoices": [row("n", { id: "3", customer_id: "6", issued_on: null })] })["shop.invoices/n"]).toEqual({
    kind: "waiting",
    on: "no_date",
  });
});

test("a parent that a held child references is kept, and anonymised where the map gives it fields", () => {
  const references = { "shop.customers": [reference("shop.invoices", "old", "shop.customers", "6"), reference("shop.invoices", "new", "shop.customers", "6")] };
  expect(decide([customers(), invoices], shop, references)["shop.customers/6"]).toEqual({ kind: "kept", reason: "held_by", ...kept });
  expect(decide([customers({ fields: { email: { kind: "clear" } } }), invoices], shop, references)["shop.customers/6"]).toEqual({
    kind: "act",
    change: "held_by",
  });
});

test("a record that other people's records reference is blocked, with the constraint named and with what it blocks", () => {
  const groups = recordOf("shop", "groups");
  const rows = { ...shop, "shop.groups": [row("g", { email: "ann@x.example" })] };
  const decided = decide([groups, customers()], rows, {
    "shop.customers": [reference("shop.customers", "999", "shop.customers", "6")],
    "shop.groups": [reference("shop.customers", "6", "shop.groups", "g")],
  });
  expect(decided["shop.customers/6"]).toEqual({ kind: "blocked", reason: "shop.customers_fkey" });
  expect(decided["shop.groups/g"]).toEqual({ kind: "blocked", reason: "shop.customers_fkey" });
});

test("a cascade to a table that is no record stops nothing where it is declared, and blocks where it is not", () => {
  const references = { "shop.customers": [reference("shop.sessions", "s", "shop.customers", "6", "cascade")] };
  expect(decide([customers()], shop, references)["shop.customers/6"]).toMatchObject({ kind: "blocked" });
  expect(decide([customers()], shop, references, { ignore: ["shop.sessions"] })["shop.customers/6"]).toMatchObject({ kind: "act" });
  expect(decide([customers({ cascades: ["shop.sessions_fkey"] })], shop, references)["shop.customers/6"]).toMatchObject({ kind: "act" });
});

test("a child that stays and keeps its reference to a deleted parent is an error that names the constraint; unlinked it is none", () => {
  const orders = (more: Partial<RecordType>): RecordType =>
    recordOf("shop", "orders", { match: { mode: "any", terms: [byColumn("customer_id", "shop.customers", "id")] }, do: "anonymise", ...more });
  const rows = { ...shop, "shop.orders": [row("o", { id: "1", customer_id: "6" })] };
  const references = { "shop.customers": [reference("shop.orders", "o", "shop.customers", "6")] };
  expect(() => decide([customers(), orders({ fields: { note: { kind: "clear" } } })], rows, references)).toThrow("shop.orders_fkey");
  expect(decide([customers(), orders({ fields: { customer_id: { kind: "unlink" } } })], rows, references)["shop.customers/6"]).toEqual({
    kind: "act",
    change: "rule",
  });
});

test("`protects` keeps a record of the same person from deletion, not another person's", () => {
  const protecting = { ...invoices, holds: [{ hold: "invoice_8y", from: "issued_on", protects: ["shop.profiles"] }] };
  const rows = { ...shop, "shop.profiles": [row("mine", { email: "ann@x.example" }), row("hers", { email: "eve@x.example" }, [1])] };
  const decided = decide([customers(), protecting, recordOf("shop", "profiles")], rows);
  expect(decided["shop.profiles/mine"]).toMatchObject({ kind: "kept", reason: "held_by" });
  expect(decided["shop.profiles/hers"]).toEqual({ kind: "act", change: "rule" });
});

test("what is as wanted already has no disposition, though it leads to others", () => {
  const done = { ...shop, "shop.customers": [{ ...row("6", { id: "6", email: null }), done: true }] };
  expect(decide([customers({ do: "anonymise", fields: { email: { kind: "clear" } } }), invoices], done)["shop.customers/6"]).toBeUndefined();
});
