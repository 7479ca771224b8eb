import { expect, test } from "vitest";
import type { Reference } from "../../src/model/change.ts";
import type { DataMap, Hold, RecordType } from "../../src/model/datamap.ts";
import type { Disposition } from "../../src/model/plan.ts";
import { foldedBefore } from "../../src/model/fold.ts";
import { decideOwn } from "../../src/planner/decide.ts";
import type { Deciding } from "../../src/planner/deciding.ts";
import type { Found, FoundRecord } from "../../src/planner/found.ts";
import { decideReferences, knownReferences } from "../../src/planner/references.ts";
import { decideOnce } from "../../src/planner/same-record.ts";
import { NOTHING_EXCLUDED } from "../../src/planner/excluded.ts";
import { NO_COVER } from "../../src/planner/legal-cover.ts";
import { noStops } from "../../src/planner/stops.ts";
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
const lines = recordOf("shop", "lines", {
  match: { mode: "any", terms: [byColumn("invoice_id", "shop.invoices", "id")] },
});

type Row = Omit<FoundRecord, "type">;

const row = (key: string, values: Record<string, string | null>, subjects: readonly number[] = [0]): Row => ({
  key,
  address: key,
  fingerprint: key,
  values: Object.fromEntries(Object.entries(values).map(([column, value]) => [column, value === null ? [] : [value]])),
  done: false,
  subjects,
});

function decide(
  records: readonly RecordType[],
  rows: Readonly<Record<string, readonly Row[]>>,
  references: Readonly<Record<string, readonly Reference[]>> = {},
  more: Partial<DataMap> = {},
  gone: Deciding["gone"] = new Map(),
): Record<string, Disposition> {
  const map = mapOf([{ name: "shop", kind: "postgres", records }], { holds: [hold], ...more });
  const found = new Map(
    records.map((record): readonly [string, Found] => [
      record.id,
      {
        type: record,
        target: targetOf(map, record),
        lookups: [],
        records: new Map(
          (rows[record.id] ?? []).map((one) => [
            one.key,
            { ...one, type: record, address: one.address === one.key ? `${record.id}/${one.key}` : one.address },
          ]),
        ),
        unsearched: [],
      },
    ]),
  );
  const deciding = {
    map,
    found,
    identifiers: [new Map([["email", [foldedBefore("ann@x.example")]]])],
    today: "2026-11-20",
    made: { received: "2026-11-20", entered: "2026-11-20T09:00:00.000Z" },
    conditions: new Map(),
    stops: noStops(),
    gone,
    legal: NO_COVER,
    excluded: NOTHING_EXCLUDED,
  };
  const once = decideOnce(found, decideOwn(deciding), new Map(records.map(({ id }, at) => [id, at])));
  const known = knownReferences(new Map(records.map((record) => [record.id, record])), found, once);
  const { decided } = decideReferences(
    map,
    once,
    new Map(Object.entries(references).map(([id, some]) => [id, some.map(known)])),
    // one secret, one database
    new Map(map.systems.map(({ name, connect }) => [name, { space: connect.secret ?? name, root: "" }])),
  );
  return Object.fromEntries(
    [...decided].flatMap(([id, dispositions]) =>
      [...dispositions].map(([key, disposition]) => [`${id}/${key}`, disposition]),
    ),
  );
}

const reference = (
  child: string,
  childKey: string,
  parent: string,
  parentKey: string,
  onDelete: "no_action" | "cascade" = "no_action",
): Reference => ({
  parentKey,
  childKey,
  through: [`${child}_fkey`],
  link: { constraint: `${child}_fkey`, child, childColumns: ["customer_id"], parent, onDelete },
});

const shop = {
  "shop.customers": [row("6", { id: "6", email: "ann@x.example" })],
  "shop.invoices": [
    row("old", { id: "1", customer_id: "6", issued_on: "2011-03-14" }),
    row("new", { id: "2", customer_id: "6", issued_on: "2025-02-20" }),
  ],
  "shop.lines": [row("l1", { invoice_id: "1" }), row("l2", { invoice_id: "2" })],
};
const kept = { until: "2033-12-31", law: ["DE AO §147(3)"], minimise: false };

