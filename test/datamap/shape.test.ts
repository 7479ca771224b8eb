import { describe, expect, it } from "vitest";
import { readDataMap } from "../../src/datamap/read.ts";
import { codes, HOW, lint, shop, whole } from "./lint-map.ts";

const LEADS = "leads: { match: { email: email }, do: erase";

describe("YAML", () => {
  it("only the first syntax error is said", async () => {
    const text = whole("map: { owner: http://x{y}: z }\nproof: { [ }\nlimits: {{{");
    const issues = await lint(text);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ code: "YAML_SYNTAX", line: 1, severity: "error" });
  });

  it("a key that is there twice is an error, and the rest is looked at all the same", async () => {
    expect(await codes(whole("settle: 1 hour\nsettle: 2 hours\nclok: test"))).toEqual([
      "2:1 DUPLICATE_KEY",
      "3:1 UNKNOWN_KEY",
    ]);
  });

  it("anchors and aliases are fine, merge keys are not", async () => {
    const text = (orders: string): string =>
      shop(`customers: { match: { email: email }, do: anonymise, fields: &f { email: clear } }\norders: ${orders}`);
    expect(await codes(text("{ match: { email: email }, do: anonymise, fields: *f }"))).toEqual([]);
    expect(await codes(text("{ match: { email: email }, do: anonymise, fields: { <<: *f } }"))).toEqual([
      "6:46 FIELDS_MISSING",
      "6:67 MERGE_KEY",
    ]);
  });

  it("an alias without anchor, a tag, two documents, tabs, a list as key: one error each, none thrown", async () => {
    for (const parts of [
      "settle: *x",
      "settle: !!js 1",
      "settle: 1 hour\n---\nclock: real",
      "map:\n\towner: a",
      "? [a]\n: b",
      "__proto__: 1",
    ]) {
      const issues = await lint(whole(parts));
      expect(issues.length, parts).toBeGreaterThan(0);
    }
  });

  it("what a second document holds is never left unread without a word", async () => {
    const one = shop(`${LEADS} }`).trimEnd();
    expect(await codes(`${one}\n---\nsystems: {}\n`)).toEqual([`${one.split("\n").length + 1}:1 SECOND_DOCUMENT`]);
    expect(await codes(`---\n${one}\n---\nfor: someone\n`)).toContain(
      `${one.split("\n").length + 2}:1 SECOND_DOCUMENT`,
    );
    for (const whole of [`---\n${one}`, `${one}\n---\n`, `${one}\n...\n`, `%YAML 1.2\n---\n${one}\n...\n# end\n`])
      expect(await codes(whole), whole).toEqual([]);
  });

  it("what is no UTF-8 is said, with its place: a name in it would be another name", async () => {
    const one = shop(`${LEADS}, called: Müller }`);
    const line = one.slice(0, one.indexOf("ü")).split("\n");
    for (const [bytes, place] of [
      [Buffer.from(one, "latin1"), `${line.length}:${(line.at(-1)?.length ?? 0) + 1} ENCODING`],
      [Buffer.from(`\uFEFF${one}`, "utf16le"), "1:1 ENCODING"],
      [Buffer.from(one.replace("ü", "\0")), `${line.length}:${(line.at(-1)?.length ?? 0) + 1} ENCODING`],
    ] as const)
      expect(await codes(bytes.toString("utf8"))).toEqual([place]);
    expect(await codes(Buffer.from(`\uFEFF${one.replaceAll("\n", "\r\n")}`).toString("utf8"))).toEqual([]);
  });

  it("a tag of YAML's own is a tag too", async () => {
    expect(await codes(whole("settle: !!str 1 hour"))).toEqual(["1:15 TAG"]);
    expect(await codes(whole("limits: !!map { max_records: 5 }"))).toEqual(["1:15 TAG"]);
  });

  it("a file that is empty, a list or a text is an error at its first line", async () => {
    for (const text of ["", "# nothing\n", "[]", "data map", "3"]) {
      const issues = await lint(text);
      expect(issues.map(({ severity, line }) => [severity, line])[0], text).toEqual(["error", 1]);
    }
  });

  it("aliases that explode are refused", async () => {
    const text = `a: &a [x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f"].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdef"[at]}`).join(",")}]`).join("\n")}`;
    expect((await lint(whole(text))).length).toBeGreaterThan(0);
  });

  it("dates stay texts, and codes keep their zeros", async () => {
    expect(await codes(whole("map: { review_by: 2027-01-15 }"))).toEqual([]);
  });
});

