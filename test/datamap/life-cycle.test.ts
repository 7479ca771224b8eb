import { describe, expect, it } from "vitest";
import { changesOf } from "../../src/model/rule-change.ts";
import type { RecordType } from "../../src/model/datamap.ts";
import { meaningOf } from "../../src/datamap/meaning.ts";
import { marksOf } from "../../src/model/marker.ts";
import { good, lint, shop } from "./lint-map.ts";

const TOP = "retain_deleted: 14 days";
const erased = (rest: string): string => shop(`leads: { match: { email: email }, do: erase, ${rest} }`);
const first = async (text: string): Promise<RecordType> => {
  const [record] = (await good(text)).systems[0]?.records ?? [];
  if (record === undefined) throw new Error("no record type");
  return record;
};
/** Codes but those of what is not built or never acts. */
const faults = async (text: string): Promise<string[]> =>
  (await lint(text)).flatMap(({ code, line, column }) =>
    code === "NOT_BUILT" || code === "NEVER_ACTS" ? [] : [`${line}:${column} ${code}`],
  );

describe("how a store marks a record as deleted", () => {
  it("is a time, a flag, a status or a delete marker, as it was written", async () => {
    const marker = async (written: string): Promise<RecordType["marker"]> =>
      (await first(erased(`soft_delete: ${written}`))).marker;
    expect(await marker("{ timestamp: deleted_at }")).toEqual({ kind: "timestamp", column: "deleted_at", live: null });
    expect(await marker("{ timestamp: gone, live_when: 1760-01-01, by: who }")).toEqual({
      kind: "timestamp",
      column: "gone",
      live: "1760-01-01",
      by: "who",
    });
    expect(await marker("{ flag: hidden, since: t }")).toEqual({
      kind: "flag",
      column: "hidden",
      deleted: "true",
      since: "t",
    });
    expect(await marker("{ flag: live, deleted_when: 00, restore_as: 01 }")).toEqual({
      kind: "flag",
      column: "live",
      deleted: "00",
      restoreAs: "01",
    });
    expect(await marker("{ status: state, deleted_when: [trash, 07], since: t }")).toEqual({
      kind: "status",
      column: "state",
      deleted: ["trash", "07"],
      since: "t",
    });
    // only whole objects get one
    expect(await faults(erased("soft_delete: { marker: true }"))).toEqual(["5:52 WRONG_VALUE"]);
  });

  it("is one way, with its own keys", async () => {
    expect(await faults(erased("soft_delete: { timestamp: a, flag: b }"))).toEqual(["5:81 WRONG_VALUE"]);
    expect(await faults(erased("soft_delete: { by: a }"))).toEqual(["5:52 MISSING_KEY"]);
    expect(await faults(erased("soft_delete: { timestamp: a, since: b }"))).toEqual(["5:81 WRONG_VALUE"]);
    expect(await faults(erased("soft_delete: { flag: a, live_when: b }"))).toEqual(["5:76 WRONG_VALUE"]);
    expect(await faults(erased("soft_delete: { flag: a, deleted_when: [1, 2] }"))).toEqual(["5:90 WRONG_VALUE"]);
    expect(await faults(erased("soft_delete: { status: a }"))).toEqual(["5:52 MISSING_KEY"]);
  });
});

describe("when a marked record goes for good", () => {
  it("is said by the record type, or at the top", async () => {
    const hidden = "soft_delete: { timestamp: t }";
    expect((await first(erased(`${hidden}, purge_after: 30 days, purge: erase`))).purge).toMatchObject({
      after: { days: 30 },
      how: "erase",
    });
    expect((await first(`${TOP}\n${erased(hidden)}`)).purge).toMatchObject({ after: { days: 14 }, how: "erase" });
    expect((await first(`${TOP}\n${erased("created: made")}`)).purge).toBeUndefined();
    expect((await first(erased(hidden))).purge).toBeUndefined();
  });

  it("has a change of its own, beside what the rule does now", async () => {
    const record = await first(
      erased("soft_delete: { timestamp: t }, purge_after: 3 days, purge: anonymise, fields: { name: clear }"),
    );
    expect(changesOf(record).rule).toEqual({ kind: "delete" });
    expect(changesOf(record).purge).toMatchObject({ kind: "fields", fields: { name: { kind: "clear" } } });
  });

  it("is asked for where nothing says it, and refused where nothing is marked", async () => {
    const softDeleted = (rest: string): string => shop(`leads: { match: { email: email }, do: soft-delete${rest} }`);
    expect(await faults(softDeleted(""))).toContain("5:45 MARKER_MISSING");
    expect(await faults(softDeleted(", soft_delete: { flag: a }"))).toEqual(["5:45 PURGE_MISSING"]);
    expect(await faults(`${TOP}\n${softDeleted(", soft_delete: { flag: a }")}`)).toEqual([]);
    expect(await faults(erased("purge_after: 3 days"))).toEqual(["5:52 WRONG_VALUE"]);
    expect(await faults(erased("soft_delete: { flag: a }, purge_after: 3 days, purge: anonymise"))).toEqual([
      "5:106 FIELDS_MISSING",
    ]);
  });

  it("is not before what was hidden can be given back no more", async () => {
    const window = (days: string): string =>
      erased(`soft_delete: { flag: a }, purge_after: 1 month, restore_window: ${days}`);
    expect(await faults(window("30 days"))).toEqual([]);
    expect(await faults(window("32 days"))).toEqual(["5:100 WRONG_VALUE"]);
  });
});