test("a hold keeps the record it covers, and the lines reached only through it", () => {
  expect(decide([customers(), invoices, lines], shop)).toMatchObject({
    "shop.customers/6": { kind: "act", change: "rule" },
    "shop.invoices/old": { kind: "act", change: "rule" },
    "shop.invoices/new": { kind: "kept", reason: "retention", ...kept },
    "shop.lines/l1": { kind: "act", change: "rule" },
    "shop.lines/l2": { kind: "kept", reason: "held_with", ...kept },
  });
});

test("a line that an identity leads to as well is not held with its invoice", () => {
  const both = recordOf("shop", "lines", {
    match: { mode: "any", terms: [byColumn("invoice_id", "shop.invoices", "id"), byIdentity("email", "email")] },
  });
  const rows = {
    ...shop,
    "shop.lines": [
      row("l2", { invoice_id: "2", email: "Ann@x.example " }),
      row("l3", { invoice_id: "2", email: "bob@x.example" }),
    ],
  };
  const decided = decide([customers(), invoices, both], rows);
  expect(decided["shop.lines/l2"]).toMatchObject({ kind: "act", change: "rule" });
  expect(decided["shop.lines/l3"]).toMatchObject({ kind: "kept", reason: "held_with" });
});

test("a hold's missing date makes the record wait", () => {
  expect(
    decide([customers(), invoices], { "shop.invoices": [row("n", { id: "3", customer_id: "6", issued_on: null })] })[
      "shop.invoices/n"
    ],
  ).toMatchObject({
    kind: "waiting",
    reason: "no_date",
  });
});

const aml: Hold = {
  ...hold,
  name: "aml_5y",
  says: "anti-money-laundering law requires customer records to be kept for 5 years",
  keepFor: { years: 5, months: 0, days: 0, seconds: 0, text: "5 years" },
  starts: "end_of_relationship",
  redactable: false,
  law: ["Directive (EU) 2015/849 Art. 40(1)"],
};
const { roundUpTo: _, ...amlFromTheDay } = aml;

const doubly = recordOf("shop", "invoices", {
  match: { mode: "any", terms: [byColumn("customer_id", "shop.customers", "id")] },
  holds: [
    { hold: "invoice_8y", from: "issued_on", protects: [] },
    { hold: "aml_5y", from: "left_on", protects: [] },
  ],
  whileHeld: { restrict: true, keepOnly: ["number"] },
});

test("of several holds the latest end counts, in either order, and the laws of all that still run are named", () => {
  const end = (issued: string, left: string): unknown =>
    decide(
      [customers(), doubly],
      { "shop.invoices": [row("i", { customer_id: "6", issued_on: issued, left_on: left })] },
      {},
      { holds: [hold, amlFromTheDay] },
    )["shop.invoices/i"];
  const both = [...hold.law, ...aml.law];
  expect(end("2025-02-20", "2026-03-01")).toMatchObject({ until: "2033-12-31", law: both, says: hold.says });
  expect(end("2018-02-20", "2026-03-01")).toMatchObject({ until: "2031-03-01", law: both, says: aml.says });
  expect(end("2017-02-20", "2026-03-01")).toMatchObject({ until: "2031-03-01", law: aml.law });
  expect(end("2018-02-20", "2020-03-01")).toMatchObject({ until: "2026-12-31", law: hold.law });
  expect(end("2017-02-20", "2021-11-19")).toMatchObject({ kind: "act" });
  expect(end("2017-02-20", "2021-11-20")).toMatchObject({ until: "2026-11-20", law: aml.law });
});

test("a relationship that has not ended is kept for review without an end, with its lines, and nothing of it is cleared", () => {
  const trimmed = recordOf("shop", "lines", {
    match: { mode: "any", terms: [byColumn("invoice_id", "shop.invoices", "id")] },
    whileHeld: { restrict: false, keepOnly: ["number"] },
  });
  const decided = decide(
    [customers(), doubly, trimmed],
    {
      ...shop,
      "shop.invoices": [row("i", { id: "2", customer_id: "6", issued_on: "2025-02-20", left_on: null })],
      "shop.lines": [row("l", { invoice_id: "2" })],
    },
    { "shop.customers": [reference("shop.invoices", "i", "shop.customers", "6")] },
    { holds: [hold, amlFromTheDay] },
  );
  const law = [...hold.law, ...aml.law];
  expect(decided).toEqual({
    "shop.customers/6": { kind: "kept", reason: "held_by", law, says: aml.says, minimise: false },
    "shop.invoices/i": { kind: "kept", reason: "review", law, says: aml.says, minimise: false, whole: true },
    "shop.lines/l": { kind: "kept", reason: "review", law, says: aml.says, minimise: false, whole: true },
  });
});

