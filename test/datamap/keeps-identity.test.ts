import { expect, it } from "vitest";
import { lint, shop } from "./lint-map.ts";

const IDENTITIES =
  "identities:\n  email: { type: email }\n  customer_id: { type: integer, found_in: shop.customers.id, by: { email: email } }";
/** What is warned of, as `record column`. */
const kept = async (records: string): Promise<string[]> =>
  (await lint(shop(records, IDENTITIES)))
    .filter(({ code, severity }) => code === "KEEPS_IDENTITY" && severity === "warning")
    .map(({ message }) => [...message.matchAll(/`([^`]+)`/gu)].map(([, name]) => name).join(" "));

const CUSTOMERS = "customers: { match: { id: customer_id }, do: erase }\n";
const cases: readonly [string, string, string[]][] = [
  ["no word on it", "leads: { match: { email: email }, do: anonymise, fields: { name: clear } }", ["leads email"]],
  ["it is cleared", "leads: { match: { email: email }, do: anonymise, fields: { email: clear } }", []],
  [
    "what is hidden is anonymised on its day",
    "leads: { match: { email: email }, do: soft-delete, soft_delete: { timestamp: t }, purge_after: 9 days, purge: anonymise, fields: { name: clear } }",
    ["leads email"],
  ],
  [
    "what is hidden keeps its own key, and nothing else",
    "customers: { match: { id: customer_id }, do: soft-delete, soft_delete: { timestamp: t }, purge_after: 9 days, purge: anonymise, fields: { name: clear } }",
    [],
  ],
  ["it is meant", "leads: { match: { email: email }, do: anonymise, fields: { name: clear, email: keep } }", []],
  [
    "only one of two is",
    "leads: { match: { email: email, mail: email }, do: anonymise, fields: { mail: clear } }",
    ["leads email"],
  ],
  [
    "a path above it goes",
    "leads: { match: { doc.author.email: email }, do: anonymise, in: doc, paths: { author: remove } }",
    [],
  ],
  [
    "an element that holds it goes",
    "leads: { match: { 'doc.members[].email': email }, do: anonymise, in: doc, paths: { 'members[]': remove } }",
    [],
  ],
  [
    "a path beside it goes",
    "leads: { match: { doc.author.email: email }, do: anonymise, in: doc, paths: { author.name: remove } }",
    ["leads doc.author.email"],
  ],
  [
    "a path whose name only begins so goes",
    "leads: { match: { doc.author.email: email }, do: anonymise, in: doc, paths: { auth: remove } }",
    ["leads doc.author.email"],
  ],
  [
    "the key of an identity stands in it",
    `${CUSTOMERS}orders: { match: { customer: shop.customers.id }, do: anonymise, fields: { name: clear } }`,
    ["orders customer"],
  ],
  [
    "another record's own key stands in it",
    `${CUSTOMERS}orders: { match: { customer: shop.customers.no }, do: anonymise, fields: { name: clear } }`,
    [],
  ],
  ["the records are redacted", "leads: { match: { email: email }, do: redact, fields: { name: clear } }", []],
  [
    "the rules could not be read",
    "leads: { match: { email: email }, do: anonymise, fields: { name: clear, email: claer } }",
    [],
  ],
  ["the records are not changed at all, which is an error", "leads: { match: { email: email }, do: anonymise }", []],
];
for (const [what, records, wanted] of cases)
  it(`an identity that anonymised records are found by, where ${what}: ${wanted.join(", ") || "fine"}`, async () =>
    expect(await kept(records)).toEqual(wanted));
