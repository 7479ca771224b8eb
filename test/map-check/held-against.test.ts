import { expect, test } from "vitest";
import { heldAgainst, type Held, toSample } from "../../src/map-check/held-against.ts";
import { lockOf } from "../../src/map-check/lock.ts";
import type { DataMap, RecordType, SystemBlock } from "../../src/model/datamap.ts";
import type { Store } from "../../src/model/structure.ts";
import { byColumn, byIdentity, mapOf, recordOf } from "../support/small-map.ts";
import { column, looked, reference, store } from "./structures.ts";

const MATCH = { mode: "any", terms: [byIdentity("email", "email")] } as const;

function shop(records: readonly RecordType[], more: Partial<DataMap> & { block?: Partial<SystemBlock> } = {}): DataMap {
  const { block = {}, ...rest } = more;
  return mapOf([{ name: "shop", kind: "postgres", records, ...block }], rest);
}

const people = (more: Partial<RecordType> = {}): RecordType =>
  recordOf("shop", "people", { match: MATCH, do: "anonymise", fields: { email: { kind: "clear" } }, ...more });
const PEOPLE = store("people", ["email", "name"]);

/** What is found where the first structure was accepted and the second is there: code, record, column. */
function found(map: DataMap, before: readonly Store[] | undefined, now: readonly Store[], more = {}): string[] {
  return told(held(map, before, now, more));
}

function held(map: DataMap, before: readonly Store[] | undefined, now: readonly Store[], more = {}): Held {
  const lock = before === undefined ? undefined : lockOf([looked(map, before)]);
  return heldAgainst(map, [looked(map, now, more)], { lock, minCoverage: undefined });
}

const told = ({ findings }: Held): string[] =>
  findings.map((one) =>
    [one.code, one.record, one.column].filter((part) => part !== undefined && part !== "").join(" "),
  );

const errors = (all: Held): string[] =>
  told({ ...all, findings: all.findings.filter((one) => one.severity === "error") });

test("a column that is new, gone or of another type is an error; one that a rule reaches, or that is ignored, is none", () => {
  const map = shop([people({ fields: { email: { kind: "clear" }, name: { kind: "clear" } } })]);
  const phone = store("people", ["email", "name", column("phone", { type: "character varying(40)" })]);
  expect(found(map, [PEOPLE], [PEOPLE])).toEqual([]);
  const [finding] = held(map, [PEOPLE], [phone]).findings;
  expect(finding).toMatchObject({ code: "COLUMN_NEW", record: "shop.people", column: "phone", severity: "error" });
  expect(finding?.message).toBe("`phone` (character varying(40)) is new, and no rule reaches it");
  expect(errors(held(map, [phone], [PEOPLE]))).toEqual(["COLUMN_GONE shop.people phone"]);
  const typed = store("people", [column("email", { type: "citext" }), "name"]);
  expect(errors(held(map, [PEOPLE], [typed]))).toEqual(["COLUMN_RETYPED shop.people email"]);
  expect(found(shop([people({ do: "erase" })]), [PEOPLE], [phone])).toEqual([]);
  expect(found({ ...map, ignore: ["shop.people.phone"] }, [PEOPLE], [phone])).toEqual([]);
  expect(found({ ...map, ignore: ["shop.people.ph*"] }, [PEOPLE], [phone])).toEqual([]);
  expect(found({ ...map, ignore: ["shop.people.fax"] }, [PEOPLE], [phone])).toEqual([
    "COLUMN_NEW shop.people phone",
    "IGNORE_UNUSED shop.people.fax",
  ]);
});