test("what one of two holds wants whole is not cleared for the other", () => {
  const decided = decide(
    [customers(), doubly],
    { "shop.invoices": [row("i", { customer_id: "6", issued_on: "2025-02-20", left_on: "2026-03-01" })] },
    {},
    { holds: [hold, amlFromTheDay] },
  );
  expect(decided["shop.invoices/i"]).toMatchObject({ kind: "kept", until: "2033-12-31", minimise: false });
});

test("what several record types keep is cleared only where they want the same of it kept", () => {
  const byEmail: RecordType["match"] = { mode: "any", terms: [byIdentity("email", "email")] };
  const type = (name: string, keepOnly: readonly string[] | undefined, from = "issued_on") =>
    recordOf("shop", name, {
      match: byEmail,
      holds: [{ hold: "invoice_8y", from, protects: [] }],
      ...(keepOnly === undefined ? {} : { whileHeld: { restrict: true, keepOnly } }),
    });
  const found = { ...row("i", { issued_on: "2025-02-20", paid_on: "2025-03-01" }), address: "one place" };
  const minimised = (one: RecordType, other: RecordType) => {
    const decided = decide([one, other], { [one.id]: [found], [other.id]: [found] }, {});
    expect(Object.keys(decided)).toEqual([`${one.id}/i`]);
    expect(decided[`${one.id}/i`]).toMatchObject({ kind: "kept", until: "2033-12-31" });
    return decided[`${one.id}/i`];
  };
  const number = type("a", ["number"]);
  expect(minimised(number, type("b", ["number"]))).toMatchObject({ minimise: true });
  expect(minimised(number, type("b", undefined))).toMatchObject({ minimise: false });
  expect(minimised(type("b", undefined), number)).toMatchObject({ minimise: false });
  expect(minimised(number, type("b", ["number", "total"]))).toMatchObject({ minimise: false });
  expect(minimised(number, type("b", ["number"], "paid_on"))).toMatchObject({ minimise: false });
});

test("a rule that leaves something in what another rule takes away is no rule that both could follow", () => {
  const type = (name: string, fields: RecordType["fields"]) =>
    recordOf("shop", name, {
      do: "redact",
      match: { mode: "any", terms: [byIdentity("email", "email")] },
      fields,
    });
  const found = { ...row("i", {}), address: "one place" };
  const both = (one: RecordType["fields"], other: RecordType["fields"]) => () =>
    decide([type("a", one), type("b", other)], { "shop.a": [found], "shop.b": [found] });
  const left = { kind: "set", value: "former" } as const;
  for (const outer of [{ kind: "remove" }, { kind: "clear" }, left] as const) {
    expect(both({ who: outer }, { "who.name": left })).toThrow(/change who.name differently/u);
    expect(both({ "who.name": left }, { who: outer })).toThrow(/change who.name differently/u);
    expect(both({ who: outer }, { "who.name": { kind: "clear" } })).not.toThrow();
  }
  expect(both({ who: { kind: "clear" } }, { whose: left })).not.toThrow();
  // elements of two people
  expect(both({ "all[]": { kind: "remove" } }, { "all[].name": left })).not.toThrow();
});

test("an open suspension keeps what has long run out, without an end, and says why; a missing date waits for nothing then", () => {
  const suspended = { ...hold, suspended: "the tax assessment of 2011 is open" };
  const decided = decide(
    [customers(), invoices],
    {
      "shop.invoices": [
        row("old", { customer_id: "6", issued_on: "2011-03-14" }),
        row("none", { customer_id: "6", issued_on: null }),
      ],
    },
    {},
    { holds: [suspended] },
  );
  for (const key of ["old", "none"])
    expect(decided[`shop.invoices/${key}`]).toEqual({
      kind: "kept",
      reason: "review",
      law: hold.law,
      says: `${hold.says}; the tax assessment of 2011 is open`,
      minimise: false,
    });
});

