import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { meaningOf } from "../../src/datamap/meaning.ts";
import { good } from "./lint-map.ts";

const MAP = `version: 1
controller: { name: A Shop, contact: privacy@shop.example, calendar: { timezone: Europe/Berlin } }
map: { owner: a@b.example, ignore: [shop.products] }
approval: { required: true, roles: [dpo, board] }
limits: { max_records: 50 }
identities:
  email: { type: email, fold: [trim, lowercase] }
  customer_id: { type: integer, found_in: shop.customers.id, by: { email: email } }
conditions:
  open: { says: it is open, where: { status: [open, pending] } }
  unused: { says: nobody asks, where: { a: b } }
holds:
  books: { says: a law says so, keep_for: 8 years, law: [X 1, Y 2], people: { owner: f@b.example } }
systems:
  shop:
    kind: postgres
    connect: { secret: shop_db }
    owner: it@b.example
    records:
      customers: { called: your account, match: { id: customer_id }, do: erase }
      tickets: { match: { customer: shop.customers.id, email: email }, do: erase, unless: open }
      invoices: { match: { customer: shop.customers.id }, do: erase, hold: { use: books, from: sent, protects: [shop.customers] } }
      log: { table: audit.log, match: { who: email }, where: { kind: [user, admin] }, do: redact, in: [old, new], paths: { a: clear, b: remove } }
  lists:
    kind: files
    connect: { root: ./lists }
    records:
      news: { files: ["*.csv"], match: { Mail: email }, do: remove-rows, dialect: { delimiter: ";" } }
  cloud:
    kind: s3
    connect: { secret: cloud }
    records:
      pictures: { keys: ["s3://b/:customer_id.png"], do: erase, versions: all }
  tapes: { kind: backups, covers: [shop], expires_after: 35 days }
`;

const meaning = async (text: string, system?: string): Promise<string> => meaningOf(await good(text), system);
/** The map with these parts replaced; every part must be there. */
function edited(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the map has no ${from}`);
    return text.replace(from, to);
  }, MAP);
}
const lines = MAP.split("\n");
const shop = lines.slice(lines.indexOf("  shop:"), lines.indexOf("  lists:")).join("\n");

describe("what changes nothing", () => {
  const cases: readonly [string, string][] = [
    [
      "a comment and blank lines",
      `# looked at by Olga\n\n${MAP.replace("do: erase }", "do: erase } # all of it")}\n\n`,
    ],
    ["another order of systems", edited([`${shop}\n`, ""], ["  tapes:", `${shop}\n  tapes:`])],
    [
      "another order of record types",
      edited(
        ["      customers: {", "      zz: {"],
        ["      log:", "      customers: { called: your account, match: { id: customer_id }, do: erase }\n      log:"],
      ).replace(/ {6}zz:.*\n/u, ""),
    ],
    [
      "another order of terms, folds, values, laws and roles",
      edited(
        ["customer: shop.customers.id, email: email", "email: email, customer: shop.customers.id"],
        ["[trim, lowercase]", "[lowercase, trim]"],
        ["[open, pending]", "[pending, open]"],
        ["[X 1, Y 2]", "[Y 2, X 1]"],
        ["[dpo, board]", "[board, dpo]"],
        ["in: [old, new]", "in: [new, old]"],
      ),
    ],
    [
      "words for people",
      edited(
        ["says: it is open", "says: nobody has closed it"],
        ["says: a law says so", "says: the law is the law"],
        ["called: your account", "called: what we know of you"],
        ["owner: it@b.example", "owner: ops@b.example"],
        ["owner: f@b.example", "owner: g@b.example"],
        ["owner: a@b.example", "owner: z@b.example"],
        ["A Shop", "The Shop"],
      ),
    ],
    ["a period in other words", edited(["8 years", "P8Y"], ["35 days", "5 weeks"])],
    [
      "defaults that are written out",
      edited(
        ["approval: { required: true,", "approval: { required: true, four_eyes: true, drift: refuse,"],
        ["max_records: 50", "max_records: 50, max_fraction: 0.01, max_fan_out: 20, batch_records: 100000"],
        ["customers: { called", "customers: { table: customers, called"],
        ['{ delimiter: ";" }', '{ delimiter: ";", quote: "\\"", header: true, skip: 0 }, encoding: utf-8'],
      ),
    ],
    [
      "`any` around terms, and `all` around one",
      edited(
        [
          "match: { customer: shop.customers.id, email: email }",
          "match: { any: { customer: shop.customers.id, email: email } }",
        ],
        ["match: { who: email }", "match: { all: { who: email } }"],
      ),
    ],
    [
      "a condition and a hold that nothing uses",
      edited(
        ["  unused: { says: nobody asks, where: { a: b } }\n", ""],
        ["holds:\n", "holds:\n  other: { says: x, keep_for: 1 year, law: [Z], people: { owner: o } }\n"],
      ),
    ],
    [
      "what is not about records: settle, holidays, a review",
      edited(
        ["approval:", "settle: 3 hours\napproval:"],
        ["Europe/Berlin }", "Europe/Berlin, holidays: [2026-12-25] }"],
        ["ignore: [", "review_by: 2030-01-01, ignore: ["],
      ),
    ],
    [
      "the environment and who runs a system",
      edited([
        "owner: it@b.example",
        "environment: production\n    recipient: { name: X, country: DE }\n    owner: it@b.example",
      ]),
    ],
  ];
  for (const [what, text] of cases) it(what, async () => expect(await meaning(text)).toBe(await meaning(MAP)));
});

