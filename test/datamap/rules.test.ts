import { describe, expect, it } from "vitest";
import type { SystemBlock } from "../../src/model/datamap.ts";
import { addDays } from "../../src/retention/civil-date.ts";
import { meaningOf } from "../../src/datamap/meaning.ts";
import { codes, good, HOW, lint, shop, whole } from "./lint-map.ts";

const HOLD =
  "holds:\n  h: { says: a law says so, keep_for: 8 years, law: [DE AO §147], people: { owner: a@b.example } }";
const record = (rest: string): string => shop(`r: { match: { email: email }, ${rest} }`, HOLD);
/** Codes alone; positions are in the golden file. */
const found = async (text: string): Promise<string[]> => (await lint(text)).map(({ code }) => code);

describe("what is done to records", () => {
  const cases: readonly [string, string, string[]][] = [
    ["anonymise without fields", "do: anonymise", ["FIELDS_MISSING"]],
    ["anonymise that keeps every field", "do: anonymise, fields: { a: keep }", ["FIELDS_MISSING"]],
    ["redact without fields or paths", "do: redact", ["FIELDS_MISSING"]],
    ["a hash", "do: anonymise, fields: { a: hash }", ["HASH_IS_NO_ANONYMISATION"]],
    ["md5 beside other fields", "do: anonymise, fields: { a: clear, b: md5 }", ["HASH_IS_NO_ANONYMISATION"]],
    ["sha256 as a block", "do: redact, in: j, paths: { a: { sha256: salt } }", ["HASH_IS_NO_ANONYMISATION"]],
    ["hmac without its name", "do: anonymise, fields: { a: hmac }", ["HASH_IS_NO_ANONYMISATION"]],
    ["a mask", "do: anonymise, fields: { a: mask }", ["HASH_IS_NO_ANONYMISATION"]],
    ["pseudonyms alone", "do: anonymise, fields: { a: { pseudonymise: hmac }, b: keep }", ["PSEUDONYMISED_ONLY"]],
    ["pseudonyms beside other fields", "do: anonymise, fields: { email: { pseudonymise: hmac }, b: clear }", []],
    ["two rules for one field", "do: anonymise, fields: { a: { set: x, template: ':random' } }", ["WRONG_VALUE"]],
    ["a template that is the same for all", "do: anonymise, fields: { a: { template: gone } }", ["WRONG_VALUE"]],
    ["a mask of bits that is none", "do: anonymise, fields: { a: { truncate: 24 } }", ["WRONG_TYPE"]],
    ["too many bits", "do: anonymise, fields: { a: { truncate: /129 } }", ["WRONG_VALUE"]],
    ["an unknown field rule", "do: anonymise, fields: { a: claer }", ["WRONG_VALUE"]],
    ["keep without a hold", "do: keep", ["KEEP_WITHOUT_HOLD"]],
    ["keep with a hold", "do: keep, hold: { use: h, from: at }", []],
    ["while_held without a hold", "do: erase, while_held: { restrict: true }", ["WRONG_VALUE"]],
    ["`in` without paths", "do: erase, in: j", ["WRONG_VALUE"]],
    ["rows to remove in a table", "do: remove-rows", ["ACTION_REFUSED"]],
    ["the same hold twice", "do: erase, hold: [{ use: h, from: at }, { use: h, from: at }]", ["DUPLICATE"]],
    ["two holds", "do: erase, hold: [{ use: h, from: at }, { use: h, from: sent }]", []],
    ["fields beside erase", "do: erase, fields: { a: clear }", []],
    ["its own audit trail", "do: redact, fields: { a: clear }, audit_of: shop.r", ["WRONG_VALUE"]],
    ["a table with three parts", "do: erase, table: a.b.c", ["BAD_REFERENCE"]],
    ["a schema and a table", "do: erase, table: [a.b, c]", []],
    ["an index in a database", "do: erase, index: x", ["PLACE"]],
    ["two places", "do: erase, table: x, files: ['*.csv']", ["ACTION_REFUSED", "PLACE"]],
    ["a dialect of a table", "do: erase, dialect: { delimiter: ';' }", ["WRONG_VALUE"]],
    ["an empty match", "do: erase, table: x, limits: { max_records: 5 }", []],
  ];
  for (const [what, rest, wanted] of cases)
    it(`${what}: ${wanted.join(", ") || "fine"}`, async () => expect(await found(record(rest))).toEqual(wanted));

  it("`erase` on record files asks for `remove-rows`", async () => {
    const [issue, ...more] = await lint(
      whole(
        "systems:\n  f: { kind: files, connect: { root: . }, records: { r: { files: ['*.csv'], match: { e: email }, do: erase } } }",
      ),
    );
    expect(issue).toMatchObject({ code: "ACTION_REFUSED", help: "Did you mean `remove-rows`?", line: 2, column: 102 });
    expect(more).toEqual([]);
  });

  it("an action that the kind does not have is refused", async () => {
    const issues = await lint(
      whole("systems:\n  f: { kind: files, records: { r: { files: ['*.csv'], match: { e: email }, do: unlink } } }"),
    );
    expect(issues.map(({ code, message }) => [code, message])).toEqual([
      ["ACTION_REFUSED", "`files` cannot `unlink`."],
    ]);
  });

  it("objects found by their keys can only be erased, have no match, and name somebody", async () => {
    const s3 = (rest: string): string => whole(`systems:\n  s: { kind: s3, records: { r: { ${rest} } } }`);
    expect(await found(s3("keys: ['s3://b/:email.json'], do: erase"))).toEqual([]);
    expect(await found(s3("keys: ['s3://b/:email.json'], do: redact, paths: { a: clear }"))).toEqual([
      "ACTION_REFUSED",
    ]);
    expect(await found(s3("keys: ['s3://b/:email.json'], do: erase, match: { a: email }"))).toEqual(["WRONG_VALUE"]);
    expect(await found(s3("keys: ['s3://b/all.json'], do: erase"))).toEqual(["NO_PLACEHOLDER"]);
    expect(await found(s3("match: { a: email }, do: erase"))).toEqual(["PLACE"]);
    expect(await found(s3("table: x, match: { a: email }, do: erase"))).toEqual(["PLACE"]);
  });

  it("two records may lie in one place", async () => {
    const two = (a: string, b: string): string =>
      shop(`a: { ${a} match: { email: email }, do: erase }\nb: { ${b} match: { email: email }, do: erase }`);
    expect(await found(two("table: b,", ""))).toEqual([]);
    expect(await found(two("table: [public, b],", "table: public.b,"))).toEqual([]);
  });

  it("a record without a match is an error, and not one that has a wrong one", async () => {
    expect(await found(shop("r: { do: erase }"))).toEqual(["MISSING_KEY"]);
    expect(await found(shop("r: { do: erase, match: {} }"))).toEqual(["MATCH_EMPTY"]);
    expect(await found(shop("r: { do: erase, match: email }"))).toEqual(["WRONG_TYPE"]);
  });
});