describe("the life cycle's keys", () => {
  it("change what the map means, and two spellings of a period do not", async () => {
    const meaning = async (rest: string): Promise<string> => meaningOf(await good(erased(rest)));
    const plain = await meaning("soft_delete: { flag: a }, purge_after: 14 days");
    expect(await meaning("purge_after: P2W, soft_delete: { flag: a, deleted_when: true }, purge: erase")).toBe(plain);
    for (const other of [
      "soft_delete: { flag: b }, purge_after: 14 days",
      "soft_delete: { flag: a }, purge_after: 15 days",
      "soft_delete: { flag: a }, purge_after: 14 days, restore_window: 1 day",
      "soft_delete: { flag: a }, purge_after: 14 days, schedule: { after: 90 days, from: made }",
    ])
      expect(await meaning(other)).not.toBe(plain);
  });
});

describe("a standing approval", () => {
  const faultsOf = async (entry: string): Promise<string[]> =>
    (await lint(`${erased("schedule: { after: 90 days, from: seen }")}\napproval: { standing: [{ ${entry} }] }`)).map(
      ({ message }) => message,
    );

  it("is of a day that has come, and looked at again after it", async () => {
    const of = (on: string, by: string): string =>
      `records: [shop.leads], up_to: 5, approved_by: a, approved_on: ${on}, review_by: ${by}`;
    expect(await faultsOf(of("2026-11-21", "2027-11-21"))).toEqual([]);
    expect(await faultsOf(of("2026-11-22", "2027-11-21"))).toEqual(["`approved_on` is a day that has not come yet."]);
    expect(await faultsOf(of("2026-11-21", "2026-11-20"))).toContain(
      "`review_by` is before `approved_on`: nothing would ever run.",
    );
  });

  it("has no name of its own, so that its list is named", async () => {
    expect(await faultsOf("records: [shop.leads]")).toEqual(["`up_to` is missing in `standing`."]);
    expect(await faultsOf("record: [shop.leads], records: [shop.leads], up_to: 5")).toEqual([
      "There is no key `record` in `standing`.",
    ]);
  });
});

describe("who marked a record", () => {
  const byWords = async (session: string): Promise<unknown> => {
    const text = erased("soft_delete: { timestamp: gone, by: who }").replace(
      "kind: postgres",
      `kind: postgres\n    session: ${session}`,
    );
    const { marker } = await first(text);
    return marker !== undefined && "byWords" in marker ? marker.byWords : undefined;
  };

  it("is what the database is told of it: the setting of the column's name, else the application's first, never the server's", async () => {
    expect(await byWords("{ app.user: 'desk :request' }")).toBe("desk :request");
    expect(await byWords("{ app.user: a, app.who: b }")).toBe("b");
    expect(await byWords("{ statement_timeout: 5min }")).toBeUndefined();
    expect(await byWords("{}")).toBeUndefined();
  });

  it("stands in the mark with the request's id", () => {
    const marker = { kind: "timestamp", column: "gone", live: null, by: "who", byWords: "desk for :request" } as const;
    const stamp = { at: "2026-11-21T10:00:00.000Z", by: "expunge R-2026-0007" };
    expect(marksOf(marker, stamp).get("who")).toBe("desk for R-2026-0007");
    expect(marksOf({ kind: "timestamp", column: "gone", live: null, by: "who" }, stamp).get("who")).toBe(
      "expunge R-2026-0007",
    );
  });
});
