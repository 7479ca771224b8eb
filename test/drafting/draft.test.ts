/** What is proposed of stores as they may be, without a server. */
import { parse } from "yaml";
import { expect, test } from "vitest";
import { draft } from "../../src/drafting/draft.ts";
import { hushedName } from "../../src/drafting/hushed-names.ts";
import { mapText } from "../../src/drafting/map-text.ts";
import type { SurveyedSystem } from "../../src/drafting/proposal.ts";
import type { Store, StoreColumn } from "../../src/model/structure.ts";
import { lint } from "../datamap/lint-map.ts";
import { surveyedAs } from "./labelled.ts";

/** `name: type!` with `!` for NOT NULL. */
function table(name: string, columns: Readonly<Record<string, string>>, more: Partial<Store> = {}): Store {
  const [first = ""] = Object.keys(columns);
  return {
    kind: "table",
    name,
    columns: Object.entries(columns).map(([column, said]): StoreColumn => {
      const type = said.replace(/!$/u, "");
      return { name: column, type, shape: shapeOf(type), nullable: !said.endsWith("!"), generated: false };
    }),
    key: [first],
    uniques: [],
    references: [],
    indexed: [],
    checks: [],
    triggers: [],
    readers: [],
    ...more,
  };
}

function shapeOf(type: string): StoreColumn["shape"] {
  if (/^(?:int|numeric)/u.test(type)) return "number";
  if (/^(?:date|time)/u.test(type)) return "date";
  return type === "json" ? "json" : type === "bool" ? "boolean" : type === "uuid" ? "uuid" : "text";
}

const to = (column: string, target: string, more: Partial<Store["references"][number]> = {}) => ({
  name: `${column}_fkey`,
  columns: [column],
  to: target,
  toColumns: ["id"],
  onDelete: "restrict" as const,
  ...more,
});

const USERS = table("users", { id: "int!", email: "text!", name: "text", phone: "text" });

function textOf(stores: readonly Store[], more: Partial<SurveyedSystem> = {}): string {
  return mapText(draft([surveyedAs(stores, more)]), { today: "2026-11-30", timezone: "Europe/Berlin" });
}

interface Read {
  readonly map: { readonly ignore?: readonly string[] };
  readonly identities: Readonly<Record<string, { readonly type: string; readonly found_in?: string }>>;
  readonly systems: { readonly app: { readonly records: Readonly<Record<string, Readonly<Record<string, unknown>>>> } };
}
const read = (text: string) => parse(text) as Read;
const records = (stores: readonly Store[], more?: Partial<SurveyedSystem>) =>
  read(textOf(stores, more)).systems.app.records;

test("a draft says what it is made of, lints without an error, and gives the same text again", async () => {
  const stores = [
    USERS,
    table("posts", { id: "int!", user_id: "int!", body: "text!" }, { references: [to("user_id", "users")] }),
    table("colours", { id: "int!", name: "text" }),
  ];
  const text = textOf(stores);
  expect((await lint(text)).filter(({ severity }) => severity === "error")).toEqual([]);
  expect(text).toBe(textOf(stores.toReversed().toReversed()));
  const { map, identities, systems } = read(text);
  expect(map.ignore).toEqual(["app.colours"]);
  expect(identities["user_id"]).toMatchObject({ type: "integer", found_in: "app.users.id", by: { email: "email" } });
  expect(systems.app.records).toMatchObject({
    users: {
      match: { id: "user_id", email: "email" },
      do: "erase",
      fields: { email: { set: "erased@invalid" }, name: "clear", phone: "clear" },
    },
    posts: { match: { user_id: "app.users.id" }, do: "erase", fields: { body: { set: "erased" } } },
  });
});