test("a star of map.ignore stops at a dot, and a file that is named alone names no other of its family", () => {
  const log = store("orders", ["id", "error_log"]);
  const map = { ...shop([recordOf("shop", "orders", { match: MATCH, do: "redact" })]), ignore: ["shop.*_log"] };
  expect(found(map, [log], [log])).toContain("COLUMN_UNMAPPED shop.orders error_log");
  const access = store("access_log", ["x"]);
  expect(found(map, [log, access], [log, access])).not.toContain("COLUMN_UNMAPPED shop.access_log");
  const files = mapOf([
    {
      name: "share",
      kind: "files",
      records: [
        recordOf("share", "lists", {
          place: { kind: "files", globs: ["leads-2026.csv"] },
          match: MATCH,
          do: "remove-rows",
        }),
      ],
    },
  ]);
  const leads = store("leads-*.csv", ["email"], { kind: "files", format: "csv", key: [] });
  expect(found(files, [leads], [leads])).toContain("COLUMN_UNMAPPED share.leads-*.csv");
});

test("what is ignored may come, go and change", () => {
  const map = { ...shop([people({ do: "erase" })]), ignore: ["shop.tmp_*", "shop.people.ra*"] };
  const before = [store("people", ["email", "rank", "rate"]), store("tmp_a", ["x"])];
  const now = [store("people", ["email", column("rate", { type: "numeric" })])];
  expect(errors(held(map, before, now))).toEqual([]);
  expect(errors(held({ ...map, ignore: [] }, before, now))).toEqual([
    "COLUMN_GONE shop.people rank",
    "TABLE_GONE shop.tmp_a",
    "COLUMN_RETYPED shop.people rate",
  ]);
});

test("a table that is new is an error, with the reference that leads to a person; an ignored one, a view and a partition are none", () => {
  const map = shop([people({ do: "erase" })]);
  const notes = store("notes", ["id", "person", "body"], { references: [reference("theirs", "person", "people")] });
  const all = held(map, [PEOPLE], [PEOPLE, notes]);
  expect(errors(all)).toEqual(["TABLE_NEW shop.notes", "REFERENCE_UNMAPPED shop.notes person"]);
  expect(all.findings[1]?.help).toContain("`match: { person: shop.people.id }`");
  // once it was looked at, it is known, and still leads to the person
  expect(errors(held(map, [PEOPLE, notes], [PEOPLE, notes]))).toEqual(["REFERENCE_UNMAPPED shop.notes person"]);
  expect(found({ ...map, ignore: ["shop.no*"] }, [PEOPLE], [PEOPLE, notes])).toEqual([]);
  expect(errors(held(map, [PEOPLE, notes], [PEOPLE]))).toEqual(["TABLE_GONE shop.notes"]);
  const parts = [store("people_2026", ["email"], { partOf: "people" }), store("seen", ["email"], { kind: "view" })];
  expect(found(map, [PEOPLE], [PEOPLE, ...parts])).toEqual([]);
});

test("a table whose name has its schema before it now, for other rights or another search path, is not gone, and its new column is seen", () => {
  const map = shop([people({ place: { kind: "table", schema: "hr", table: "people" } })]);
  const qualified = store("hr.people", ["email", "name", "phone"], { parts: ["hr", "people"] });
  expect(errors(held(map, [PEOPLE], [qualified]))).toEqual(["COLUMN_NEW shop.people phone"]);
  expect(errors(held(map, [qualified], [PEOPLE]))).toEqual(["COLUMN_GONE shop.people phone"]);
});

