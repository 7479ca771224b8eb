/**
 * What every connector that can mark a record as deleted must do, on its real server: the marker changes and nothing
 * else. A fixture seeds and dumps through a raw client; what is in the dump is believed.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EffectPoint, Guard, System } from "../../src/port/connector.ts";
import type { Marker } from "../../src/model/datamap.ts";
import { markerColumns, marksOf, type Stamp } from "../../src/model/marker.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { Unit } from "../../src/model/change.ts";
import type { Target } from "../../src/model/search.ts";
import { eraseUnit, locateAll, planned, remainingOf, unitOf } from "../support/erase.ts";
import { type TestIO, testIO } from "../support/io.ts";
import { killAt, Killed, testJournal } from "../support/journal.ts";

export const MARK_STAMP: Stamp = { at: "2026-11-21T10:00:00.123Z", by: "expunge R-2026-0001" };

export const RESTORE_WINDOW = { years: 0, months: 0, days: 7, seconds: 0, text: "7 days" };

/** A way to mark records here, over columns (or paths) that are empty, or as `live`, in records that live. */
export interface Way {
  readonly name: string;
  readonly marker: Marker;
  /** column -> what a live record holds there. */
  readonly live: Readonly<Record<string, string | null>>;
  /** What somebody else may write into the marker of a record that is marked. */
  readonly later: { readonly column: string; readonly value: string };
  /** What else the marker's first column may hold, alive too; null: nothing. Default: whatever text, nothing where it is a time. */
  readonly other?: string | null;
}

export interface MarkedRow {
  readonly no: string;
  readonly email: string;
  /** Columns of the marker that hold something else than a live one's. */
  readonly marks?: Readonly<Record<string, string>>;
}

export interface MarkFixture extends AsyncDisposable {
  readonly system: System;
  readonly world: { readonly base?: string; readonly secrets?: Readonly<Record<string, string>> };
  /** Where it is not `no`. */
  readonly noColumn?: string;
  /** Empties the place and writes exactly these, through a raw client. */
  seed(way: Way, rows: readonly MarkedRow[]): Promise<void>;
  /** Every record by its `no`, exactly; whatever else must never change under names that begin with `+`. */
  dump(): Promise<Record<string, string>>;
  /** The marker's columns of a record as texts, and the record exactly as it is without them. */
  parts(
    way: Way,
    no: string,
  ): Promise<{ readonly marks: Readonly<Record<string, string | null>>; readonly rest: string }>;
  /** The record type whose `do` is `soft-delete`, with RESTORE_WINDOW, matched by `email`, exporting `no`. */
  target(way: Way): Target;
  /** Writes a column of the marker, through a raw client. */
  write(no: string, column: string, value: string | null): Promise<void>;
}

type LocatedOne = Awaited<ReturnType<typeof locateAll>>[number];

const ANN = "ann@marks.example";
const ROWS: readonly MarkedRow[] = [
  { no: "1", email: ANN },
  { no: "2", email: "bob@marks.example" },
  { no: "3", email: ANN },
  { no: "4", email: "cay@marks.example" },
];

