import { describe, expect, it } from "vitest";
import { sentences } from "../../src/datamap/sentences.ts";
import { good, shop, whole } from "./lint-map.ts";

const said = async (text: string): Promise<string[]> => sentences(await good(text)).map(({ sentence }) => sentence);
const HOLD =
  "holds:\n  h: { says: a law says so, keep_for: 8 years, law: [DE AO §147, DE HGB §257], people: { owner: a@b.example } }\n  g: { says: another says so, keep_for: 90 days, round_up_to: fiscal year 03-31, law: [X], people: { owner: a@b.example } }";

describe("sentences", () => {
  it("stand where their record stands", async () => {
    const [first] = sentences(await good(shop("leads: { match: { email: email }, do: erase }")));
    expect(first).toEqual({
      record: "shop.leads",
      sentence: "Erase leads in shop found by email.",
      file: "datamap.yaml",
      line: 5,
    });
  });

  it("say how records are found: by any, by all, by their keys", async () => {
    expect(
      await said(
        whole(
          "systems:\n  shop: { kind: postgres, records: { a: { match: { mail: email, b_mail: email }, do: erase }, b: { match: { all: { email: email, a: shop.a.id } }, do: erase } } }\n  s: { kind: s3, records: { c: { keys: ['s3://b/:email.png'], do: erase, versions: all } } }",
        ),
      ),
    ).toEqual([
      "Erase a in shop found by mail = email or b_mail = email.",
      "Erase b in shop found by email and a = shop.a.id.",
      "Erase c in s, objects s3://b/:email.png in every version, found by email in the key.",
    ]);
  });

  it("say by what a record is hidden, and what becomes of it in time", async () => {
    expect(
      await said(
        shop(
          `a: { match: { email: email }, do: soft-delete, soft_delete: { timestamp: deleted_at }, restore_window: 7 days, purge_after: 14 days }
b: { match: { email: email }, do: soft-delete, soft_delete: { status: state, deleted_when: [trash, bin] }, purge_after: 1 month, purge: anonymise, fields: { name: clear } }
c: { match: { email: email }, do: soft-delete, soft_delete: { timestamp: gone, live_when: 1760-01-01 }, purge_after: 14 days, hold: { use: h, from: paid } }
d: { match: { email: email }, do: erase, soft_delete: { flag: hidden }, purge_after: 14 days }`,
          HOLD,
        ),
      ),
    ).toEqual([
      "Hide a in shop found by email by setting deleted_at; restorable for 7 days; erased 14 days after it was hidden.",
      "Hide b in shop found by email by setting state to trash; anonymised (clear name) 1 month after it was hidden.",
      "Keep c in shop found by email, until 8 years after paid, because a law says so (DE AO §147; DE HGB §257), then hide them by setting gone; gone of 1760-01-01 says that it lives; erased 14 days after it was hidden.",
      "Erase d in shop found by email; erased 14 days after the application has hidden it.",
    ]);
  });

  it("say what is due without a request", async () => {
    expect(
      await said(shop("leads: { match: { email: email }, do: erase, schedule: { after: 90 days, from: seen } }")),
    ).toEqual(["Erase leads in shop found by email; also without a request, from 90 days after seen on."]);
  });

  it("say what each field becomes", async () => {
    const rules =
      "a: clear, b: clear, c: remove, d: keep, e: { set: gone }, f: { generalise: year }, g: { generalise: { prefix: 2 } }, h: { truncate: /24 }, i: { template: ':random' }, j: { pseudonymise: hmac }, k: unlink";
    expect(await said(shop(`r: { match: { email: email }, do: anonymise, fields: { ${rules} } }`))).toEqual([
      'Anonymise r in shop found by email: clear a and b, remove c, keep d, set e to "gone", keep only the year of f, keep only the first 2 characters of g, keep only the first 24 bits of h, write a fresh value into i, pseudonymise j, unlink k.',
    ]);
  });

  it("name the column that paths are in, and the record whose trail it is", async () => {
    expect(
      await said(
        shop(
          "r: { match: { email: email }, do: erase }\nt: { called: its history, match: { email: email }, do: redact, audit_of: shop.r, fields: { by: clear }, in: old, paths: { a.b: clear, c: remove } }",
        ),
      ),
    ).toEqual([
      "Erase r in shop found by email.",
      "Redact t (its history) in shop, the audit trail of shop.r, found by email: clear by, and in old clear a.b, remove c.",
    ]);
  });

  it("name hold, law, what stays, what is protected, and what is held with it", async () => {
    const text = shop(
      "p: { match: { email: email }, do: erase, fields: { name: clear } }\ni: { match: { p: shop.p.id }, do: erase, hold: { use: h, from: sent, protects: [shop.p] }, while_held: { restrict: true, keep_only: [no] } }\nl: { match: { i: shop.i.id }, do: erase }\nm: { match: { l: shop.l.id }, do: erase }\nk: { match: { p: shop.p.id }, do: keep, hold: [{ use: h, from: a }, { use: g, from: b }] }",
      HOLD,
    );
    expect(await said(text)).toEqual([
      "Erase p in shop found by email; where something that is kept still needs one, it stays and we clear name.",
      "Keep i in shop found by p = shop.p.id, until 8 years after sent, because a law says so (DE AO §147; DE HGB §257), then erase them; until then only no and the keys stay, with restricted access; while they are kept, shop.p stay too.",
      "Erase l in shop found by i = shop.i.id; what belongs to kept shop.i is kept with them.",
      "Erase m in shop found by l = shop.l.id; what belongs to kept shop.l is kept with them.",
      "Keep k in shop found by p = shop.p.id, until 8 years after a, because a law says so (DE AO §147; DE HGB §257) and in any case until 90 days after the end of the fiscal year (03-31) of b, because another says so (X).",
    ]);
  });

  it("say what a rule waits for, what is removed from files, and what backups do", async () => {
    const text = whole(
      "conditions: { open: { says: the case is open, where: { s: o } } }\nsystems:\n  f: { kind: files, records: { r: { files: ['*.csv', '*.gz'], match: { m: email }, do: remove-rows, unless: open } } }\n  b: { kind: backups, covers: [f], expires_after: 35 days }",
    );
    expect(await said(text)).toEqual([
      "Remove the rows of r in f, files *.csv and *.gz, found by m = email, unless the case is open.",
      "Nothing is erased in the backups of f; each copy is gone 35 days after it was made.",
    ]);
  });
});