describe("a credential in the data map", () => {
  const connect = (block: string, kind = "postgres"): string =>
    whole(
      `systems: { a: { kind: ${kind}, connect: ${block}, records: { r: { match: { email: email }, do: erase } } } }`,
    );
  const literal = [
    "{ password: x }",
    "{ url: 'postgres://u:p@h/d' }",
    "{ secret: 'postgres://u:p@h/d' }",
    "{ secret: { value: x } }",
    "'postgres://u:p@h/d'",
    "{ secret: a, apiKey: x }",
    "{ secret: a b }",
  ];
  for (const block of literal) {
    it(`is named as what it is: ${block}`, async () => {
      expect(await found(connect(block))).toEqual(["LITERAL_CREDENTIAL"]);
    });
  }

  it("is found in the block of a kind that is not built yet, too", async () => {
    expect(await found(connect("{ token: x }", "http"))).toEqual(["NOT_BUILT", "LITERAL_CREDENTIAL"]);
    expect(await found(connect("{ base_url: 'https://u:p@h' }", "http"))).toEqual(["NOT_BUILT", "LITERAL_CREDENTIAL"]);
    expect(await found(connect("{ secret: k, base_url: 'https://h' }", "http"))).toEqual(["NOT_BUILT"]);
  });

  it("is not what a wrong key is", async () => {
    expect(await found(connect("{ secrt: x }"))).toEqual(["UNKNOWN_KEY"]);
    expect(await found(connect("{ secret: shop_db }"))).toEqual([]);
  });
});

