import { describe, expect, it } from "vitest";
import type { RecordType } from "../../src/model/datamap.ts";
import { askedRecords, refuseAsked } from "../../src/planner/asked.ts";
import { codes, good, lint, shop, whole } from "./lint-map.ts";

const first = async (text: string): Promise<RecordType | undefined> => (await good(text)).systems[0]?.records[0];
const leads = (rest: string): string => shop(`leads: { match: { email: email }, do: erase, ${rest} }`);

describe("what narrows a match", () => {
  it("is read as it was written: a constant, or several", async () => {
    expect(await first(leads("where: { type: User, code: [0010, 1.0, true] }"))).toMatchObject({
      where: { type: ["User"], code: ["0010", "1.0", "true"] },
    });
  });

  it("stands in the model beside its defaults", async () => {
    const record = await first(
      leads("shared: erase, created: made_at, split: { email: ' ::: ' }, limits: { batch_records: 7 }"),
    );
    expect(record).toMatchObject({
      shared: "erase",
      created: "made_at",
      split: { email: " ::: " },
      limits: { batchRecords: 7, maxRecords: 1000 },
    });
    const plain = await first(leads("called: x"));
    expect(["where", "shared", "created", "split"].filter((key) => Object.hasOwn(plain ?? {}, key))).toEqual([]);
  });

  it("`in` and `audit_of` take one or several", async () => {
    const trail = (rest: string): string =>
      shop(
        `a: { match: { email: email }, do: erase }\nb: { match: { email: email }, do: erase }\nt: { match: { email: email }, do: redact, paths: { x: clear }, ${rest} }`,
      );
    const map = await good(trail("in: [old, new], audit_of: [shop.a, shop.b]"));
    expect(map.systems[0]?.records[2]).toMatchObject({ in: ["old", "new"], auditOf: ["shop.a", "shop.b"] });
    expect(await codes(trail("in: [old, old], audit_of: [shop.a, shop.c, shop.t]"))).toEqual([
      "7:80 DUPLICATE",
      "7:105 UNKNOWN_RECORD",
      "7:113 WRONG_VALUE",
    ]);
  });

  it("words for registers and rehearsals are accepted", async () => {
    expect(
      await codes(leads("purpose: sales, categories: [contact, orders], sample: { country: DE, vat: 7 }")),
    ).toEqual([]);
  });

  const wrong: readonly [string, string, string[]][] = [
    ["no constant", leads("where: {}"), ["5:52 WRONG_VALUE"]],
    ["a list of none", leads("where: { type: [] }"), ["5:67 WRONG_VALUE"]],
    ["nothing as a constant", leads("where: { type: null }"), ["5:67 WRONG_TYPE"]],
    ["another way to share", leads("shared: keep"), ["5:60 WRONG_VALUE"]],
    ["a list that nothing reads", leads("split: { tags: ';' }"), ["5:61 WRONG_VALUE"]],
    ["a list split at line ends", leads('split: { email: "\\n" }'), ["5:68 WRONG_VALUE"]],
    [
      "fewer lines than none",
      whole(
        "systems: { f: { kind: files, records: { r: { files: ['*.csv'], match: { e: email }, do: remove-rows, dialect: { skip: -1 } } } } }",
      ),
      ["1:119 WRONG_VALUE"],
    ],
  ];
  for (const [what, text, wanted] of wrong)
    it(`is refused where it is ${what}`, async () => expect(await codes(text)).toEqual(wanted));
});

describe("keys of objects", () => {
  const IDENTITIES = "identities: { email: { type: email }, id: { type: integer } }\n";
  const keys = (list: string): string =>
    whole(
      `${IDENTITIES}systems: { db: { kind: postgres, records: { files: { match: { email: email }, do: erase } } }, s: { kind: s3, records: { r: { keys: [${list}], do: erase } } } }`,
    );
  const termsOf = async (list: string) => (await good(keys(list))).systems[1]?.records[0]?.match.terms;

  it("may name a column, with its whole name as the placeholder", async () => {
    expect(await termsOf("'s3://b/:db.files.path', 's3://b/:id/:db.files.dir/x.png'")).toEqual([
      { column: ":db.files.path", source: { kind: "column", ref: { record: "db.files", column: "path" } } },
      { column: ":id", source: { kind: "identity", identity: "id" } },
      { column: ":db.files.dir", source: { kind: "column", ref: { record: "db.files", column: "dir" } } },
    ]);
  });

  it("take an ending for an ending", async () => {
    expect(await termsOf("'s3://b/:id.tar.gz.old', 's3://b/:id.v1.json'")).toEqual([
      { column: ":id", source: { kind: "identity", identity: "id" } },
    ]);
    expect(await termsOf("'s3://b/:db.files.path.png'")).toMatchObject([{ column: ":db.files.path" }]);
  });

  it("may end in everything below", async () => {
    expect(await termsOf("'s3://b/:id/**'")).toHaveLength(1);
  });

  it("that name nobody are refused, whatever stars they have", async () => {
    expect(await codes(keys("'s3://b/**'"))).toEqual([expect.stringContaining("NO_PLACEHOLDER")]);
  });

  it("with a record or identity that is unknown name the nearest", async () => {
    expect((await lint(keys("'s3://b/:db.flies.path'")))[0]).toMatchObject({
      code: "UNKNOWN_RECORD",
      help: "Did you mean `db.files`?",
    });
    expect((await lint(keys("'s3://b/:emial.x.y'")))[0]).toMatchObject({
      code: "UNKNOWN_IDENTITY",
      help: "Did you mean `email`?",
    });
  });

  it("with two columns of one record wait for a later version: any pair would do, also a stranger's", async () => {
    expect(await codes(keys("'s3://b/:db.files.dir/:db.files.path'"))).toEqual([expect.stringContaining("NOT_BUILT")]);
  });

  it("have no columns that a constant, a time or a list could be read in", async () => {
    const text = (rest: string): string =>
      whole(`${IDENTITIES}systems: { s: { kind: s3, records: { r: { keys: ['s3://b/:id'], do: erase, ${rest} } } } }`);
    for (const rest of ["where: { a: b }", "created: at", "split: { a: ';' }"])
      expect((await codes(text(rest))).join(), rest).toMatch(/^\d+:\d+ WRONG_VALUE/u);
  });
});

describe("`do: ask`", () => {
  const map = shop(
    "a: { match: { email: email }, do: ask }\nb: { match: { email: email }, do: erase }",
    "  f: { kind: files, records: { c: { files: ['*.csv'], match: { e: email }, do: ask } } }",
  );

  it("is a warning in every kind of system", async () => {
    expect((await lint(map)).map(({ code, severity, line }) => [code, severity, line])).toEqual([
      ["ASK", "warning", 5],
      ["ASK", "warning", 7],
    ]);
  });

  it("stops a plan that needs the decision, by name, and no other", async () => {
    const read = await good(map);
    expect(askedRecords(read).map(({ id }) => id)).toEqual(["shop.a", "f.c"]);
    expect(() => refuseAsked(read)).toThrow(
      expect.objectContaining({
        code: "ASK",
        exit: 3,
        message: expect.stringContaining("shop.a, f.c"),
        details: { records: ["shop.a", "f.c"] },
      }),
    );
    expect(() => refuseAsked(read, "f")).toThrow(expect.objectContaining({ details: { records: ["f.c"] } }));
    expect(() => refuseAsked(read, "other")).not.toThrow();
  });
});
