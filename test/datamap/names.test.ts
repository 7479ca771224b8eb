import { describe, expect, it } from "vitest";
import { codes, lint, shop, whole } from "./lint-map.ts";

const CUSTOMERS = "customers: { match: { email: email }, do: erase }\n";
const HOLD =
  "holds:\n  h: { says: a law says so, keep_for: 8 years, law: [DE AO §147], people: { owner: a@b.example } }";

describe("a name that nothing has", () => {
  const cases: readonly [string, string, string, string][] = [
    ["identity", shop("leads: { match: { email: emial }, do: erase }"), "5:32 UNKNOWN_IDENTITY", "`email`"],
    [
      "record in a match",
      shop(`${CUSTOMERS}orders: { match: { customer: shop.customer.id }, do: erase }`),
      "6:36 UNKNOWN_RECORD",
      "`shop.customers`",
    ],
    [
      "system in a match",
      shop(`${CUSTOMERS}orders: { match: { customer: shpo.customers.id }, do: erase }`),
      "6:36 UNKNOWN_RECORD",
      "`shop.customers`",
    ],
    [
      "hold",
      shop("leads: { match: { email: email }, do: erase, hold: { use: hh, from: at } }", HOLD),
      "5:65 UNKNOWN_HOLD",
      "`h`",
    ],
    [
      "condition",
      shop(
        "leads: { match: { email: email }, do: erase, unless: opn }",
        "conditions: { open: { says: it is open, where: { s: o } } }",
      ),
      "5:60 UNKNOWN_CONDITION",
      "`open`",
    ],
    [
      "record of an audit trail",
      shop(`${CUSTOMERS}trail: { match: { email: email }, do: erase, audit_of: shop.custmers }`),
      "6:62 UNKNOWN_RECORD",
      "`shop.customers`",
    ],
    [
      "protected record",
      shop("leads: { match: { email: email }, do: erase, hold: { use: h, from: at, protects: [shop.lead] } }", HOLD),
      "5:89 UNKNOWN_RECORD",
      "`shop.leads`",
    ],
    [
      "kind",
      whole("systems:\n  shop: { kind: postgre, records: { leads: { match: { email: email }, do: erase } } }"),
      "2:17 UNKNOWN_KIND",
      "`postgres`",
    ],
    [
      "fed system",
      whole(
        "systems:\n  shop: { kind: postgres, feeds: [shp], records: { leads: { match: { email: email }, do: erase } } }",
      ),
      "2:35 UNKNOWN_SYSTEM",
      "`shop`",
    ],
    [
      "copied record",
      whole(
        "systems:\n  shop: { kind: postgres, copy_of: shop.lead, records: { leads: { match: { email: email }, do: erase } } }",
      ),
      "2:36 UNKNOWN_RECORD",
      "`shop.leads`",
    ],
    [
      "statutory rule",
      whole("holds:\n  h: { rule: de/invoices, people: { owner: a@b.example } }"),
      "2:14 UNKNOWN_RULE",
      "`de/invoice`",
    ],
    ["ignored system", whole("map:\n  ignore: [shpo.products]"), "2:12 UNKNOWN_SYSTEM", "`shop`"],
    [
      "record that an identity is found in",
      whole(
        "identities:\n  email: { type: email }\n  id: { type: integer, found_in: shop.lead.id, by: { email: email } }",
      ),
      "3:34 UNKNOWN_RECORD",
      "`shop.leads`",
    ],
    [
      "identity that finds another",
      whole(
        "identities:\n  email: { type: email }\n  id: { type: integer, found_in: shop.leads.id, by: { email: mail } }",
      ),
      "3:62 UNKNOWN_IDENTITY",
      "`email`",
    ],
    [
      "placeholder",
      whole("systems:\n  s: { kind: s3, records: { o: { keys: ['s3://b/x/:emial.json'], do: erase } } }"),
      "2:41 UNKNOWN_IDENTITY",
      "`email`",
    ],
    [
      "system of a condition",
      whole("conditions:\n  open: { says: it is open, any: shpo.refunds, match: { id: shop.leads.id } }"),
      "2:34 UNKNOWN_SYSTEM",
      "`shop`",
    ],
    [
      "backed-up system",
      whole(
        "systems:\n  b: { kind: backups, covers: [sop], expires_after: 35 days }\n  sap: { kind: postgres, records: { leads: { match: { email: email }, do: erase } } }",
      ),
      "2:32 UNKNOWN_SYSTEM",
      "`sap`",
    ],
  ];
  for (const [what, text, wanted, meant] of cases) {
    it(`is reported where it stands: ${what}`, async () => {
      expect(await codes(text)).toEqual([wanted]);
      expect((await lint(text))[0]?.help).toBe(`Did you mean ${meant}?`);
    });
  }

  it("a condition may look at a table that is no record", async () => {
    expect(
      await codes(
        shop(
          "leads: { match: { email: email }, do: erase, unless: open }",
          "conditions: { open: { says: it is open, any: shop.refunds, match: { lead_id: shop.leads.id } } }",
        ),
      ),
    ).toEqual([]);
  });
});

describe("references", () => {
  it("need a column", async () => {
    const [issue] = await lint(shop(`${CUSTOMERS}orders: { match: { customer: shop.customers }, do: erase }`));
    expect(issue).toMatchObject({ code: "BAD_REFERENCE", help: "Name the column too: `shop.customers.COLUMN`." });
  });

  it("in a circle are an error, said once, with the way round", async () => {
    const text = shop(
      "a: { match: { b_id: shop.b.id }, do: erase }\nb: { match: { c_id: shop.c.id }, do: erase }\nc: { match: { a_id: shop.a.id, email: email }, do: erase }",
    );
    const issues = await lint(text);
    expect(issues.map(({ code }) => code)).toEqual(["MATCH_CYCLE"]);
    expect(issues[0]?.message).toBe("Records lead to each other in a circle: shop.a → shop.b → shop.c → shop.a.");
  });

  it("to itself are a circle too", async () => {
    expect(await codes(shop("staff: { match: { boss_id: shop.staff.id }, do: erase }"))).toEqual(["5:16 MATCH_CYCLE"]);
  });

  it("off a circle that no identity leads into reach nothing", async () => {
    const text = shop(
      "a: { match: { b_id: shop.b.id }, do: erase }\nb: { match: { a_id: shop.a.id }, do: erase }\nc: { match: { a_id: shop.a.id }, do: erase }",
    );
    expect(await codes(text)).toEqual(["5:12 MATCH_CYCLE", "7:12 UNREACHABLE"]);
    expect((await lint(text))[0]?.message).toContain("Nothing leads into it from an identity.");
  });

  it("with `all` need every way in", async () => {
    const text = (mode: string): string =>
      shop(
        `a: { match: { a_id: shop.a.id }, do: erase }\nb: { match: { ${mode}: { a_id: shop.a.id, email: email } }, do: erase }`,
      );
    expect(await codes(text("any"))).toEqual(["5:12 MATCH_CYCLE"]);
    expect(await codes(text("all"))).toEqual(["5:12 MATCH_CYCLE", "6:12 UNREACHABLE"]);
  });

  it("to a record that is wrong itself are not wrong", async () => {
    expect(
      await codes(
        shop(
          "customers: { match: { email: email }, do: eraze }\norders: { match: { customer_id: shop.customers.id }, do: erase }",
        ),
      ),
    ).toEqual(["5:49 WRONG_VALUE"]);
  });
});