describe("holds", () => {
  const hold = (text: string): string => whole(`holds:\n  h: { ${text} }`);
  const OWNED = "people: { owner: a@b.example }";
  const cases: readonly [string, string, string[]][] = [
    ["without law", `says: x, keep_for: 8 years, ${OWNED}`, ["HOLD_WITHOUT_LAW"]],
    ["with an empty list of laws", `says: x, keep_for: 8 years, law: [], ${OWNED}`, ["HOLD_WITHOUT_LAW"]],
    ["without an owner", "says: x, keep_for: 8 years, law: [a], people: { approved_by: me }", ["HOLD_WITHOUT_OWNER"]],
    ["without people", "says: x, keep_for: 8 years, law: [a]", ["HOLD_WITHOUT_OWNER"]],
    ["without a reason", `keep_for: 8 years, law: [a], ${OWNED}`, ["MISSING_KEY"]],
    ["without a period", `says: x, law: [a], ${OWNED}`, ["MISSING_KEY"]],
    ["of a period that is none", `says: x, keep_for: eight years, law: [a], ${OWNED}`, ["BAD_PERIOD"]],
    ["of hours", `says: x, keep_for: 8 hours, law: [a], ${OWNED}`, ["BAD_PERIOD"]],
    ["of no time", `says: x, keep_for: 0 days, law: [a], ${OWNED}`, ["BAD_PERIOD"]],
    [
      "rounded to nothing",
      `says: x, keep_for: 8 years, round_up_to: end of year, law: [a], ${OWNED}`,
      ["BAD_ROUNDING"],
    ],
    ["by a statutory rule", `rule: de/invoice, ${OWNED}`, []],
    ["by a statutory rule with another period", `rule: de/invoice, keep_for: 9 years, ${OWNED}`, ["WRONG_VALUE"]],
    [
      "by a statutory rule with another rounding",
      `rule: de/invoice, round_up_to: end of calendar year, ${OWNED}`,
      ["WRONG_VALUE"],
    ],
    ["by a rule that needs the fiscal year", `rule: fr/accounting, ${OWNED}`, ["MISSING_KEY"]],
    ["by a rule that has the fiscal year", `rule: fr/accounting, round_up_to: fiscal year 06-30, ${OWNED}`, []],
    ["approved on a day that is none", `rule: de/invoice, people: { owner: a, approved_on: 2026-02-30 }`, ["BAD_DATE"]],
    [
      "that no one looked at in time",
      `rule: de/invoice, people: { owner: a, review_by: 2026-11-20 }`,
      ["REVIEW_OVERDUE"],
    ],
    ["to be looked at today", `rule: de/invoice, people: { owner: a, review_by: 2026-11-21 }`, []],
    ["with an open suspension (vector R6)", `rule: de/invoice, extend_while: tax assessment open, ${OWNED}`, []],
    [
      "by a rule that says itself where it starts",
      `rule: de/invoice, starts: end of relationship, ${OWNED}`,
      ["WRONG_VALUE"],
    ],
    [
      "with a period of its own from the end of a relationship",
      `says: x, keep_for: 5 years, starts: end of relationship, law: [a], ${OWNED}`,
      [],
    ],
    ["that may be cleared, by a rule that forbids it", `rule: fr/aml, redactable: true, ${OWNED}`, ["WRONG_VALUE"]],
    ["that may be cleared, said so", `rule: de/invoice, redactable: true, ${OWNED}`, []],
  ];
  for (const [what, text, wanted] of cases)
    it(`${what}: ${wanted.join(", ") || "fine"}`, async () => expect(await found(hold(text))).toEqual(wanted));

  it("a review that is overdue is a warning", async () => {
    expect((await lint(whole("map: { review_by: 2020-01-01 }"))).map(({ severity, code }) => [severity, code])).toEqual(
      [["warning", "REVIEW_OVERDUE"]],
    );
  });

  it("a statutory rule that is past its review is a warning that names the law's text, from the day after on", async () => {
    const text = hold(`rule: de/invoice, ${OWNED}`);
    const last = HOW.rules.get("de/invoice")?.versions.at(-1)?.reviewBy ?? "";
    expect(await codes(text, { today: last })).toEqual([]);
    expect(await lint(text, { today: addDays(last, 1) })).toMatchObject([
      {
        code: "RULE_REVIEW_OVERDUE",
        severity: "warning",
        line: 2,
        column: 14,
        message: expect.stringContaining(last),
        help: expect.stringContaining("https://www.gesetze-im-internet.de/ao_1977/__147.html"),
      },
    ]);
  });

  it("what must be kept whole, by a rule or by the map, is refused `keep_only` and allowed `restrict`", async () => {
    const records = (held: string, more: string): string =>
      shop(
        `r: { match: { email: email }, do: erase, hold: { use: h, from: at }, while_held: { ${held} } }`,
        `holds: { h: { ${more}, ${OWNED} } }`,
      );
    const own = "says: x, keep_for: 5 years, law: [a]";
    for (const whole of ["rule: fr/aml", `${own}, redactable: false`]) {
      expect(await found(records("keep_only: [name]", whole))).toEqual(["KEPT_WHOLE"]);
      expect(await found(records("restrict: true", whole))).toEqual([]);
    }
    expect(await found(records("keep_only: [name]", own))).toEqual([]);
    expect(await found(records("keep_only: [name]", "rule: de/invoice"))).toEqual([]);
  });

  it("words for people are one text, or one a language: pages show English or what comes first, letters each its own", async () => {
    const parts = shop(
      "r: { called: { de: Anfragen, fr: demandes }, match: { email: email }, do: erase, hold: { use: h, from: at } }",
      "holds: { h: { says: { en: a law says so, de: ein Gesetz will es }, keep_for: 5 years, law: [a], people: { owner: a } } }",
    );
    const { holds, systems } = await good(parts);
    expect(holds[0]).toMatchObject({
      says: "a law says so",
      saysIn: { en: "a law says so", de: "ein Gesetz will es" },
    });
    expect(systems[0]?.records[0]).toMatchObject({ called: "Anfragen", calledIn: { de: "Anfragen", fr: "demandes" } });
    const called = (words: string): string => shop(`r: { called: ${words}, match: { email: email }, do: erase }`);
    expect((await good(called("tickets"))).systems[0]?.records[0]).not.toHaveProperty("calledIn");
    for (const words of ["{}", "{ it: richieste }", "{ en: '' }", "[tickets]"])
      expect((await lint(called(words))).map(({ severity }) => severity)).toContain("error");
    const meanings = await Promise.all(
      ["tickets", "{ en: tickets, de: Anfragen }"].map(async (w) => meaningOf(await good(called(w)))),
    );
    expect(meanings[0]).toBe(meanings[1]);
  });

  it("a rule that is not in force yet cannot be used", async () => {
    const rule = HOW.rules.get("de/invoice")?.versions[1];
    if (rule === undefined) throw new Error("no rule");
    const rules = new Map([["de/invoice", { id: "de/invoice", versions: [{ ...rule, validFrom: "2027-01-01" }] }]]);
    expect(await codes(hold(`rule: de/invoice, ${OWNED}`), { rules })).toEqual(["2:14 RULE_NOT_IN_FORCE"]);
  });
});

