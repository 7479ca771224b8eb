import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readDataMap } from "../../src/datamap/read.ts";
import { good, HOW, shop, whole } from "./lint-map.ts";

const LEADS = "leads: { match: { email: email }, do: erase }";

describe("a data map that is well", () => {
  it("has the contract's defaults", async () => {
    const map = await good(whole(""));
    expect(map).toMatchObject({
      file: "datamap.yaml",
      ignore: [],
      proof: { keepFor: { years: 3, months: 0, days: 0, seconds: 0 }, roundUpTo: { to: "calendar_year" } },
      approval: { required: true, fourEyes: true, roles: [], drift: "refuse" },
      limits: { maxRecords: 1000, maxFraction: 0.01, maxFanOut: 20 },
      settle: { seconds: 3600 },
      clock: "real",
      controller: { calendar: { regime: "eu", holidays: [] } },
    });
    expect(map.systems[0]?.records[0]).toMatchObject({
      id: "shop.leads",
      place: { kind: "table", table: "leads" },
      encoding: "utf-8",
      dialect: {},
      holds: [],
      fields: {},
      paths: {},
      cascades: [],
    });
    expect(map.systems[0]).toMatchObject({ connect: {}, feeds: [], session: {}, covers: [] });
  });

  it("bears the digest of its bytes", async () => {
    const text = whole("# Löwenzahn");
    expect((await good(text)).digest).toBe(createHash("sha256").update(Buffer.from(text)).digest("hex"));
  });

  it("says what it says", async () => {
    const map = await good(
      whole(
        "approval: { required: false, four_eyes: false, roles: [dpo], drift: planned_only }\nsettle: 0 seconds\nclock: test\nproof: { keep_for: P2Y }",
      ),
    );
    expect(map).toMatchObject({
      approval: { required: false, fourEyes: false, roles: ["dpo"], drift: "planned_only" },
      settle: { seconds: 0, text: "0 seconds" },
      clock: "test",
      proof: { keepFor: { years: 2 } },
    });
    expect(map.proof.roundUpTo).toBeUndefined();
  });

  it("limits are inherited one by one", async () => {
    const map = await good(shop(`${LEADS.slice(0, -1)}, limits: { max_fraction: 1 } }`, "limits: { max_records: 5 }"));
    expect(map.systems[0]?.records[0]?.limits).toEqual({
      maxRecords: 5,
      maxFraction: 1,
      maxFanOut: 20,
      batchRecords: 100_000,
    });
  });

  it("match terms keep their column, also with dots and brackets, and their mode", async () => {
    const map = await good(
      shop(
        `${LEADS}\na: { match: { "doc.members[].email": email, lead: shop.leads.the.id }, do: erase }\nb: { match: { all: { email: email } }, do: erase }\nc: { match: { all: email }, do: erase }`,
      ),
    );
    const [, a, b, c] = map.systems[0]?.records ?? [];
    expect(a?.match).toEqual({
      mode: "any",
      terms: [
        { column: "doc.members[].email", source: { kind: "identity", identity: "email" } },
        { column: "lead", source: { kind: "column", ref: { record: "shop.leads", column: "the.id" } } },
      ],
    });
    expect(b?.match).toEqual({
      mode: "all",
      terms: [{ column: "email", source: { kind: "identity", identity: "email" } }],
    });
    expect(c?.match).toEqual({
      mode: "any",
      terms: [{ column: "all", source: { kind: "identity", identity: "email" } }],
    });
  });

  it("placeholders of key templates are the match, each once", async () => {
    const map = await good(
      whole(
        "identities: { email: { type: email }, id: { type: integer } }\nsystems: { s: { kind: s3, records: { r: { keys: ['s3://b/:id/:email.json', 's3://b/:id.png'], do: erase, versions: all } } } }",
      ),
    );
    expect(map.systems[0]?.records[0]?.match.terms).toEqual([
      { column: ":id", source: { kind: "identity", identity: "id" } },
      { column: ":email", source: { kind: "identity", identity: "email" } },
    ]);
  });

  it("tables are split into schema and name", async () => {
    const map = await good(
      shop(
        "a: { table: old.leads, match: { email: email }, do: erase }\nb: { table: ['a.b', 'c.d'], match: { email: email }, do: erase }",
      ),
    );
    expect(map.systems[0]?.records.map(({ place }) => place)).toEqual([
      { kind: "table", schema: "old", table: "leads" },
      { kind: "table", schema: "a.b", table: "c.d" },
    ]);
  });

  it("values of conditions are as they were written", async () => {
    const map = await good(
      whole(
        'conditions: { c: { says: x, where: { code: [0010, 1.50, true, "x y", ~no], flag: false, n: 12345678901234567890 } } }',
      ),
    );
    expect(map.conditions[0]?.where).toEqual({
      code: ["0010", "1.50", "true", "x y", "~no"],
      flag: ["false"],
      n: ["12345678901234567890"],
    });
  });

  it("a statutory rule is filled in as it is in force today", async () => {
    const text = whole("holds: { h: { rule: de/invoice, people: { owner: a@b.example } } }");
    const [now] = (await good(text)).holds;
    expect(now).toMatchObject({
      rule: "de/invoice",
      says: "tax law requires invoices to be kept for 8 years",
      keepFor: { years: 8 },
      roundUpTo: { to: "calendar_year" },
      notBefore: "2024-12-31",
      owner: "a@b.example",
    });
    expect(now?.law).toEqual(["DE AO §147(3)-(4)", "DE UStG §14b(1)"]);
    expect((await good(text, { today: "2024-06-01" })).holds[0]).toMatchObject({ keepFor: { years: 10 } });
  });

  it("every field rule is read", async () => {
    const rules =
      "a: clear, b: remove, c: unlink, d: keep, e: { set: 0 }, f: { generalise: decade }, g: { generalise: { prefix: 2 } }, h: { truncate: /24 }, i: { template: 'x:random' }, j: { pseudonymise: hmac }";
    const map = await good(shop(`r: { match: { email: email }, do: anonymise, fields: { ${rules} } }`));
    expect(map.systems[0]?.records[0]?.fields).toEqual({
      a: { kind: "clear" },
      b: { kind: "remove" },
      c: { kind: "unlink" },
      d: { kind: "keep" },
      e: { kind: "set", value: 0 },
      f: { kind: "generalise", to: "decade" },
      g: { kind: "prefix", length: 2 },
      h: { kind: "truncate", bits: 24 },
      i: { kind: "template", template: "x:random" },
      j: { kind: "pseudonymise" },
    });
  });

  it("`unlink` without fields cuts the columns that lead to the person", async () => {
    const map = await good(shop(`${LEADS}\nr: { match: { lead_id: shop.leads.id, mail: email }, do: unlink }`));
    expect(map.systems[0]?.records[1]?.fields).toEqual({ lead_id: { kind: "unlink" }, mail: { kind: "unlink" } });
  });

  it("holds, people, holidays, session, backups and places arrive whole", async () => {
    const map = await good(
      whole(`holds:
  h: { says: x, keep_for: 90 days, round_up_to: fiscal year 03-31, law: [a, b], exemption: Art. 17(3)(b), people: { owner: o, approved_by: p, approved_on: 2026-01-01, review_by: 2027-01-01 } }
systems:
  shop:
    kind: postgres
    connect: { secret: shop_db }
    session: { app.current_user: "expunge :request" }
    records:
      leads: { match: { email: email }, do: erase, hold: [{ use: h, from: at, protects: [shop.leads] }], while_held: { restrict: true, keep_only: [no] } }
      trail: { match: { email: email }, do: redact, in: j, paths: { a.b: clear }, audit_of: shop.leads, cascades: [fk] }
  s: { kind: s3, connect: { secret: s, unsafe_overwrite: true }, records: { r: { files: ["s3://b/*.csv"], match: { e: email }, do: remove-rows, format: csv, dialect: { delimiter: ";", header: true }, encoding: windows-1252, versions: all } } }
  b: { kind: backups, covers: [shop, s], expires_after: 35 days }`),
    );
    expect(map.holds[0]).toMatchObject({
      keepFor: { days: 90 },
      roundUpTo: { to: "fiscal_year", month: 3, day: 31 },
      law: ["a", "b"],
      exemption: "Art. 17(3)(b)",
      owner: "o",
      approvedBy: "p",
      approvedOn: "2026-01-01",
      reviewBy: "2027-01-01",
    });
    expect(map.systems[0]).toMatchObject({
      connect: { secret: "shop_db" },
      session: { "app.current_user": "expunge :request" },
    });
    expect(map.systems[0]?.records[0]).toMatchObject({
      holds: [{ hold: "h", from: "at", protects: ["shop.leads"] }],
      whileHeld: { restrict: true, keepOnly: ["no"] },
      at: { line: 9, column: 7 },
    });
    expect(map.systems[0]?.records[1]).toMatchObject({
      in: ["j"],
      paths: { "a.b": { kind: "clear" } },
      auditOf: ["shop.leads"],
      cascades: ["fk"],
    });
    expect(map.systems[1]?.connect).toEqual({ secret: "s", unsafeOverwrite: true });
    expect(map.systems[1]?.records[0]).toMatchObject({
      place: { kind: "files", globs: ["s3://b/*.csv"] },
      format: "csv",
      dialect: { delimiter: ";", header: true },
      encoding: "windows-1252",
      versions: "all",
    });
    expect(map.systems[2]).toMatchObject({ covers: ["shop", "s"], expiresAfter: { days: 35 }, records: [] });
  });

  it("holidays come from the map, a file or a region", async () => {
    const days = async (holidays: string): Promise<readonly string[]> => {
      const text = whole("").replace("Europe/Berlin", `Europe/Berlin, holidays: ${holidays}`);
      return (await good(text)).controller.calendar.holidays;
    };
    expect(await days("[2026-12-26, 2026-12-25, 2026-12-25]")).toEqual(["2026-12-25", "2026-12-26"]);
    expect(await days("holidays.txt")).toEqual(["2026-12-24", "2026-12-31"]);
    expect(await days("DE-HH")).toEqual(["2025-10-31", "2026-10-31", "2027-10-31", "2028-10-31"]);
  });

  it("may be one line of JSON", async () => {
    const json = JSON.stringify({
      version: 1,
      controller: { name: "a", contact: "b", calendar: { timezone: "Europe/Vienna", regime: "eu", holidays: [] } },
      identities: { email: { type: "email" } },
      systems: {
        f: {
          kind: "files",
          connect: { root: "./data" },
          records: {
            r: { files: ["**/*.csv"], match: { Mail: "email" }, do: "remove-rows", dialect: { delimiter: ";" } },
          },
        },
      },
    });
    expect((await good(json)).systems[0]?.connect).toEqual({ root: "./data" });
  });
});

describe("readDataMap", () => {
  it("gives a map with warnings, and those that no plan may be made with apart", async () => {
    const text = shop(
      "leads: { match: { email: email }, do: erase, restore_window: 7 days }",
      "map: { owner: a@b.example, review_by: 2020-01-01 }",
    );
    const { map, issues, notBuilt } = await readDataMap({ file: "m.yaml", text }, HOW);
    expect(map).toBeDefined();
    expect(issues.map(({ code, severity, file }) => [code, severity, file])).toEqual([
      ["NOT_BUILT", "warning", "m.yaml"],
      ["REVIEW_OVERDUE", "warning", "m.yaml"],
    ]);
    expect(notBuilt).toEqual(issues.filter(({ code }) => code === "NOT_BUILT"));
  });

  it("gives no map where there is an error", async () => {
    expect((await readDataMap({ file: "m.yaml", text: whole("clok: real") }, HOW)).map).toBeUndefined();
  });
});