test("columns are mapped by whatever rule speaks of them, and counted; what is unmapped is a warning, once a table where there is no rule at all", () => {
  const orders = recordOf("shop", "orders", {
    match: { mode: "any", terms: [byColumn("person", "shop.people", "id")] },
    do: "redact",
    in: ["extra"],
    paths: { "who.mail": { kind: "clear" } },
    where: { kind: ["web"] },
    unless: "open",
    holds: [{ hold: "tax", from: "issued", protects: [] }],
    whileHeld: { restrict: true, keepOnly: ["total"] },
  });
  const conditions: DataMap["conditions"] = [
    {
      name: "open",
      says: "it is open",
      match: { mode: "any", terms: [] },
      where: { state: ["open"] },
      at: { line: 3, column: 1 },
    },
  ];
  const map = shop([people(), orders], { conditions, ignore: ["shop.rates", "shop.orders.vat"] });
  const stores = [
    store("people", ["id", "email", "name"]),
    store("orders", ["person", "extra", "kind", "state", "issued", "total", "vat", "note"]),
    store("rates", ["a", "b"]),
    store("log", ["x", "y"]),
  ];
  const all = held(map, stores, stores);
  expect(all.coverage).toEqual({ mapped: 8, ignored: 3, unmapped: 4, percent: 73 });
  expect(told(all)).toEqual([
    "COLUMN_UNMAPPED shop.log",
    "COLUMN_UNMAPPED shop.orders note",
    "COLUMN_UNMAPPED shop.people name",
  ]);
  const low = heldAgainst(map, [looked(map, stores)], { lock: lockOf([looked(map, stores)]), minCoverage: 74 });
  expect(errors(low)).toEqual(["COVERAGE_LOW"]);
  const enough = heldAgainst(map, [looked(map, stores)], { lock: lockOf([looked(map, stores)]), minCoverage: 73 });
  expect(errors(enough)).toEqual([]);
});

test("a table is the one of its schema, also where the search path finds it and where another schema has one of that name", () => {
  const archived = recordOf("shop", "old", {
    place: { kind: "table", schema: "archive", table: "people" },
    match: MATCH,
  });
  const map = shop([archived]);
  const unmapped = (...names: readonly string[]): string[] =>
    found(
      map,
      undefined,
      names.map((name) => store(name, ["email"])),
    ).filter((one) => one !== "NO_BASELINE");
  expect(unmapped("archive.people")).toEqual([]);
  expect(unmapped("people")).toEqual([]);
  expect(unmapped("archive.people", "people")).toEqual(["COLUMN_UNMAPPED shop.people"]);
  expect(unmapped("crm.people")).toEqual(["COLUMN_UNMAPPED shop.crm.people"]);
});

test("without an accepted structure that is one warning, and nothing is new", () => {
  expect(found(shop([people({ do: "erase" })]), undefined, [PEOPLE])).toEqual(["NO_BASELINE"]);
});

test.each(["email_outbox", "jobs", "DelayedJob", "user_sessions", "shop.mail_deliveries", "dead_letters", "good_jobs"])(
  "%s keeps copies beside the data, and must be decided about",
  (name) => {
    const map = shop([people({ do: "erase" })]);
    const side = store(name, ["payload"]);
    expect(errors(held(map, [PEOPLE, side], [PEOPLE, side]))).toEqual([`SIDE_STORE shop.${name}`]);
    expect(found({ ...map, ignore: [`shop.${name}`] }, [PEOPLE, side], [PEOPLE, side])).toEqual([]);
  },
);

test("a store whose name only sounds alike is no copy", () => {
  const map = shop([people({ do: "erase" })]);
  const names = ["jobless", "obsessions", "deliverable"].map((name) => store(name, ["x"]));
  expect(errors(held(map, undefined, [PEOPLE, ...names]))).toEqual([]);
});

const hidden = (more: Partial<RecordType> = {}): RecordType =>
  people({ do: "soft-delete", fields: {}, marker: { kind: "timestamp", column: "deleted_at", live: null }, ...more });

test("a unique constraint that ignores the marker is an error with the partial index to copy; one that heeds it is none", () => {
  const map = shop([hidden()]);
  const of = (uniques: Store["uniques"]): Held => {
    const now = [store("people", ["id", "email", "name", "deleted_at"], { uniques, indexed: ["deleted_at"] })];
    return held(map, now, now);
  };
  const unique = { name: "people_email_key", columns: ["email"], expressions: [], constraint: true };
  const all = of([unique]);
  expect(errors(all)).toEqual(["UNIQUE_IGNORES_MARKER shop.people email"]);
  expect(all.findings[0]?.help).toContain(
    "CREATE UNIQUE INDEX people_email_key_live ON people (email) WHERE deleted_at IS NULL; ALTER TABLE people DROP CONSTRAINT people_email_key;",
  );
  expect(errors(of([{ ...unique, where: "(deleted_at IS NULL)" }]))).toEqual([]);
  expect(errors(of([{ ...unique, columns: ["email", "deleted_at"] }]))).toEqual([]);
  expect(errors(of([{ ...unique, columns: ["id"] }]))).toEqual([]);
  const flagged = shop([hidden({ marker: { kind: "status", column: "state", deleted: ["bin", "gone"] } })]);
  const now = [
    store("people", ["id", "email", "state"], {
      uniques: [{ ...unique, columns: [], expressions: ["lower(email)"], constraint: false }],
    }),
  ];
  expect(held(flagged, now, now).findings[0]?.help).toContain(
    "ON people (lower(email)) WHERE state NOT IN ('bin', 'gone'); DROP INDEX people_email_key;",
  );
});