describe("the rest", () => {
  const cases: readonly [string, string, string[]][] = [
    [
      "a time zone that is none",
      "controller: { name: a, contact: b, calendar: { timezone: Berlin } }",
      ["BAD_TIMEZONE"],
    ],
    [
      "a holiday that is none",
      "controller: { name: a, contact: b, calendar: { timezone: Europe/Berlin, holidays: [2026-12-32] } }",
      ["BAD_DATE"],
    ],
    [
      "a region that does not exist",
      "controller: { name: a, contact: b, calendar: { timezone: Europe/Berlin, holidays: DE-QQ } }",
      ["UNKNOWN_REGION"],
    ],
    [
      "a file that does not exist",
      "controller: { name: a, contact: b, calendar: { timezone: Europe/Berlin, holidays: days.txt } }",
      ["NO_SUCH_FILE"],
    ],
    ["e164 on anything but phones", "identities: { email: { type: email, fold: [e164] } }", ["WRONG_VALUE"]],
    [
      "`by` without `found_in`",
      "identities:\n  email: { type: email }\n  id: { type: integer, by: { a: email } }",
      ["MISSING_KEY"],
    ],
    [
      "`found_in` without `by`",
      "identities:\n  email: { type: email }\n  id: { type: integer, found_in: shop.leads.id }",
      ["MISSING_KEY"],
    ],
    [
      "an identity found by itself",
      "identities:\n  email: { type: email, found_in: shop.leads.email, by: { email: email } }",
      ["WRONG_VALUE"],
    ],
    ["a condition that always holds", "conditions: { c: { says: x } }", ["MISSING_KEY"]],
    [
      "a condition over everyone's rows",
      "conditions: { c: { says: x, any: shop.refunds, where: { a: b } } }",
      ["MISSING_KEY"],
    ],
    [
      "a condition that matches nothing",
      "conditions: { c: { says: x, match: { a: shop.leads.id }, where: { a: b } } }",
      ["WRONG_VALUE"],
    ],
    ["an ignored record", "map: { ignore: [shop.leads] }", ["DUPLICATE"]],
    ["an ignored table, twice", "map: { ignore: [shop.a, shop.a] }", ["DUPLICATE"]],
    ["an ignored system", "map: { ignore: [shop] }", ["BAD_REFERENCE"]],
    ["no systems", "systems: {}", ["MISSING_KEY"]],
    ["a system without records", "systems: { a: { kind: postgres } }", ["MISSING_KEY"]],
    ["backups of nothing, for ever", "systems: { b: { kind: backups } }", ["MISSING_KEY", "MISSING_KEY"]],
    [
      "backups with records",
      "systems: { b: { kind: backups, covers: [b], expires_after: 1 day, records: {} } }",
      ["WRONG_VALUE"],
    ],
    [
      "a database that covers",
      "systems: { a: { kind: postgres, covers: [a], records: { r: { match: { email: email }, do: erase } } } }",
      ["WRONG_VALUE"],
    ],
    ["proof kept for seconds", "proof: { keep_for: 30 seconds }", ["BAD_PERIOD"]],
    ["a release that waits for hours", "legal_holds: { release_wait: 12 hours }", ["BAD_PERIOD"]],
    ["a release that waits for no time", "legal_holds: { release_wait: soon }", ["BAD_PERIOD"]],
    ["a release that waits for days", "legal_holds: { release_wait: 30 days }", []],
    ["a release that does not wait", "legal_holds: { release_wait: 0 days }", []],
  ];
  for (const [what, parts, wanted] of cases) {
    it(`${what}: ${wanted.join(", ") || "fine"}`, async () => {
      const text = parts.startsWith("controller")
        ? whole(parts).replace(/^controller: \{ name: A Shop.*\n/mu, "")
        : whole(parts);
      expect(await found(text)).toEqual(wanted);
    });
  }

  const SOURCE = { places: ["table"], rank: "source" } as const;

  it("a connector's own lint is reported where it points, or at the nearest block", async () => {
    const seen: SystemBlock[] = [];
    const lints = (block: SystemBlock): { path: string[]; code: string; message: string; help: string }[] => {
      seen.push(block);
      return [
        { path: ["records", "r", "table"], code: "X1", message: "m", help: "h" },
        { path: ["connect"], code: "X2", message: "m", help: "h" },
      ];
    };
    const kinds = new Map([["postgres", { ...SOURCE, actions: ["erase"] as const, lint: lints }]]);
    expect(await codes(shop("r: { table: t, match: { email: email }, do: erase }"), { kinds })).toEqual([
      "2:3 X2",
      "5:19 X1",
    ]);
    expect(seen.map(({ name, records }) => [name, records.length])).toEqual([["shop", 1]]);
  });

  it("what a connector has not built yet is a warning like any other, and items of lists are found", async () => {
    const text = whole(
      "systems: { a: { kind: files, records: { r: { files: ['a.csv', 'b.orc'], match: { e: email }, do: remove-rows } } } }",
    );
    const kinds = new Map([
      [
        "files",
        {
          places: ["files"] as const,
          rank: "file" as const,
          actions: ["remove-rows"] as const,
          lint: () => [{ path: ["records", "r", "files", "1"], code: "NOT_BUILT", message: "m", help: "h" }],
        },
      ],
    ]);
    expect(await lint(text, { kinds })).toMatchObject([
      { code: "NOT_BUILT", severity: "warning", line: 1, column: 63 },
    ]);
  });

  it("a connector's lint does not judge a record that lies in the wrong place", async () => {
    const kinds = new Map([
      [
        "postgres",
        {
          ...SOURCE,
          actions: ["erase"] as const,
          lint: () => [{ path: ["records", "r", "table"], code: "X1", message: "m", help: "h" }],
        },
      ],
    ]);
    expect(await codes(shop("r: { index: x, match: { email: email }, do: erase }"), { kinds })).toEqual(["5:12 PLACE"]);
  });

  it("a connector's lint says nothing of a block that is wrong already", async () => {
    const kinds = new Map([
      [
        "postgres",
        {
          ...SOURCE,
          actions: ["erase"] as const,
          lint: () => [{ path: ["connect"], code: "X2", message: "m", help: "h" }],
        },
      ],
    ]);
    const text = whole(
      "systems: { a: { kind: postgres, connect: { scret: a }, records: { r: { match: { email: email }, do: erase } } } }",
    );
    expect(await codes(text, { kinds })).toEqual(["1:44 UNKNOWN_KEY"]);
  });
});

describe("people who may act", () => {
  const [ANNA, OTTO] = ["vkey AAAA", "vkey BBBB"];
  it.each([
    [
      "two, each with a key",
      `{ anna: { key: ${ANNA}, roles: [officer] }, otto: { key: ${OTTO}, roles: [officer, auditor] } }`,
      [],
    ],
    [
      "one key for two",
      `{ anna: { key: ${ANNA}, roles: [officer] }, otto: { key: ${ANNA}, roles: [officer] } }`,
      ["DUPLICATE"],
    ],
    [
      "one person under two names",
      `{ anna: { key: ${ANNA}, roles: [officer] }, "An na": { key: ${OTTO}, roles: [officer] } }`,
      ["DUPLICATE"],
    ],
    ["a key that is none", "{ anna: { key: ssh-ed25519 AAAA, roles: [officer] } }", ["WRONG_VALUE"]],
    ["a role that is none", `{ anna: { key: ${ANNA}, roles: [boss] } }`, ["WRONG_VALUE"]],
    ["no role", `{ anna: { key: ${ANNA}, roles: [] } }`, ["WRONG_VALUE"]],
    ["no key", "{ anna: { roles: [officer] } }", ["MISSING_KEY"]],
  ])("%s", async (_, people, codes) => {
    expect((await lint(whole(`people: ${people}`))).map(({ code }) => code)).toEqual(codes);
  });

  it("arrive whole, and change no rule: a plan outlives who joins", async () => {
    const map = await good(whole(`people: { anna: { key: ${ANNA}, roles: [officer] } }`));
    expect(map.people).toEqual([{ name: "anna", key: "AAAA", roles: ["officer"] }]);
    expect(meaningOf(map)).toBe(meaningOf(await good(whole(""))));
  });

  it("where two must act and nobody is named, it is said", async () => {
    expect((await lint(whole("approval: { four_eyes: true }"))).map(({ code }) => code)).toEqual(["NO_PEOPLE"]);
    expect(
      await lint(
        whole(
          `approval: { four_eyes: true }\npeople: { anna: { key: ${ANNA}, roles: [officer] }, otto: { key: ${OTTO}, roles: [officer] } }`,
        ),
      ),
    ).toEqual([]);
    expect(await lint(whole("approval: { four_eyes: false }"))).toEqual([]);
  });
});