test("a parent that a held child references is kept, and anonymised where the map gives it fields", () => {
  const references = {
    "shop.customers": [
      reference("shop.invoices", "old", "shop.customers", "6"),
      reference("shop.invoices", "new", "shop.customers", "6"),
    ],
  };
  expect(decide([customers(), invoices], shop, references)["shop.customers/6"]).toMatchObject({
    kind: "kept",
    reason: "held_by",
    ...kept,
  });
  expect(
    decide([customers({ fields: { email: { kind: "clear" } } }), invoices], shop, references)["shop.customers/6"],
  ).toMatchObject({
    kind: "act",
    change: "held_by",
    until: "2033-12-31",
    law: ["DE AO §147(3)"],
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
  expect(decide([customers()], shop, references, { ignore: ["shop.sessions"] })["shop.customers/6"]).toMatchObject({
    kind: "act",
  });
  const family = { ignore: ["shop.sess*"] };
  expect(decide([customers()], shop, references, family)["shop.customers/6"]).toMatchObject({ kind: "act" });
  expect(decide([customers({ cascades: ["shop.sessions_fkey"] })], shop, references)["shop.customers/6"]).toMatchObject(
    { kind: "act" },
  );
});

test("a child that stays and keeps its reference to a deleted parent is an error that names the constraint; unlinked it is none", () => {
  const orders = (more: Partial<RecordType>): RecordType =>
    recordOf("shop", "orders", {
      match: { mode: "any", terms: [byColumn("customer_id", "shop.customers", "id")] },
      do: "anonymise",
      ...more,
    });
  const rows = { ...shop, "shop.orders": [row("o", { id: "1", customer_id: "6" })] };
  const references = { "shop.customers": [reference("shop.orders", "o", "shop.customers", "6")] };
  expect(() => decide([customers(), orders({ fields: { note: { kind: "clear" } } })], rows, references)).toThrow(
    "shop.orders_fkey",
  );
  expect(
    decide([customers(), orders({ fields: { customer_id: { kind: "unlink" } } })], rows, references)[
      "shop.customers/6"
    ],
  ).toMatchObject({
    kind: "act",
    change: "rule",
  });
});

test("`protects` keeps a record of the same person from deletion, not another person's", () => {
  const protecting = { ...invoices, holds: [{ hold: "invoice_8y", from: "issued_on", protects: ["shop.profiles"] }] };
  const rows = {
    ...shop,
    "shop.profiles": [row("mine", { email: "ann@x.example" }), row("hers", { email: "eve@x.example" }, [1])],
  };
  const decided = decide([customers(), protecting, recordOf("shop", "profiles")], rows);
  expect(decided["shop.profiles/mine"]).toMatchObject({ kind: "kept", reason: "held_by" });
  expect(decided["shop.profiles/hers"]).toMatchObject({ kind: "act", change: "rule" });
});

test("what is as wanted already has no disposition, though it leads to others", () => {
  const done = { ...shop, "shop.customers": [{ ...row("6", { id: "6", email: null }), done: true }] };
  expect(
    decide([customers({ do: "anonymise", fields: { email: { kind: "clear" } } }), invoices], done)["shop.customers/6"],
  ).toBeUndefined();
});

test("lines of an invoice whose date is missing wait with it", () => {
  const rows = {
    ...shop,
    "shop.invoices": [row("n", { id: "3", customer_id: "6", issued_on: null })],
    "shop.lines": [row("l3", { invoice_id: "3" })],
  };
  expect(decide([customers(), invoices, lines], rows)["shop.lines/l3"]).toMatchObject({
    kind: "waiting",
    reason: "no_date",
  });
});

test("a line whose number is spelled otherwise than its invoice's is held with it all the same", () => {
  const rows = {
    ...shop,
    "shop.invoices": [row("new", { id: "2", customer_id: "6", issued_on: "2025-02-20" })],
    "shop.lines": [row("l2", { invoice_id: "2.00" })],
  };
  expect(decide([customers(), invoices, lines], rows)["shop.lines/l2"]).toMatchObject({
    kind: "kept",
    reason: "held_with",
  });
});

test("a line whose invoice has gone is held with no other invoice", () => {
  const rows = {
    ...shop,
    "shop.lines": [row("l1", { invoice_id: "1" }), row("l9", { invoice_id: "9" }), row("l3", { invoice_id: "9.00" })],
  };
  const invoicesNow = { ...rows, "shop.invoices": shop["shop.invoices"].slice(1) };
  const decided = decide(
    [customers(), invoices, lines],
    invoicesNow,
    {},
    {},
    new Map([["shop.invoices\nid", new Set(["9"])]]),
  );
  expect(decided["shop.lines/l9"]).toMatchObject({ kind: "act", change: "rule" });
  // nobody has looked for these two
  expect(decided["shop.lines/l1"]).toMatchObject({ kind: "kept", reason: "held_with" });
  expect(decided["shop.lines/l3"]).toMatchObject({ kind: "kept", reason: "held_with" });
});

test("a held record that is as its rule wants already is kept, with its lines", () => {
  const held = { ...shop["shop.invoices"][1], done: true };
  const rows = {
    ...shop,
    "shop.invoices": [{ ...row("new", { id: "2", customer_id: "6", issued_on: "2025-02-20" }), ...held }],
    "shop.lines": [row("l2", { invoice_id: "2" })],
  };
  const decided = decide([customers(), invoices, lines], rows, {
    "shop.customers": [reference("shop.invoices", "new", "shop.customers", "6")],
  });
  expect(decided["shop.invoices/new"]).toMatchObject({ kind: "kept", reason: "retention", ...kept });
  expect(decided["shop.lines/l2"]).toMatchObject({ kind: "kept", reason: "held_with" });
  expect(decided["shop.customers/6"]).toMatchObject({ kind: "kept", reason: "held_by" });
});

test("a declared cascade does not take other people's records of a mapped type", () => {
  const cascading = customers({ cascades: ["shop.invoices_fkey"] });
  const decided = decide(
    [cascading, invoices],
    { ...shop, "shop.invoices": [] },
    { "shop.customers": [reference("shop.invoices", "bobs", "shop.customers", "6", "cascade")] },
  );
  expect(decided["shop.customers/6"]).toEqual({ kind: "blocked", reason: "shop.invoices_fkey" });
});

test("`protects` waits where nobody knows how long, and counts the longest of several holds", () => {
  const protecting = { ...invoices, holds: [{ hold: "invoice_8y", from: "issued_on", protects: ["shop.profiles"] }] };
  const types = [customers(), protecting, recordOf("shop", "profiles")];
  const profiles = [row("mine", { email: "ann@x.example" })];
  expect(
    decide(types, {
      ...shop,
      "shop.invoices": [row("n", { id: "3", customer_id: "6", issued_on: null })],
      "shop.profiles": profiles,
    })["shop.profiles/mine"],
  ).toMatchObject({ kind: "waiting", reason: "no_date" });
  const two = [
    row("a", { id: "1", customer_id: "6", issued_on: "2020-02-20" }),
    row("b", { id: "2", customer_id: "6", issued_on: "2025-02-20" }),
  ];
  expect(
    decide(types, { ...shop, "shop.invoices": two, "shop.profiles": profiles })["shop.profiles/mine"],
  ).toMatchObject({
    kind: "kept",
    reason: "held_by",
    until: "2033-12-31",
  });
});

test("what leads on from a protected record is held with it, what leads on from a parent that a held child references is not", () => {
  const protecting = { ...invoices, holds: [{ hold: "invoice_8y", from: "issued_on", protects: ["shop.orders"] }] };
  const orders = recordOf("shop", "orders", {
    match: { mode: "any", terms: [byColumn("customer_id", "shop.customers", "id")] },
  });
  const items = recordOf("shop", "items", {
    match: { mode: "any", terms: [byColumn("order_id", "shop.orders", "id")] },
  });
  const rows = {
    ...shop,
    "shop.orders": [row("o", { id: "1", customer_id: "6" })],
    "shop.items": [row("i", { order_id: "1" })],
  };
  const decided = decide([customers(), orders, items, protecting], rows, {
    "shop.customers": [reference("shop.invoices", "new", "shop.customers", "6")],
  });
  expect(decided["shop.orders/o"]).toMatchObject({ kind: "kept", reason: "held_by" });
  expect(decided["shop.items/i"]).toMatchObject({ kind: "kept", reason: "held_with" });
  expect(decided["shop.customers/6"]).toMatchObject({ kind: "kept", reason: "held_by" });
  expect(decided["shop.invoices/old"]).toMatchObject({ kind: "act", change: "rule" });
});

test("a middle record that is anonymised for a held child keeps its own parent too", () => {
  const households = recordOf("shop", "households");
  const middle = customers({ fields: { email: { kind: "set", value: "gone" } } });
  const rows = { ...shop, "shop.households": [row("h", { email: "ann@x.example" })] };
  const references = {
    "shop.customers": [reference("shop.invoices", "new", "shop.customers", "6")],
    "shop.households": [reference("shop.customers", "6", "shop.households", "h")],
  };
  const decided = decide([households, middle, invoices], rows, references);
  expect(decided["shop.customers/6"]).toMatchObject({ kind: "act", change: "held_by" });
  expect(decided["shop.households/h"]).toMatchObject({ kind: "kept", reason: "held_by", ...kept });
});

test("a line with a shorter hold of its own is kept as long as its invoice, under the law of both", () => {
  const short: Hold = {
    ...hold,
    name: "short",
    law: ["X"],
    keepFor: { years: 2, months: 0, days: 0, seconds: 0, text: "2 years" },
  };
  const own = { ...lines, holds: [{ hold: "short", from: "made", protects: [] }] };
  const rows = { ...shop, "shop.lines": [row("l2", { invoice_id: "2", made: "2025-02-20" })] };
  expect(decide([customers(), invoices, own], rows, {}, { holds: [hold, short] })["shop.lines/l2"]).toMatchObject({
    kind: "kept",
    reason: "held_with",
    until: "2033-12-31",
    law: ["X", "DE AO §147(3)"],
    minimise: false,
  });
});

test("a declared cascade takes no row of a table that another system over the same database maps", () => {
  const cascading = customers({ cascades: ["shop.crm.notes_fkey"] });
  const references = { "shop.customers": [reference("shop.crm.notes", "7", "shop.customers", "6", "cascade")] };
  const notes = recordOf("crm", "notes", { place: { kind: "table", schema: "crm", table: "notes" } });
  const connect = { secret: "shop_db" };
  const block = mapOf([
    { name: "shop", kind: "postgres", connect, records: [cascading] },
    { name: "crm", kind: "postgres", connect, records: [notes] },
  ]).systems;
  const apart = block.map((one) => (one.name === "crm" ? { ...one, connect: { secret: "crm_db" } } : one));
  expect(decide([cascading], shop, references, { systems: block })["shop.customers/6"]).toEqual({
    kind: "blocked",
    reason: "shop.crm.notes_fkey",
  });
  expect(decide([cascading], shop, references, { systems: apart })["shop.customers/6"]).toMatchObject({
    kind: "act",
    change: "rule",
  });
});

test("an object that is held whole keeps its lines, whatever the rule of the lines says", () => {
  const objects = recordOf("shop", "objects", { holds: [{ hold: "invoice_8y", from: "issued_on", protects: [] }] });
  const inside = recordOf("shop", "inside", {});
  const at = (within: string, key: string): Row => ({ ...row(key, {}), within });
  const decided = decide([objects, inside], {
    "shop.objects": [row("held", { issued_on: "2026-01-01" }), row("free", { issued_on: "2001-01-01" })],
    "shop.inside": [at("shop.objects/held", "1"), at("shop.objects/free", "2")],
  });
  expect(decided["shop.objects/held"]).toMatchObject({ kind: "kept", reason: "retention" });
  expect(decided["shop.inside/1"]).toMatchObject({ kind: "kept", reason: "retention", until: "2034-12-31" });
  expect(decided["shop.objects/free"]).toMatchObject({ kind: "act" });
  expect(decided["shop.inside/2"], "counted with its object").toBeUndefined();
});