test("a view or function that shows the marked is an error with the filter to copy; to show the marker is no filter", () => {
  const map = shop([hidden()]);
  const of = (source: string | undefined): string[] => {
    const view = { name: "active", kind: "view" as const, ...(source === undefined ? {} : { source }) };
    const now = [store("people", ["id", "email", "deleted_at"], { readers: [view], indexed: ["deleted_at"] })];
    return errors(held(map, now, now));
  };
  expect(of("SELECT email FROM people")).toEqual(["VIEW_IGNORES_MARKER shop.people deleted_at"]);
  expect(of("SELECT email, deleted_at FROM people WHERE email <> ''")).toEqual([
    "VIEW_IGNORES_MARKER shop.people deleted_at",
  ]);
  expect(of("SELECT email FROM people -- where deleted_at is null")).toHaveLength(1);
  expect(of("SELECT email FROM people WHERE (deleted_at IS NULL)")).toEqual([]);
  expect(of("SELECT o.id FROM orders o JOIN people p ON p.id = o.person AND p.deleted_at IS NULL")).toEqual([]);
  expect(of(undefined)).toEqual([]);
});

test("what references the hidden and stays visible is an error; what follows, goes or is restricted is none", () => {
  const child = (more: Partial<RecordType>): string[] => {
    const notes = recordOf("shop", "notes", {
      match: { mode: "any", terms: [byColumn("person", "shop.people", "id")] },
      ...more,
    });
    const now = [
      store("people", ["id", "email", "deleted_at"], { indexed: ["deleted_at"] }),
      store("notes", ["id", "person", "deleted_at"], {
        references: [reference("theirs", "person", "people")],
        indexed: ["deleted_at"],
      }),
    ];
    return errors(held(shop([hidden(), notes]), now, now));
  };
  expect(child({ do: "keep" })).toEqual(["CHILD_VISIBLE shop.notes"]);
  expect(child({ do: "redact", in: ["body"] })).toEqual(["CHILD_VISIBLE shop.notes"]);
  expect(child({ do: "keep", whileHeld: { restrict: true } })).toEqual([]);
  expect(child({ do: "erase" })).toEqual([]);
  expect(child({ do: "soft-delete", marker: { kind: "timestamp", column: "deleted_at", live: null } })).toEqual([]);
});

test("a marker that no record of a thousand has, and no trigger sets, is never set", () => {
  const map = shop([hidden()]);
  const of = (deleted: readonly string[], more: Partial<Store> = {}): string[] => {
    const now = [store("people", ["id", "email", "deleted_at"], { indexed: ["deleted_at"], ...more })];
    const ids = Array.from({ length: 1000 }, (_, at) => String(at));
    const samples = {
      people: [
        { column: "id", values: ids },
        { column: "deleted_at", values: deleted },
      ],
    };
    return errors(held(map, now, now, { samples }));
  };
  expect(of([])).toEqual(["MARKER_NEVER_SET shop.people deleted_at"]);
  expect(of(["2026-11-30 10:00:00+00"])).toEqual([]);
  expect(of([], { triggers: [{ name: "bin", on: ["update"], writes: [], sets: ["deleted_at"] }] })).toEqual([]);
  const computed = [
    store("people", ["id", "email", column("deleted_at", { generated: true })], { indexed: ["deleted_at"] }),
  ];
  expect(errors(held(map, computed, computed))).toEqual(["MARKER_NEVER_SET shop.people deleted_at"]);
  expect(toSample(map, looked(map, computed))).toEqual(["people"]);
});