describe("what changes the meaning", () => {
  const cases: readonly [string, string, string][] = [
    ["a rule", "do: redact, in", "do: anonymise, in"],
    ["a field's rule", "b: remove", "b: clear"],
    ["a match", "who: email", "whom: email"],
    [
      "`all` for any",
      "match: { customer: shop.customers.id, email: email }",
      "match: { all: { customer: shop.customers.id, email: email } }",
    ],
    ["a constant", "[user, admin]", "[user]"],
    ["a condition's value", "[open, pending]", "[open]"],
    ["a period", "8 years", "7 years"],
    ["rounding", "keep_for: 8 years", "keep_for: 8 years, round_up_to: end of calendar year"],
    ["a law", "Y 2", "Y 3"],
    ["what a hold protects", ", protects: [shop.customers]", ""],
    ["a fold", "[trim, lowercase]", "[trim]"],
    ["a type", "{ type: integer, found_in", "{ type: string, found_in"],
    ["where an identity is found", "found_in: shop.customers.id", "found_in: shop.customers.no"],
    ["a table", "table: audit.log", "table: audit.logs"],
    ["a file pattern", '["*.csv"]', '["*.csv", "*.tsv"]'],
    ["a dialect", 'delimiter: ";"', 'delimiter: "|"'],
    ["versions", "versions: all", "versions: latest"],
    ["a secret", "secret: cloud", "secret: clouds"],
    ["a root", "root: ./lists", "root: ./list"],
    ["a cap", "max_records: 50", "max_records: 51"],
    ["an ignored table", "[shop.products]", "[shop.products, shop.carts]"],
    ["a record type more", "      log:", "      leads: { match: { email: email }, do: erase }\n      log:"],
    ["a record type less", "      news: {", "      gone: {"],
    [
      "a system more",
      "  tapes:",
      "  more: { kind: files, connect: { root: . }, records: { r: { files: ['*.csv'], match: { e: email }, do: remove-rows } } }\n  tapes:",
    ],
    ["who must approve", "required: true", "required: false"],
    ["the time zone", "Europe/Berlin", "Europe/London"],
    ["how long backups live", "35 days", "36 days"],
  ];
  for (const [what, from, to] of cases)
    it(what, async () => expect(await meaning(edited([from, to]))).not.toBe(await meaning(MAP)));
});

describe("the meaning for one system", () => {
  const cases: readonly [string, string, boolean, string, string][] = [
    ["a rule of another", "lists", true, "do: redact, in", "do: anonymise, in"],
    ["settings of another", "lists", true, "secret: cloud", "secret: clouds"],
    [
      "a system more",
      "lists",
      true,
      "  tapes:",
      "  more: { kind: files, connect: { root: . }, records: { r: { files: ['*.csv'], match: { e: email }, do: remove-rows } } }\n  tapes:",
    ],
    ["its own rule", "lists", false, "Mail: email", "E-Mail: email"],
    [
      "a record type more of its own",
      "lists",
      false,
      "      news:",
      "      more: { files: ['*.tsv'], match: { Mail: email }, do: remove-rows }\n      news:",
    ],
    [
      "the record that an identity is found in",
      "cloud",
      false,
      "match: { id: customer_id }",
      "match: { no: customer_id }",
    ],
    ["a hold that protects that record", "cloud", false, "from: sent", "from: paid"],
    ["its condition", "shop", false, "[open, pending]", "[open]"],
    ["its backups", "shop", false, "35 days", "36 days"],
    ["the backups of another", "lists", false, "covers: [shop]", "covers: [shop, lists]"],
  ];
  for (const [what, system, same, from, to] of cases) {
    it(`${same ? "stays" : "changes"} with ${what}`, async () => {
      const [before, after] = [await meaning(MAP, system), await meaning(edited([from, to]), system)];
      expect(after === before).toBe(same);
    });
  }
});

it("the shop means the same as JSON in one line", async () => {
  const { parse } = await import("yaml");
  const text = readFileSync("manifests/shop/datamap.yaml", "utf8");
  const how = { holidays: () => Promise.resolve(["2026-12-25"]) };
  expect(meaningOf(await good(JSON.stringify(parse(text)), how))).toBe(meaningOf(await good(text, how)));
});