describe("the closed set of keys", () => {
  const cases: readonly [string, string, string][] = [
    [whole("clok: test"), "1:1 UNKNOWN_KEY", "Did you mean `clock`?"],
    [whole("map: { onwer: a@b.example }"), "1:8 UNKNOWN_KEY", "Did you mean `owner`?"],
    [shop(`${LEADS}, filds: { name: clear } }`), "5:52 UNKNOWN_KEY", "Did you mean `fields`?"],
    [shop(`${LEADS}, keepOnly: 1 }`), "5:52 UNKNOWN_KEY", "See docs/datamap.md."],
    [whole("identities:\n  email: { type: email, folds: [trim] }"), "2:25 UNKNOWN_KEY", "Did you mean `fold`?"],
    [whole("approval: { foureyes: true }"), "1:13 UNKNOWN_KEY", "Did you mean `four_eyes`?"],
    [
      shop("leads: { match: { email: email }, do: anonymise, fields: { name: { sett: x } } }"),
      "5:74 UNKNOWN_KEY",
      "Did you mean `set`?",
    ],
    [
      shop(`${LEADS}, hold: { use: h } }`, "holds: { h: { rule: de/books, people: { owner: a } } }"),
      "5:52 MISSING_KEY",
      "Add `from:` here.",
    ],
  ];
  for (const [text, wanted, help] of cases) {
    it(`${wanted}: ${help}`, async () => {
      const issues = await lint(text);
      const found = issues.find(({ line, column, code }) => `${line}:${column} ${code}` === wanted);
      expect(found?.help ?? JSON.stringify(issues)).toContain(help);
    });
  }

  it("every key of the contract that is not built yet is a warning that names it, and no error", async () => {
    const records = `
tickets:
  match: { email: email }
  do: soft-delete
  soft_delete: { timestamp: deleted_at, live_when: null, by: deleted_by }
  restore_window: 7 days
  purge_after: 14 days
  purge: anonymise
  fields: { email: clear }
leads: { match: { email: email }, do: erase, restore_window: 7 days, schedule: { after: 90 days, from: seen } }
trail: { match: { email: email }, do: erase }`.trim();
    const issues = await lint(
      shop(
        records,
        "  api: { kind: http, connect: { secret: k, base_url: 'https://x.example' }, records: { m: { match: { h: { md5: email } }, http: { find: x } } } }\n  f: { kind: files, connect: { root: ., read_secret: r }, recipient: { name: X, notify: email }, records: { p: { files: ['*.parquet'], format: parquet, match: { e: email }, do: remove-rows } } }\nretain_deleted: 14 days\nlegal_holds: { release_wait: 30 days }\nassert: { paid: { system: shop, query: select 1, says: x } }\napproval: { standing: [{ records: [shop.leads], up_to: 5 }] }",
      ),
    );
    expect(new Set(issues.map(({ code, severity }) => `${severity} ${code}`))).toEqual(new Set(["warning NOT_BUILT"]));
    expect(issues.map(({ message }) => /`[^`]+`/u.exec(message)?.[0])).toEqual([
      "`restore_window`",
      "`http`",
      "`connect.read_secret`",
      "`recipient.notify`",
      "`parquet`",
    ]);
  });

  it("what the proof promises and nobody keeps is said; plans are made all the same", async () => {
    const { issues, notBuilt, map } = await readDataMap(
      { file: "m.yaml", text: whole("proof: { keep_for: 3 years }") },
      HOW,
    );
    expect(issues.map(({ code, severity, line, column }) => `${line}:${column} ${severity} ${code}`)).toEqual([
      "1:10 warning NOT_BUILT",
    ]);
    expect(notBuilt).toEqual([]);
    expect(map).toBeDefined();
  });

  it("keys that say something about a system are accepted", async () => {
    const text = whole(
      "map: { owner: a@b.example, review_by: 2027-01-01, ignore: [shop.products] }\nsystems:\n  shop: { kind: postgres, owner: a@b.example, environment: test, recipient: { name: X, role: processor, country: DE }, feeds: [search], session: { app.user: 'x :request' }, records: { leads: { called: leads, match: { email: email }, do: erase } } }\n  search: { kind: elasticsearch, copy_of: shop.leads, records: { leads: { index: leads, match: { email: email }, do: erase } } }",
    );
    expect(await codes(text)).toEqual([]);
  });
});

describe("values", () => {
  it("that are missing are named with the block they belong to", async () => {
    const [issue] = await lint(shop("leads: { match: { email: email } }"));
    expect(issue).toMatchObject({ line: 5, column: 7, code: "MISSING_KEY", message: "`do` is missing in `leads`." });
  });

  it("of the wrong form say what is wanted", async () => {
    const help = async (parts: string): Promise<string | undefined> => (await lint(whole(parts)))[0]?.help;
    expect(await help("map: { owner: 3 }")).toContain("Put it in quotes");
    // quotes would lead to the next error
    expect(await help("settle: 3")).toBe("Write `8 years`, `90 days`, `1 hour` or ISO 8601, as in `P8Y`.");
    const quoted = (await lint(whole("").replace("version: 1", 'version: "1"')))[0];
    expect(quoted?.help).toBe("Write it without quotes.");
    expect((await lint(shop("leads: { match: email, do: erase }")))[0]?.help).toContain("`match: { email: email }`");
    expect(await help("map:")).toContain("Give it a value");
    expect(await help("approval: { four_eyes: yes }")).toContain("true or false");
    expect(await help("limits: { max_records: 0 }")).toContain("At least 1");
    expect(await help("limits: { max_fraction: 2 }")).toContain("At most 1");
    expect(await help("map: { ignore: shop.products }")).toContain("a list");
    expect(await help("version: 2\n")).toBeDefined();
  });

  it("that are not among the allowed name the nearest", async () => {
    const [issue] = await lint(shop("leads: { match: { email: email }, do: anonymize, fields: { name: clear } }"));
    expect(issue).toMatchObject({
      code: "WRONG_VALUE",
      message: "`do` cannot be `anonymize`.",
      help: "Did you mean `anonymise`?",
    });
  });

  it("of a mixed match say how to write it", async () => {
    const [issue] = await lint(shop("leads: { match: { all: { a: email }, b: email }, do: erase }"));
    expect(issue?.help).toContain("stand alone");
  });

  it("names without dots only", async () => {
    expect(await codes(shop('"a.b": { match: { email: email }, do: erase }'))).toEqual(["5:7 BAD_NAME"]);
  });

  it("one wrong block hides no other issue", async () => {
    const text = shop(
      "a: { match: { email: emial }, do: eraze }\nb: { match: { email: emial }, do: erase, extra: 1 }\nc: 3\nd: { do: keep }",
      "approval: 3\nsettle: soon",
    );
    expect(await codes(text)).toEqual([
      "5:41 WRONG_VALUE",
      "6:28 UNKNOWN_IDENTITY",
      "6:48 UNKNOWN_KEY",
      "7:10 WRONG_TYPE",
      "8:7 MISSING_KEY",
      "8:16 KEEP_WITHOUT_HOLD",
      "9:11 WRONG_TYPE",
      "10:9 BAD_PERIOD",
    ]);
  });
});