test("a date by which records are due and that no index serves is a warning with the index to copy", () => {
  const after = { years: 0, months: 0, days: 14, seconds: 0, text: "14 days" };
  const map = shop([hidden({ purge: { after, how: "erase" } })]);
  const now = [store("people", ["id", "email", "deleted_at"])];
  const all = held(map, now, now);
  expect(told(all)).toEqual(["PURGE_INDEX_MISSING shop.people deleted_at"]);
  expect(all.findings[0]?.help).toContain("CREATE INDEX ON people (deleted_at);");
  const leads = shop([people({ do: "erase", schedule: { after, from: "seen" } })]);
  const stores = [store("people", ["email", "seen"])];
  expect(found(leads, stores, stores)).toEqual(["PURGE_INDEX_MISSING shop.people seen"]);
});

test("a condition whose value its column can never hold, or that is written otherwise there, is an error at the condition's line", () => {
  const of = (of: Partial<Store>, values: readonly string[] = [], wanted = ["open"]): string[] => {
    const conditions: DataMap["conditions"] = [
      {
        name: "busy",
        says: "it is open",
        match: { mode: "any", terms: [] },
        where: { state: wanted },
        at: { line: 7, column: 1 },
      },
    ];
    const map = shop([people({ do: "erase", unless: "busy" })], { conditions });
    const now = [store("people", ["email", "state"], of)];
    const all = held(map, now, now, { samples: { people: [{ column: "state", values }] } });
    expect(all.findings.every(({ line }) => line === 7)).toBe(true);
    return errors(all);
  };
  const never = ["CONDITION_NEVER shop.people state"];
  expect(of({ columns: [column("email"), column("state", { values: ["opened", "shut"] })] })).toEqual(never);
  expect(of({ columns: [column("email"), column("state", { values: ["open", "shut"] })] })).toEqual([]);
  const check = (text: string) => ({ checks: [{ name: "c", columns: ["state"], text }] });
  expect(of(check("CHECK ((state = ANY (ARRAY['opened'::text, 'shut'::text])))"))).toEqual(never);
  expect(of(check("state IN ('open', 'shut')"))).toEqual([]);
  expect(of(check("state NOT IN ('void')"))).toEqual([]);
  expect(of({}, ["OPEN", "SHUT"])).toEqual(never);
  // that nothing is open today says nothing of tomorrow
  expect(of({}, ["shut"])).toEqual([]);
});

test("a tombstone that a list, a unique constraint or a length refuses is an error", () => {
  const of = (value: string, more: Partial<Store>, one = column("email")): string[] => {
    const map = shop([people({ fields: { email: { kind: "set", value } } })]);
    const now = [store("people", [one], more)];
    return errors(held(map, now, now));
  };
  const breaks = ["TOMBSTONE_BREAKS shop.people email"];
  expect(of("gone", {}, column("email", { values: ["a", "none"] }))).toEqual(breaks);
  expect(of("gone", { uniques: [{ name: "u", columns: ["email"], expressions: [], constraint: true }] })).toEqual(
    breaks,
  );
  expect(of("gone", {}, column("email", { length: 3 }))).toEqual(breaks);
  expect(of("gone", {}, column("email", { length: 4 }))).toEqual([]);
});