export function marksContract(
  name: string,
  points: readonly EffectPoint[],
  ways: readonly Way[],
  open: () => Promise<MarkFixture>,
): void {
  describe(`marks: ${name}`, () => {
    let fixture: MarkFixture;
    let ran = 0;
    let registered = 0;
    beforeAll(async () => {
      fixture = await open();
    });
    afterAll(async () => {
      await fixture[Symbol.asyncDispose]();
      expect(ran, "tests of the contract that ran").toBe(registered);
    });

    for (const way of ways) {
      describe(way.name, () => {
        let io: TestIO;
        let before: Record<string, string>;
        const claim = (title: string, body: () => Promise<void>) => {
          registered += 1;
          test(title, async () => {
            ran += 1;
            await body();
          });
        };
        const change: Change = { kind: "mark", marker: way.marker, stamp: MARK_STAMP };
        const lookups = [{ subject: 0, values: { email: [ANN], ":email": [ANN] } }];
        const noOf = ({ values }: Pick<LocatedOne, "values">) => values[fixture.noColumn ?? "no"];
        const target = () => fixture.target(way);
        const find = async () => await locateAll(fixture.system, io, target(), lookups);
        const unit = async () => ({
          ...unitOf(target(), lookups, change, planned(await find())),
          effect: "mark" as const,
        });
        const columns = markerColumns(way.marker);
        const seed = async (rows: readonly MarkedRow[]) => {
          await fixture.seed(way, rows);
          before = await fixture.dump();
          expect(
            Object.keys(before)
              .filter((key) => !key.startsWith("+"))
              .toSorted(),
          ).toEqual(rows.map(({ no }) => no));
        };
        /** Ann's are marked in the words of the stamp, and nothing else differs from before. */
        const expectMarked = async (nos: readonly string[], rests: ReadonlyMap<string, string>) => {
          const now = await fixture.dump();
          for (const [key, was] of Object.entries(before)) if (!nos.includes(key)) expect(now[key], key).toBe(was);
          expect(Object.keys(now).toSorted()).toEqual(Object.keys(before).toSorted());
          for (const no of nos) {
            const { marks, rest } = await fixture.parts(way, no);
            expect(rest, no).toBe(rests.get(no));
            for (const [column, value] of marksOf(way.marker, MARK_STAMP)) expectSame(marks[column], value);
          }
        };
        const rests = async () =>
          new Map(await Promise.all(ROWS.map(async ({ no }) => [no, (await fixture.parts(way, no)).rest] as const)));
        beforeEach(async () => {
          io = testIO(fixture.world);
          await seed(ROWS);
        });

        claim("the check finds nothing wrong; what lives is not marked", async () => {
          await using reader = await fixture.system.openReader(io);
          const findings = await Array.fromAsync(reader.check([target()]));
          expect(findings.filter(({ severity }) => severity !== "warning")).toEqual([]);
          const found = await find();
          expect(found.map(({ done, marked }) => [done, marked])).toEqual([
            [false, undefined],
            [false, undefined],
          ]);
        });

        claim("the marker alone changes; every other byte, and everybody else's, stays", async () => {
          const rest = await rests();
          const made = await unit();
          expect(await eraseUnit(fixture.system, io, made)).toMatchObject({
            matched: 2,
            affected: 2,
            deleted: 0,
            changed: 2,
            failed: 0,
            left: [],
          });
          await expectMarked(["1", "3"], rest);
        });

        claim("what is marked is told so, since when, and is there still", async () => {
          const [operation] = (await unit()).works.flatMap(({ operations }) => operations);
          if (operation === undefined) throw new Error("no operation");
          const keys = operation.records.map(({ key }) => key).toSorted();
          expect((await remainingOf(fixture.system, io, target(), operation, lookups)).toSorted()).toEqual(keys);
          await eraseUnit(fixture.system, io, await unit());
          expect(await remainingOf(fixture.system, io, target(), operation, lookups)).toEqual([]);
          const found = await find();
          expect(found.map(({ key }) => key).toSorted()).toEqual(keys);
          const dated = columns.some((column) => marksOf(way.marker, MARK_STAMP).get(column) === MARK_STAMP.at);
          for (const { done, marked } of found) {
            expect(done).toBe(true);
            if (dated) expectSame(marked?.since, MARK_STAMP.at);
            // a delete marker is dated by its server
            else if (way.marker.kind !== "delete_marker") expect(marked).toEqual({ since: null });
          }
        });

        claim("what somebody else marked before keeps its marks, byte for byte", async () => {
          const theirs = Object.fromEntries(
            [...marksOf(way.marker, { at: "2020-02-03T04:05:06.000Z", by: "the shop" })].map((one) => one),
          );
          await seed([{ no: "1", email: ANN, marks: theirs }, ...ROWS.slice(1)]);
          const rest = await rests();
          const found = await find();
          expect(found.filter(({ marked }) => marked !== undefined).map(noOf)).toEqual(["1"]);
          expect(await eraseUnit(fixture.system, io, await unit())).toMatchObject({
            matched: 1,
            alreadyGone: 1,
            failed: 0,
          });
          await expectMarked(["3"], rest);
        });

        claim("a record in which a marker's column changed since it was planned is left", async () => {
          const made = await unit();
          const [column = ""] = columns;
          const { other = way.marker.kind === "timestamp" ? null : "something else" } = way;
          if (other === null) return;
          await fixture.write("1", column, other);
          before = await fixture.dump();
          const rest = await rests();
          expect(await eraseUnit(fixture.system, io, made)).toMatchObject({ matched: 1, failed: 1 });
          await expectMarked(["3"], rest);
        });

        claim("what the guard says stays as it is", async () => {
          const rest = await rests();
          const made = await unit();
          const kept = (await find()).find((one) => noOf(one) === "1")?.key ?? "";
          const guard: Guard = {
            judge: async (_, records) =>
              await Promise.resolve(
                records.flatMap(({ key }) => (key === kept ? [{ key, kind: "waiting", reason: "case" } as const] : [])),
              ),
          };
          expect(await eraseUnit(fixture.system, io, made, testJournal(), guard)).toMatchObject({
            matched: 1,
            waiting: 1,
          });
          await expectMarked(["3"], rest);
        });

        const markAll = async () => {
          const made = await unit();
          const journal = testJournal();
          await eraseUnit(fixture.system, io, made, journal);
          return { made, images: journal.images };
        };
        /** The unit that gives these back. */
        const back = ({ made, images }: Awaited<ReturnType<typeof markAll>>): Unit => {
          const records = made.works.flatMap(({ operations }) => operations.flatMap((one) => one.records));
          const kept = new Map([...images].map(([name, bytes]) => [name.slice(name.indexOf("\n") + 1), bytes]));
          expect([...kept.keys()].toSorted()).toEqual(records.map(({ key }) => key).toSorted());
          return {
            ...unitOf(target(), lookups, { kind: "restore", marker: way.marker, images: kept }, records),
            effect: "restore",
          };
        };

        claim("what was kept before the mark gives the record back, byte for byte, and no other", async () => {
          const restoring = back(await markAll());
          expect(await fixture.dump()).not.toEqual(before);
          const [operation] = restoring.works.flatMap(({ operations }) => operations);
          if (operation === undefined) throw new Error("no operation");
          expect(await remainingOf(fixture.system, io, target(), operation)).toHaveLength(2);
          expect(await eraseUnit(fixture.system, io, restoring)).toMatchObject({
            matched: 2,
            changed: 2,
            failed: 0,
            left: [],
          });
          expect(await fixture.dump()).toEqual(before);
          expect(await remainingOf(fixture.system, io, target(), operation)).toEqual([]);
          // again: it is as it was
          expect(await eraseUnit(fixture.system, io, restoring)).toMatchObject({
            matched: 0,
            alreadyGone: 2,
            failed: 0,
          });
          expect(await fixture.dump()).toEqual(before);
        });

        claim(
          "a record whose mark somebody changed since is said by a rehearsal, and left as it is; the others come back",
          async () => {
            const restoring = back(await markAll());
            await fixture.write("1", way.later.column, way.later.value);
            const now = await fixture.dump();
            expect(await eraseUnit(fixture.system, io, { ...restoring, rehearsal: true })).toMatchObject({
              matched: 1,
              failed: 1,
            });
            expect(await fixture.dump()).toEqual(now);
            expect(await eraseUnit(fixture.system, io, restoring)).toMatchObject({ matched: 1, failed: 1 });
            expect(await fixture.dump()).toEqual({ ...now, "3": before["3"] });
          },
        );

        for (const point of points)
          claim(
            `killed at ${point} while it gives back: the same unit again ends the same, and counts the same`,
            async () => {
              const restoring = back(await markAll());
              const journal = testJournal({ at: killAt(point) });
              await expect(eraseUnit(fixture.system, io, restoring, journal)).rejects.toThrow(Killed);
              expect(
                await eraseUnit(fixture.system, io, restoring, testJournal({ notes: journal.notes })),
              ).toMatchObject({
                matched: 2,
                changed: 2,
                alreadyGone: 0,
                failed: 0,
              });
              expect(await fixture.dump()).toEqual(before);
            },
          );

        for (const point of points)
          claim(
            `killed at ${point}: the same unit again marks the same, in the same words, and counts the same`,
            async () => {
              const rest = await rests();
              const made = await unit();
              const journal = testJournal({ at: killAt(point) });
              await expect(eraseUnit(fixture.system, io, made, journal)).rejects.toThrow(Killed);
              expect(await eraseUnit(fixture.system, io, made, testJournal({ notes: journal.notes }))).toMatchObject({
                matched: 2,
                changed: 2,
                alreadyGone: 0,
                failed: 0,
              });
              await expectMarked(["1", "3"], rest);
            },
          );
      });
    }
  });
}

/** An instant may be written in another form; everything else stands as it was given. */
function expectSame(text: string | null | undefined, value: string): void {
  const [there, wanted] = [instantOf(text ?? ""), instantOf(value)];
  if (wanted === undefined) expect(text).toBe(value);
  else expect(there).toBe(wanted);
}

function instantOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}[T ]/u.test(text)) return undefined;
  const zoned = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/u.test(text) ? text.replace(/([+-]\d{2})$/u, "$1:00") : `${text}Z`;
  return Date.parse(zoned.replace(" ", "T"));
}
