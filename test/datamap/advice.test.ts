/** The linter's advice: each finding once, where it belongs, and silence where it was done. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ADVICE } from "../../src/datamap/advice-codes.ts";
import { daysLonger } from "../../src/model/period.ts";
import { publicHolidays } from "../../src/retention/holidays.ts";
import { advice, shop, whole } from "./lint-map.ts";

const PEOPLE = "people: { owner: o, approved_by: counsel }";
const HELD = `holds: { h: { says: x, keep_for: 2 years, law: [a], ${PEOPLE} } }`;
const CODE = /[\w.]+/u;

/** Each code with the word that it stands at. */
async function at(text: string): Promise<string[]> {
  const lines = text.split("\n");
  return (await advice(text)).map(
    ({ code, line, column }) => `${code} ${CODE.exec((lines[line - 1] ?? "").slice(column - 1))?.[0] ?? ""}`,
  );
}

const hidden = (name: string, rest = ""): string =>
  shop(
    `${name}: { match: { email: email }, do: soft-delete, soft_delete: { timestamp: t }, purge_after: 9 days${rest} }`,
  );

describe("advice", () => {
  it("has a reason, a help and a section on its page, each once", async () => {
    const page = readFileSync("docs/advice.md", "utf8");
    const sections = [...page.matchAll(/^## (.*)$/gmu)].map(([, code]) => code);
    expect(sections).toEqual(Object.keys(ADVICE));
    const [said] = await advice(hidden("sessions"));
    expect(said?.severity).toBe("warning");
    expect(said?.message).toContain(ADVICE.SESSION_HIDDEN.why);
    expect(said?.help).toContain("docs/advice.md#session_hidden");
  });

  it("is silent on every map that ships", async () => {
    const maps = [...globSync("manifests/**/*.yaml"), ...globSync("test/state/**/*.yaml")].filter((file) =>
      readFileSync(file, "utf8").includes("\nsystems:"),
    );
    expect(maps.length).toBeGreaterThan(4);
    for (const file of maps)
      expect([file, await advice(readFileSync(file, "utf8"), { holidays: publicHolidays })]).toEqual([file, []]);
  });

  it("waits until what is wrong is mended, and until somebody has decided", async () => {
    expect(await at(hidden("sessions"))).toEqual(["SESSION_HIDDEN soft"]);
    expect(await at(hidden("sessions", ", unless: nobody_wrote_it"))).toEqual([]);
    expect(await at(shop("invoices: { match: { email: email }, do: ask }"))).toEqual([]);
  });

  it("on sessions and one-time codes: they are erased, not hidden", async () => {
    for (const name of ["sessions", "user_sessions", "otps", "password_reset_tokens", "VerificationCodes"])
      expect([name, await at(hidden(name))]).toEqual([name, ["SESSION_HIDDEN soft"]]);
    expect(await at(hidden("leads", ", table: auth_sessions"))).toEqual(["SESSION_HIDDEN soft"]);
    for (const name of ["training_sessions", "tokens_of_love", "codes"]) expect(await at(hidden(name))).toEqual([]);
    expect(await at(shop("sessions: { match: { email: email }, do: erase }"))).toEqual([]);
  });

  it("on money: it wants a hold, and an audit trail where it is hidden", async () => {
    const plain = (name: string): string => shop(`${name}: { match: { email: email }, do: erase }`);
    for (const name of ["invoices", "customer_payments", "rechnungen", "CreditNotes"])
      expect([name, (await at(plain(name)))[0]]).toEqual([name, `MONEY_UNHELD ${name}`]);
    for (const name of ["invoice_settings", "payment_methods", "leads"]) expect(await at(plain(name))).toEqual([]);
    const hold = "hold: { use: h, from: d }";
    expect(await at(shop(`invoices: { match: { email: email }, do: erase, ${hold} }`, HELD))).toEqual([]);
    const lines = `invoices: { match: { email: email }, do: erase, ${hold} }\npayments: { match: { invoice: shop.invoices.id }, do: erase }`;
    expect(await at(shop(lines, HELD))).toEqual([]);
    const soft = hidden("invoices", `, ${hold}`) + HELD;
    expect(await at(soft)).toEqual(["MONEY_UNTRACED soft"]);
    const traced = soft.replace(
      "      invoices:",
      "      trail: { audit_of: shop.invoices, match: { email: email }, do: redact, fields: { email: clear } }\n      invoices:",
    );
    expect(await at(traced)).toEqual([]);
  });

  it("on a window of more than 90 days, surely", async () => {
    const window = (text: string): string =>
      shop(`leads: { match: { email: email }, do: erase, restore_window: ${text} }`);
    const codes = async (text: string): Promise<string[]> =>
      (await at(window(text))).filter((one) => one.startsWith("WINDOW"));
    for (const text of ["91 days", "4 months", "1 year"])
      expect(await codes(text)).toEqual(["WINDOW_LONG restore_window"]);
    for (const text of ["90 days", "3 months", "7 days"]) expect(await codes(text)).toEqual([]);
  });

  it("on who answers: once, with every system that names nobody", async () => {
    const two = (top: string, own = ""): string =>
      whole(
        `${top}systems:\n  a: { kind: postgres${own}, records: { leads: { match: { email: email }, do: erase } } }\n  b: { kind: postgres, records: { users: { match: { email: email }, do: erase } } }`,
      );
    const none = "map: { review_by: 2030-01-01 }\n";
    expect(await at(two(none))).toEqual(["OWNER_MISSING a"]);
    expect((await advice(two(none)))[0]?.message).toContain("`a`, `b`");
    expect(await at(two(none, ", owner: me"))).toEqual(["OWNER_MISSING b"]);
    expect(await at(two("map: { owner: dpo }\n"))).toEqual([]);
  });

  it("on an index beside a database of which nobody says what it copies", async () => {
    const index = (more: string, feeds = ""): string =>
      whole(
        `systems:\n  shop: { kind: postgres${feeds}, records: { leads: { match: { email: email }, do: erase } } }\n  search: { kind: elasticsearch${more}, records: { leads: { index: l, match: { email: email }, do: erase } } }`,
      );
    expect(await at(index(""))).toEqual(["COPY_SOURCELESS search"]);
    expect(await at(index(", copy_of: shop.leads"))).toEqual([]);
    expect(await at(index("", ", feeds: [search]"))).toEqual([]);
    const alone =
      "systems:\n  search: { kind: elasticsearch, records: { leads: { index: l, match: { email: email }, do: erase } } }";
    expect(await at(whole(alone))).toEqual([]);
  });

  it("on a row that a held one keeps whole: `fields` leave it without the person", async () => {
    const held = (customers: string, match = "{ customer: shop.users.id }"): string =>
      shop(
        `users: { match: { email: email }, ${customers} }\ninvoices: { match: ${match}, do: erase, hold: { use: h, from: d } }`,
        HELD,
      );
    expect(await at(held("do: erase"))).toEqual(["KEPT_WHOLE users"]);
    expect(await at(held("do: erase, fields: { email: clear }"))).toEqual([]);
    expect(await at(held("do: anonymise, fields: { email: clear }"))).toEqual([]);
    // found by the address that stands in it: no key leads there
    expect(await at(held("do: erase", "{ email: shop.users.email }"))).toEqual([]);
  });

  it("on periods that nobody can compare without a date", async () => {
    const both = (window: string, purge: string): string =>
      shop(
        `leads: { match: { email: email }, do: soft-delete, soft_delete: { timestamp: t }, restore_window: ${window}, purge_after: ${purge} }`,
      );
    expect(await at(both("30 days", "1 month"))).toEqual(["PERIODS_UNCLEAR restore_window"]);
    for (const [window, purge] of [
      ["28 days", "1 month"],
      ["1 month", "31 days"],
      ["1 month", "1 month"],
      ["12 months", "1 year"],
      ["7 days", "2 weeks"],
    ] as const)
      expect((await at(both(window, purge))).filter((one) => one.startsWith("PERIODS"))).toEqual([]);
  });

  it("on a period under the law that it names, of whatever rule of that law", async () => {
    const hold = (keep: string, law: string, more = "round_up_to: end of calendar year"): string =>
      whole(`holds: { h: { says: x, keep_for: ${keep}, law: ["${law}"], ${more}, ${PEOPLE} } }`);
    for (const law of ["DE AO §147(3)-(4)", "AO § 147 Abs. 3", "§ 147 AO"])
      expect([law, await at(hold("5 years", law))]).toEqual([law, ["UNDER_STATUTE keep_for"]]);
    expect((await advice(hold("5 years", "DE AO §147")))[0]?.message).toContain("6 years, from the end of the year");
    expect(await at(hold("6 years", "DE AO §147"))).toEqual([]);
    expect(await at(hold("72 months", "DE AO §147"))).toEqual([]);
    expect(await at(hold("6 years", "DE AO §147", "exemption: e"))).toEqual(["UNDER_STATUTE keep_for"]);
    expect(await at(hold("1 year", "our own law §147"))).toEqual([]);
    expect(await at(hold("1 year", "DE BGB §195"))).toEqual([]);
  });

  it("on a test system whose periods are others than those of production", async () => {
    const two = (test: string, real: string): string =>
      whole(
        `systems:\n  shop: { kind: postgres, records: { leads: { match: { email: email }, do: erase, schedule: { after: ${real}, from: d } } } }\n  lab:\n    kind: postgres\n    environment: test\n    records: { leads: { match: { email: email }, do: erase, schedule: { after: ${test}, from: d } } }`,
      );
    expect(await at(two("1 month", "30 days"))).toEqual(["ENVIRONMENTS_DIFFER leads"]);
    expect(await at(two("12 months", "1 year"))).toEqual([]);
  });

  it("on a hold that nobody is named to have looked at", async () => {
    const hold = (people: string): string => whole(`holds: { h: { rule: de/invoice, people: { ${people} } } }`);
    expect(await at(hold("owner: o"))).toEqual(["RULE_UNREVIEWED h"]);
    expect(await at(hold("owner: o, approved_by: counsel"))).toEqual([]);
  });

  it("on a rule with six exceptions, or one that is too long to read", async () => {
    const rule = (where: string): string =>
      shop(
        `leads: { match: { email: email }, do: erase, where: { ${where} }, created: c, hold: { use: h, from: d }, while_held: { restrict: true } }`,
        HELD,
      );
    expect(await at(rule("a: x, b: x, c: x"))).toEqual(["RULE_LONG leads"]);
    expect(await at(rule("a: x, b: x"))).toEqual([]);
    const values = Array.from({ length: 90 }, (_, index) => `value_${index}`).join(", ");
    expect(await at(rule(`a: [${values}]`))).toEqual(["RULE_LONG leads"]);
    const fields = Array.from({ length: 90 }, (_, index) => `column_${index}: clear`).join(", ");
    expect(await at(shop(`leads: { match: { email: email }, do: anonymise, fields: { ${fields} } }`))).not.toContain(
      "RULE_LONG leads",
    );
  });
});

it("periods compare by the days that they may have, whatever the date", () => {
  const of = (years: number, months: number, days: number) => ({ years, months, days });
  expect(daysLonger(of(0, 1, 0), of(0, 0, 30))).toEqual({ least: -2, most: 1 });
  expect(daysLonger(of(0, 0, 30), of(0, 1, 0))).toEqual({ least: -1, most: 2 });
  expect(daysLonger(of(1, 0, 0), of(0, 12, 0))).toEqual({ least: 0, most: 0 });
  expect(daysLonger(of(8, 0, 0), of(0, 0, 0))).toEqual({ least: 2921, most: 2922 });
});