test("what a kind of system says itself has this command's words, and is said once", () => {
  const map = shop([people({ do: "erase" })]);
  const say = (code: string, more: object = {}) => ({
    code,
    severity: "error" as const,
    record: "shop.people",
    message: code,
    ...more,
  });
  const notes = store("notes", ["id", "person"], { references: [reference("theirs", "person", "people")] });
  const said = [
    say("COLUMN_MISSING", { column: "mail" }),
    say("CONSTRAINT", { column: "email" }),
    say("NOT_PERMITTED"),
    say("FOREIGN_KEY_UNDECLARED", { table: "notes" }),
    say("TRIGGER_UNDECLARED"),
    { ...say("PATTERN_EMPTY"), severity: "empty" as const },
  ];
  const denied = store("people", ["email"], { may: { read: true, erase: false } });
  const all = held(map, [denied, notes], [denied, notes], { said });
  expect(told(all)).toEqual([
    "COLUMN_GONE shop.people mail",
    "REFERENCE_UNMAPPED shop.notes person",
    "TOMBSTONE_BREAKS shop.people email",
    "RIGHT_MISSING shop.people",
    "TRIGGER_UNDECLARED shop.people",
    "PATTERN_EMPTY shop.people",
  ]);
  expect(all.findings.map(({ severity }) => severity)).toEqual([
    "error",
    "error",
    "error",
    "error",
    "error",
    "warning",
  ]);
  expect(
    all.findings.every(
      ({ help, code }) => help.includes("Left so:") || code.includes("TRIGGER") || code.includes("EMPTY"),
    ),
  ).toBe(true);
});

test("fields of an index, headings of files and prefixes of a bucket have words of their own", () => {
  const index = mapOf([
    {
      name: "search",
      kind: "elasticsearch",
      records: [
        recordOf("search", "docs", {
          place: { kind: "index", pattern: "people" },
          match: MATCH,
          do: "redact",
          paths: { email: { kind: "clear" } },
        }),
      ],
    },
  ]);
  const alias = { readers: [{ name: "people", kind: "view" as const }], key: ["_id"] };
  const docs = (fields: readonly string[]): Store[] => [store("people-*", fields, { kind: "index", ...alias })];
  expect(errors(held(index, docs(["email"]), docs(["email", "phone"])))).toEqual(["FIELD_NEW search.docs phone"]);
  expect(errors(held(index, docs(["email", "x"]), docs(["email"])))).toEqual(["FIELD_GONE search.docs x"]);

  const files = mapOf([
    {
      name: "share",
      kind: "files",
      records: [
        recordOf("share", "lists", { place: { kind: "files", globs: ["lists/*.csv"] }, match: MATCH, do: "unlink" }),
      ],
    },
  ]);
  const list = (headings: readonly string[], name = "lists/news-*.csv"): Store =>
    store(name, headings, { kind: "files", format: "csv", key: [] });
  const before = [list(["email"])];
  expect(errors(held(files, before, [list(["email", "phone"])]))).toEqual(["HEADER_NEW share.lists phone"]);
  expect(errors(held(files, [list(["email", "phone"])], before))).toEqual(["HEADER_GONE share.lists phone"]);
  expect(errors(held(files, before, [...before, list(["a"], "staff.csv")]))).toEqual(["FILE_NEW share.staff.csv"]);
  // a glob names tomorrow's files too
  expect(errors(held(files, before, [...before, list(["email"], "lists/more.csv")]))).toEqual([]);
  expect(errors(held({ ...files, ignore: ["share.st*"] }, before, [...before, list(["a"], "staff.csv")]))).toEqual([]);

  const objects = mapOf([
    {
      name: "store",
      kind: "s3",
      records: [
        recordOf("store", "faces", {
          place: { kind: "keys", templates: ["s3://b/faces/:email/front.png"] },
          match: MATCH,
        }),
      ],
    },
  ]);
  const faces = store("b/faces/*/*.png", [], { kind: "objects", key: [] });
  const ids = store("b/passports/*.jpg", [], { kind: "objects", key: [] });
  expect(found(objects, [faces], [faces])).toEqual([]);
  expect(errors(held(objects, [faces], [faces, ids]))).toEqual(["PREFIX_NEW store.b/passports/*.jpg"]);
  expect(errors(held(objects, [faces], [faces, list(["a"], "b/exports/all.csv")]))).toEqual([
    "PREFIX_NEW store.b/exports/all.csv",
  ]);
  expect(errors(held({ ...objects, ignore: ["store.b/passports/*"] }, [faces], [faces, ids]))).toEqual([]);
});
