/** What a data map says and what could never happen is told where it stands. */
import { describe, expect, it } from "vitest";
import { lint, shop, whole } from "./lint-map.ts";

/** Each code with the word that it stands at. */
async function codes(text: string): Promise<string[]> {
  const lines = text.split("\n");
  return (await lint(text)).map(
    ({ code, line, column }) => `${code} ${/[\w.]+/u.exec((lines[line - 1] ?? "").slice(column - 1))?.[0] ?? ""}`,
  );
}

const leads = (rest: string): string => shop(`leads: { match: { email: email }, ${rest} }`);
const HELD = `${"holds: { h: { says: x, keep_for: 2 years, law: [a], people: { owner: o } } }"}`;
const kept = (rest: string): string =>
  shop(`leads: { match: { email: email }, do: keep, hold: { use: h, from: made }, ${rest} }`, HELD);

describe("a record type", () => {
  it("that stays has no schedule and nothing to bring back", async () => {
    expect(await codes(kept("purpose: x"))).toEqual([]);
    expect(await codes(kept("schedule: { after: 90 days, from: seen }"))).toEqual(["NEVER_ACTS schedule"]);
    expect(await codes(leads("do: ask, schedule: { after: 90 days, from: seen }"))).toEqual([
      "ASK ask",
      "NEVER_ACTS schedule",
    ]);
    expect(await codes(kept("restore_window: 7 days"))).toContain("NEVER_ACTS restore_window");
  });

  it("whose mark says no time never goes by itself, but for what we mark, and not where no day is named", async () => {
    for (const marker of ["{ flag: hidden }", "{ status: state, deleted_when: [trash] }"]) {
      expect(await codes(leads(`do: soft-delete, soft_delete: ${marker}, purge_after: 9 days`))).toEqual([
        "NEVER_ACTS soft_delete",
      ]);
      expect(await codes(leads(`do: erase, soft_delete: ${marker}, purge_after: 9 days`))).toEqual([
        "NEVER_ACTS soft_delete",
      ]);
      expect(await codes(leads(`do: erase, soft_delete: ${marker}`))).toEqual([]);
      expect(
        await codes(
          leads(`do: soft-delete, soft_delete: ${marker.replace(" }", ", since: t }")}, purge_after: 9 days`),
        ),
      ).toEqual([]);
    }
  });

  it("writes its mark to columns of its own, and brings nothing back as deleted", async () => {
    const marked = async (marker: string): Promise<string[]> =>
      await codes(leads(`do: soft-delete, purge_after: 9 days, soft_delete: ${marker}`));
    expect(await marked("{ timestamp: email }")).toEqual(["WRONG_VALUE soft_delete"]);
    expect(await marked("{ timestamp: t, by: t }")).toEqual(["WRONG_VALUE t"]);
    expect(await marked("{ flag: f, since: f }")).toEqual(["WRONG_VALUE f"]);
    expect(await marked("{ flag: f, since: t, restore_as: true }")).toEqual(["WRONG_VALUE true"]);
    expect(await marked("{ status: f, since: t, deleted_when: [a, b], restore_as: b }")).toEqual(["WRONG_VALUE b"]);
    expect(await marked("{ status: f, since: t, deleted_when: [a, b], restore_as: c, by: who }")).toEqual([]);
  });
});

describe("a standing approval", () => {
  const night = (standing: string): string =>
    whole(
      `approval: { four_eyes: false, standing: [${standing}] }\nsystems:\n  shop:\n    kind: postgres\n    records:\n` +
        "      leads: { match: { email: email }, do: erase, schedule: { after: 90 days, from: seen } }\n" +
        "      books: { match: { email: email }, do: erase, hold: { use: h, from: made } }\n" +
        `      notes: { match: { email: email }, do: erase }\n${HELD}`,
    );

  it("of what nothing makes due is told", async () => {
    expect(await codes(night("{ records: [shop.leads, shop.books], up_to: 5 }"))).toEqual([]);
    expect(await codes(night("{ records: [shop.leads, shop.notes], up_to: 5 }"))).toEqual(["NEVER_ACTS shop.notes"]);
  });

  it("of a record type that another one names is an error: the larger number would win", async () => {
    const twice = night("{ records: [shop.leads], up_to: 5 }, { records: [shop.books, shop.leads], up_to: 500 }");
    expect(await lint(twice)).toMatchObject([{ code: "DUPLICATE", severity: "error", line: 1 }]);
  });

  it("with a wrong day is told that, and nothing that follows from it", async () => {
    const days = "approved_on: 30.11.2025, review_by: 2027-01-01";
    expect(await codes(night(`{ records: [shop.leads], up_to: 5, ${days} }`))).toEqual(["WRONG_VALUE 30.11.2025"]);
  });
});

it("a time that is none is told as that alone", async () => {
  const hidden = "do: soft-delete, soft_delete: { timestamp: t }, restore_window: 7 days";
  for (const none of ["14 Tage", "-14 days", "0 days", "14d"])
    expect(await codes(leads(`${hidden}, purge_after: ${none}`))).toEqual([
      expect.stringMatching(/^BAD_PERIOD (14|0)/u),
    ]);
});

describe("people", () => {
  const people = (named: string, approval = "four_eyes: false"): string =>
    whole(`people: { ${named} }\napproval: { ${approval} }`);
  const ANN = 'ann: { key: "vkey a", roles: [officer] }';

  it("of whom nobody may act or approve, or one where two must, are told", async () => {
    const said = async (named: string, approval?: string): Promise<string[]> =>
      (await lint(people(named, approval))).map(({ code, line, severity }) => `${line} ${severity} ${code}`);
    for (const named of ["", 'aud: { key: "vkey b", roles: [auditor] }', 'e: { key: "vkey c", roles: [engineer] }'])
      expect(await said(named)).toEqual(["1 warning NEVER_ACTS"]);
    expect(await said(ANN)).toEqual([]);
    expect(await said(ANN, "four_eyes: true")).toEqual(["1 warning NEVER_ACTS"]);
    expect(await said(`${ANN}, adm: { key: "vkey d", roles: [administrator] }`, "four_eyes: true")).toEqual([]);
    expect(await said(ANN, "four_eyes: false, roles: [dpo]")).toEqual(["2 warning NEVER_ACTS"]);
  });
});