test("a NOT NULL column is never cleared: unique ones get a template, dates a year, others a value; each with its reason on its line", () => {
  const stores = [
    table(
      "members",
      {
        id: "int!",
        email: "text!",
        login: "text!",
        last_name: "text!",
        birth_date: "date!",
        salary: "numeric!",
        phone: "text",
      },
      {
        uniques: [
          { name: "u", columns: ["email"], expressions: [], constraint: true },
          { name: "v", columns: ["login"], expressions: [], constraint: true },
        ],
      },
    ),
  ];
  expect(records(stores)["members"]?.["fields"]).toEqual({
    email: { template: "erased+:random@invalid" },
    login: { template: "erased-:random" },
    last_name: { set: "erased" },
    birth_date: { generalise: "year" },
    salary: { set: 0 },
    phone: "clear",
  });
  for (const line of textOf(stores)
    .split("\n")
    .filter((one) => /^ {10}\w+: /u.test(one)))
    expect(line).toMatch(/ # \w/u);
});

test("what nobody declares is only guessed: it says so, waits for a decision, and is told among the guesses", () => {
  const stores = [
    USERS,
    table("orders_log_book", { id: "int!", user_id: "int", what: "text" }),
    table("visits", { id: "int!", user_id: "int!", seen: "date" }),
    table("other", { id: "int!", user_id: "uuid" }),
  ];
  const proposal = draft([surveyedAs(stores)]);
  const text = textOf(stores);
  expect(records(stores)["visits"]).toMatchObject({ match: { user_id: "app.users.id" }, do: "ask" });
  expect(text).toMatch(/# guessed: no foreign key says so[^\n]*\n\s+match: \{ user_id: app\.users\.id \}/u);
  expect(proposal.guessed.map(({ from }) => from)).toContain("app.visits.user_id");
  // of another type it is another number
  expect(records(stores)["other"]).toBeUndefined();
});

test("`created_by` is said, and not followed: neither from what is ignored nor from what is mapped", () => {
  const stores = [
    USERS,
    table("products", { id: "int!", name: "text", created_by: "int" }, { references: [to("created_by", "users")] }),
    table(
      "posts",
      { id: "int!", user_id: "int!", approved_by_id: "int", body: "text" },
      { references: [to("user_id", "users"), to("approved_by_id", "users")] },
    ),
  ];
  const text = textOf(stores);
  expect(read(text).map.ignore).toEqual(["app.products"]);
  expect(text).toMatch(/# [^\n]*created_by → users: who did something with it, not whose it is\n\s+- app\.products/u);
  expect(records(stores)["posts"]?.["match"]).toEqual({ user_id: "app.users.id" });
  expect(text).toContain("# approved_by_id → users.id: it says who did something, not whose it is; not followed");
  // and rows of others refer to a user all the same
  expect(records(stores)["users"]?.["do"]).toBe("ask");
});

test("what only the name of who made it leads from, and what hangs by what nobody can place, is not put aside as nobody's", () => {
  const stores = [
    USERS,
    table("memos", { id: "int!", creator_id: "int!", content: "text" }),
    table("shares", { id: "int!", memo_id: "int!", token: "uuid" }, { references: [to("memo_id", "memos")] }),
    table("posts", { id: "int!", author: "int", body: "text" }),
    table("plans", { id: "int!", approver: "int", body: "text" }),
    table("api_keys", { id: "int!", user_id: "int!" }, { references: [to("user_id", "users")] }),
    table("settings", { key: "int!", value: "text" }),
  ];
  const text = textOf(stores);
  expect(read(text).map.ignore).toEqual(["app.plans", "app.settings"]);
  expect(text).toMatch(/# \? memos[^\n]*\n?[^\n]*creator_id may lead to users/u);
  expect(text).toMatch(/# \? shares[^\n]*\n?[^\n]*memo_id on memos/u);
  expect(records(stores)["posts"]).toMatchObject({ match: { author: "app.users.id" }, do: "ask" });
});

test.each([
  [
    "invoices",
    table("invoices", { id: "int!", user_id: "int!", issued_on: "date!" }, { references: [to("user_id", "users")] }),
    /# hold: \{ use: invoices, from: issued_on \}/u,
  ],
  [
    "payments",
    table("payments", { id: "int!", user_id: "int!", paid_on: "date" }, { references: [to("user_id", "users")] }),
    /# hold: \{ use: books, from: paid_on \}/u,
  ],
  [
    "orders",
    table("orders", { id: "int!", user_id: "int!", placed_at: "timestamp" }, { references: [to("user_id", "users")] }),
    /# hold: \{ use: books/u,
  ],
  [
    "users_history",
    table(
      "users_history",
      { hist_id: "int!", user_id: "int!", old_values: "json" },
      { references: [to("user_id", "users")] },
    ),
    /a trail of changes/u,
  ],
  [
    "messages",
    table(
      "messages",
      { id: "int!", sender_id: "int", recipient_id: "int", body: "text" },
      { references: [to("sender_id", "users"), to("recipient_id", "users")] },
    ),
    /more than one person: sender_id, recipient_id/u,
  ],
] as const)("%s are for a person to decide, with the reason above", (name, store, reason) => {
  const stores = [USERS, store];
  expect(records(stores)[name]?.["do"]).toBe("ask");
  expect(textOf(stores)).toMatch(reason);
});

test("a topic that others answered waits for a decision; what is only somebody's own does not", () => {
  const stores = [
    USERS,
    table("topics", { id: "int!", user_id: "int!", title: "text" }, { references: [to("user_id", "users")] }),
    table(
      "replies",
      { id: "int!", topic_id: "int!", user_id: "int!", body: "text" },
      { references: [to("topic_id", "topics"), to("user_id", "users")] },
    ),
  ];
  expect(records(stores)).toMatchObject({
    topics: { do: "ask" },
    replies: { do: "erase", match: { user_id: "app.users.id" } },
  });
});

test("pairs of a class and a number become a `where` with the class that the table's name gives", () => {
  const stores = [USERS, table("pictures", { id: "int!", owner_type: "text!", owner_id: "int!", caption: "text" })];
  expect(records(stores)["pictures_of_users"]).toMatchObject({
    table: "pictures",
    match: { owner_id: "app.users.id" },
    where: { owner_type: "User" },
    do: "ask",
  });
});

test("a trail that a trigger writes is one of its source; an outbox that leads to nobody is neither mapped nor ignored, and said", () => {
  const stores = [
    { ...USERS, triggers: [{ name: "noted", on: ["delete" as const], writes: ["changes_of_users"], sets: [] }] },
    table("changes_of_users", { change_id: "int!", record_id: "int!", before: "json", after: "json" }),
    table("outbox", { id: "int!", topic: "text", payload: "json!" }),
  ];
  expect(records(stores)["changes_of_users"]).toMatchObject({
    audit_of: "app.users",
    match: { record_id: "app.users.id" },
    do: "ask",
  });
  const text = textOf(stores);
  expect(text).toMatch(/# \? outbox: looks like an outbox/u);
  expect(read(text).map.ignore ?? []).not.toContain("app.outbox");
});

test("an address in a table of its own is found by the key that a person's row holds", () => {
  const stores = [
    table("customer", { id: "int!", email: "text", address_id: "int!" }, { references: [to("address_id", "address")] }),
    table("address", { id: "int!", street: "text!", phone: "text" }),
  ];
  expect(records(stores)["address"]).toMatchObject({ match: { id: "app.customer.address_id" }, do: "ask" });
});

test.each([
  [
    "deleted_at: timestamp",
    table("users", { id: "int!", email: "text", deleted_at: "timestamp" }),
    { timestamp: "deleted_at" },
  ],
  [
    "discarded_at: timestamp",
    table("users", { id: "int!", email: "text", discarded_at: "timestamp" }),
    { timestamp: "discarded_at" },
  ],
  ["is_deleted: bool", table("users", { id: "int!", email: "text", is_deleted: "bool!" }), { flag: "is_deleted" }],
  [
    "status",
    table(
      "users",
      { id: "int!", email: "text", status: "text!" },
      { checks: [{ name: "c", columns: ["status"], text: "CHECK (status IN ('active', 'deleted'))" }] },
    ),
    { status: "status", deleted_when: ["deleted"] },
  ],
] as const)("a marker is seen: %s", (_name, store, marker) => {
  expect(records([store])["users"]?.["soft_delete"]).toEqual(marker);
});

test("a date that is never NULL is a marker only where its default is a day that never comes", () => {
  const columns = USERS.columns;
  const gone = { name: "deleted_at", type: "timestamp", shape: "date" as const, nullable: false, generated: false };
  expect(records([{ ...USERS, columns: [...columns, gone] }])["users"]).not.toHaveProperty("soft_delete");
  const always = { ...gone, default: "'9999-12-31 00:00:00'::timestamp" };
  expect(records([{ ...USERS, columns: [...columns, always] }])["users"]?.["soft_delete"]).toEqual({
    timestamp: "deleted_at",
    live_when: "9999-12-31 00:00:00",
  });
});

test("sampled values say what names do not, and no value is in the text or the reasons", () => {
  const store = table("t1", { c1: "int!", c2: "text", c3: "text", c4: "text" });
  const samples = new Map([
    [
      "t1",
      new Map([
        ["c2", ["ann@x.example", "bob@y.example", "cy@z.example"]],
        ["c3", ["DE89370400440532013000", "DE02120300000000202051", "GB82WEST12345698765432"]],
        ["c4", ["red", "green", "blue"]],
      ]),
    ],
  ]);
  const proposal = draft([surveyedAs([store], { samples })]);
  expect(proposal.records[0]?.personal.map(({ column, kind }) => [column, kind])).toEqual([
    ["c2", "email"],
    ["c3", "bank"],
  ]);
  const text = textOf([store], { samples });
  for (const value of ["ann@x", "DE89", "WEST", "red"]) expect(text).not.toContain(value);
  expect(draft([surveyedAs([store])]).records).toEqual([]);
});

test("comments count, in several languages, and so does one that says no", () => {
  const column = (name: string, comment: string): StoreColumn => ({
    name,
    type: "text",
    shape: "text",
    nullable: true,
    generated: false,
    comment,
  });
  const store = table(
    "x",
    { id: "int!" },
    {
      columns: [
        column("a", "Geburtsdatum des Kunden"),
        column("b", "correo electrónico"),
        column("c", "PII"),
        column("phone", "no personal data: of the office"),
        column("d", "pii: email"),
        column("mobile", "pii: false"),
        column("e", "PII=none"),
      ],
      key: [],
    },
  );
  expect(draft([surveyedAs([store])]).records[0]?.personal.map(({ column: one, kind }) => [one, kind])).toEqual([
    ["a", "birth"],
    ["b", "email"],
    ["c", "trait"],
    ["d", "email"],
  ]);
});

test("names lose what may be somebody's, where a star can stand for it", () => {
  expect(hushedName("exports/ann@x.example/list.csv")).toBe("exports/*/list.csv");
  expect(hushedName("bob@x.example.csv")).toBe("*.csv");
  expect(hushedName("logs_2024_11_x")).toBe("logs_*_11_x");
  expect(hushedName("c0ffee00-1234-4abc-8def-0123456789ab.json")).toBe("*.json");
  expect(hushedName("q1_orders")).toBe("q1_orders");
  const files = ["a", "b"].map((end) =>
    table(`lists/ann@x.example/${end}.csv`, { email: "" }, { kind: "files", format: "csv", key: [] }),
  );
  const text = textOf(
    [...files, table("notes_20240101", { id: "int!" }), table("people", { id: "int!", email: "text" })],
    { actions: ["remove-rows"] },
  );
  expect(text).not.toContain("ann@");
  expect(text).toContain('files: ["lists/*/a.csv"]');
  expect(text).toContain("app.notes_*");
});

test("no wildcard of `ignore` reaches what is mapped or open, and a table on which a deletion acts stands by its own name", () => {
  const plain = (name: string) => table(name, { id: "int!", label: "text" });
  const stores = [
    table("app_users", { id: "int!", email: "text!" }),
    ...["a", "b", "c", "d"].map((end) => plain(`log_${end}`)),
    ...["a", "b", "c", "d"].map((end) => plain(`app_${end}`)),
    ...["a", "b", "c"].map((end) => plain(`set_${end}`)),
    table(
      "set_d",
      { id: "int!", created_by: "int" },
      { references: [to("created_by", "app_users", { onDelete: "set_null" })] },
    ),
  ];
  expect(read(textOf(stores)).map.ignore?.toSorted()).toEqual([
    "app.app_a",
    "app.app_b",
    "app.app_c",
    "app.app_d",
    "app.log_*",
    "app.set_a",
    "app.set_b",
    "app.set_c",
    "app.set_d",
  ]);
});

test("keys of two columns are matched as one", () => {
  const stores = [
    table("people", { tenant: "int!", id: "int!", email: "text" }, { key: ["tenant", "id"] }),
    table(
      "notes",
      { id: "int!", tenant: "int!", person: "int!", body: "text" },
      {
        references: [
          { name: "n", columns: ["tenant", "person"], to: "people", toColumns: ["tenant", "id"], onDelete: "cascade" },
        ],
      },
    ),
  ];
  expect(records(stores)["notes"]?.["match"]).toEqual({
    all: { tenant: "app.people.tenant", person: "app.people.id" },
  });
});

test("files in buckets are named with their bucket, and lose rows, not files", () => {
  const store = table("exports/daily/*.csv", { email: "" }, { kind: "files", format: "csv", key: [] });
  const text = textOf([store], { begins: "s3://", actions: ["erase", "remove-rows"] });
  expect(text).toMatch(/files: \["s3:\/\/exports\/daily\/\*\.csv"\][\s\S]*do: remove-rows/u);
});

test.each([
  ["newsletter", { id: "int!", mail: "text", opted_in: "bool" }, ["mail"]],
  ["notices", { id: "int!", e_mail: "text" }, ["e_mail"]],
  ["notices", { id: "int!", mailaddress: "text" }, ["mailaddress"]],
  ["notices", { id: "int!", mailAdr: "text" }, ["mailAdr"]],
  ["outgoing", { id: "int!", recipient: "text", toAddress: "text" }, ["recipient", "toAddress"]],
  ["waitlist", { id: "int!", contact: "text" }, ["contact"]],
  ["scores", { id: "int!", handle: "text", points: "int" }, ["handle"]],
  ["scores", { id: "int!", nick: "text", points: "int" }, ["nick"]],
  ["parking", { id: "int!", plate: "text", since: "date" }, ["plate"]],
  ["parking", { id: "int!", targa: "text", since: "date" }, ["targa"]],
  ["reminders", { id: "int!", mobile: "text" }, ["mobile"]],
  ["termine", { id: "int!", geburtstag: "date", geboren: "date" }, ["geburtstag", "geboren"]],
  ["cards", { id: "int!", fn: "text", ln: "text" }, ["fn", "ln"]],
  ["citas", { id: "int!", nombre_cliente: "text", f_nac: "date" }, ["nombre_cliente", "f_nac"]],
  ["unsubscribed", { addr: "text!", since: "date" }, ["addr"]],
  ["accessi", { id: "int!", utente: "text", pw: "text" }, ["utente", "pw"]],
] as const)(
  "a table of its own is never ignored in silence where a short or foreign word speaks of somebody: %s %o",
  (name, columns, wanted) => {
    const { records: found, unplaced, ignored } = draft([surveyedAs([table(name, columns)])]);
    expect(ignored).toEqual([]);
    expect([...found, ...unplaced].flatMap(({ personal }) => personal.map(({ column }) => column))).toEqual(wanted);
  },
);

test("words that only look like somebody's stay what they are", () => {
  const { ignored } = draft([
    surveyedAs([
      table("mail_templates", { id: "int!", mail_subject: "text", mail_type: "text" }),
      table("lifts", { id: "int!", contact_resistance: "numeric", recipient_count: "int" }),
      table("files", { id: "int!", fname: "text", file_handle: "text" }),
      table("samples", { id: "int!", ph: "numeric", ln: "numeric" }),
    ]),
  ]);
  expect(ignored.map(({ entry }) => entry)).toEqual(["files", "lifts", "mail_templates", "samples"]);
});

test("a time of deletion that is kept as text is a marker; a number, or a yes and no as text, is only said", () => {
  const made = (columns: Readonly<Record<string, string>>) =>
    textOf([table("users", { id: "int!", email: "text!", ...columns })]);
  expect(made({ deleted_at: "text" })).toMatch(
    /is text: NULL must mean[^\n]*\n\s+soft_delete: \{ timestamp: deleted_at \}/u,
  );
  for (const [text, said] of [
    [made({ deleted_at: "int" }), "# deleted_at is named like the time of a deletion, and is a number"],
    [made({ deleted_at: "text!" }), "# deleted_at is named like the time of a deletion, and is never NULL"],
    [made({ is_deleted: "text" }), "# is_deleted is named like a flag of deletion"],
  ] as const) {
    expect(text).toContain(said);
    expect(text).not.toMatch(/^\s+soft_delete:/mu);
  }
});

test("a hold names a date that is kept as text, where its name says that it is one", () => {
  const invoices = (columns: Readonly<Record<string, string>>) =>
    textOf([
      USERS,
      table("invoices", { id: "int!", user_id: "int!", ...columns }, { references: [to("user_id", "users")] }),
    ]);
  expect(invoices({ paid: "text", issued_on: "text" })).toContain("from: issued_on }");
  expect(invoices({ issued_on: "text", booked: "date" })).toContain("from: booked }");
  expect(invoices({ paid: "text", deleted_at: "text" })).toContain("from: COLUMN_WITH_A_DATE }");
});

test("an ignored table names its texts that nobody judged, and one whose name says people is never ignored", () => {
  const stores = [
    table("slots", { id: "int!", who_is_it: "text", colour: "text", size: "int" }),
    table("cc_members", { id: "int!", c1: "text", c2: "text" }),
    table("wide", { id: "int!", ...Object.fromEntries("abcdefghij".split("").map((name) => [name, "text"])) }),
  ];
  const text = textOf(stores);
  expect(text).toContain("- app.slots # not judged: who_is_it, colour\n");
  expect(text).toContain("- app.wide # not judged: a, b, c, d, e, f, g, h and 2 more\n");
  expect(text).toContain("# ? cc_members: its name says that its rows are people");
  expect(read(text).map.ignore).toEqual(["app.slots", "app.wide"]);
});

test("a name of a column with a line break in it writes no line of the map", () => {
  const odd = "note\n  evil: x";
  const text = textOf([
    table("users", { id: "int!", email: "text!", [`phone\n${odd}`]: "text" }),
    table("slots", { id: "int!", [odd]: "text" }),
    table(`outbox\n  evil: y`, { id: "int!" }),
    table("invoices", { id: "int!", [`paid\n  evil: z`]: "date", mail: "text" }),
    table("visits", { id: "int!", mail: "text", [`deleted_at\n  evil: q`]: "int" }),
  ]);
  expect(text).not.toMatch(/^\s*evil:/mu);
});

test("what stands beside the only e-mail address of a row is somebody's; an address that nothing calls an e-mail address is asked about", () => {
  const stores = [
    table("notices", { id: "int!", mail: "text", name: "text", employer: "text", geb: "date" }),
    table("unsubscribed", { addr: "text!", since: "date" }),
    table("keycards", { id: "int!", issued_to: "text", room: "text" }),
  ];
  const found = draft([surveyedAs(stores)]).records.map(({ name, personal }) => [
    name,
    personal.map(({ column }) => column),
  ]);
  expect(Object.fromEntries(found)).toEqual({
    notices: ["mail", "name", "employer", "geb"],
    unsubscribed: ["addr"],
    keycards: ["issued_to"],
  });
  expect(records(stores)["unsubscribed"]).toMatchObject({ match: { addr: "email" }, do: "ask" });
});
