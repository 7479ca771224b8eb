/**
 * The one suite that judges every connector, on its real server. A fixture seeds and dumps through a raw client, never
 * through the connector; what is in the dump is believed, what the connector says is not.
 */
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EffectPoint, Guard, System } from "../../src/port/connector.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { Fold } from "../../src/model/datamap.ts";
import type { DueSelection, Lookup, Target } from "../../src/model/search.ts";
import { ANN, ANN_TOO, BOB, EVE, EVERYONE, formsOf, JOSE, type Person, WILD } from "../support/cast.ts";
import { type Erased, eraseUnit, locateAll, planned, remainingOf, type Seen, unitOf } from "../support/erase.ts";
import { type TestIO, testIO } from "../support/io.ts";
import { killAt, Killed, testJournal } from "../support/journal.ts";

/** What a connector can do decides which tests are registered. */
export interface Capabilities {
  /** Change.kind `delete`. */
  readonly delete: boolean;
  /** Change.kind `fields`, on a field that is not matched. */
  readonly fields: boolean;
  /** Declared folds (`trim`, `lowercase`, `nfc`) hold for stored values. */
  readonly folds: boolean;
  /** Shared documents: matching elements are taken out of an array. */
  readonly shared: boolean;
  /** `Target.where`. */
  readonly where: boolean;
  /** `Reader.sweep`; where it is not built it must say so. */
  readonly sweep?: boolean;
  /** A selection of what is due; where it is not built it must say so. */
  readonly due?: boolean;
  /** The effect points that one unit with several records passes here. */
  readonly points: readonly EffectPoint[];
}

/** The fields of a record as the data map names them. `no` is exported by every target. */
export interface Columns {
  /** The matched one; `:code` for key templates. */
  readonly match: string;
  readonly no: string;
  readonly kept: string;
}

export interface SharedDocument {
  readonly no: string;
  readonly members: readonly Person[];
}

export interface Fixture extends AsyncDisposable {
  readonly system: System;
  readonly columns: Columns;
  /** What people are matched by: `email` or, for key templates, `code`. */
  readonly by: "email" | "code";
  /** `base` and secrets for the IO of the tests. */
  readonly world: { readonly base?: string; readonly secrets?: Readonly<Record<string, string>> };
  /** Empties the place and writes exactly these, in this order, through a raw client. */
  seed(people: readonly Person[]): Promise<void>;
  /**
   * Through a raw client: every record's exact content by the person's `no`, and whatever else must never change (a
   * header, a neighbour object, a mode) under names that begin with `+`.
   */
  dump(): Promise<Record<string, string>>;
  /** The record type, matched on `columns.match` with these folds, exporting `columns.no`. */
  target(action: "delete" | "fields", fold: readonly Fold[]): Target;
  /** Capability `fields`: clears `secret`, keeps the rest. */
  readonly redaction?: {
    readonly change: Change;
    /** The dump of this person's record afterwards. */ after(person: Person): string;
  };
  /** Capability `shared`. `dump` shows the documents by their `no`. */
  readonly shared?: {
    /** The matched path there, where it is another than `columns.match`. */
    readonly match?: string;
    seed(documents: readonly SharedDocument[]): Promise<void>;
    target(): Target;
    readonly change: Change;
    /** The dump of a document with these members. */
    content(document: SharedDocument): string;
  };
  /**
   * Spoils the seeded place so that the system's own error would quote Ann's record: a malformed row, a constraint, a
   * refused write. Afterwards `locate` must throw, or `erase` throw or count `failed` or `blocked`.
   */
  spoil(): Promise<void>;
  /** Takes back what `seed` does not. */
  mend?(): Promise<void>;
}

/** Registers the suite. Answers how many tests it registered; a last hook asserts that all of them ran. */
export function connectorContract(
  name: string,
  can: Capabilities,
  open: () => Promise<Fixture>,
): { readonly registered: number } {
  let registered = 0;
  let ran = 0;

  describe(`contract: ${name}`, () => {
    let fixture: Fixture;
    let io: TestIO;
    let before: Record<string, string>;

    const claim = (title: string, body: () => Promise<void>) => {
      registered += 1;
      test(title, async () => {
        ran += 1;
        await body();
      });
    };
    const action = can.delete ? "delete" : "fields";
    const target = (fold: readonly Fold[] = []) => fixture.target(action, fold);
    const change = (): Change => (can.delete ? { kind: "delete" } : given(fixture.redaction).change);
    const lookup = (subject: number, person: Person): Lookup => ({
      subject,
      values: {
        [fixture.columns.match]: [fixture.by === "email" ? (person.email ?? "") : person.code],
      },
    });
    const find = async (lookups: readonly Lookup[], where = target()) =>
      await locateAll(fixture.system, io, where, lookups);
    const nos = (found: readonly Seen[]) => found.map(({ values }) => values[fixture.columns.no]).toSorted(byNumber);
    /** What the place must look like when these people's records are gone (or redacted) and nothing else changed. */
    const without = (...gone: readonly Person[]) => {
      const left = { ...before };
      for (const person of gone) {
        if (can.delete) delete left[person.no];
        else left[person.no] = given(fixture.redaction).after(person);
      }
      return left;
    };

    beforeAll(async () => {
      fixture = await open();
    });
    beforeEach(async () => {
      io = testIO(fixture.world);
      await fixture.seed(EVERYONE);
      before = await fixture.dump();
      expect(
        Object.keys(before)
          .filter((key) => !key.startsWith("+"))
          .toSorted(byNumber),
        "everyone is there before anything is done",
      ).toEqual(EVERYONE.map(({ no }) => no).toSorted(byNumber));
    });
    afterAll(async () => {
      await fixture[Symbol.asyncDispose]();
      expect(ran, "tests of the contract that ran").toBe(registered);
    });

    claim("a healthy place gives no error and no empty pattern at check", async () => {
      await using reader = await fixture.system.openReader(io);
      const findings = await Array.fromAsync(reader.check([target()]));
      expect(findings.filter(({ severity }) => severity !== "warning")).toEqual([]);
      expect(await reader.size(target())).toBeGreaterThanOrEqual(0);
    });

    claim(
      "a system says where it is, the same to every reader, and each record has an address of its own there",
      async () => {
        await using reader = await fixture.system.openReader(io);
        await using another = await fixture.system.openReader(io);
        const place = await reader.site();
        expect(place.space.length).toBeGreaterThan(0);
        expect(await another.site()).toEqual(place);
        const addresses = new Map<string, string>();
        const selection = { by: "subjects", lookups: [lookup(0, ANN)] } as const;
        for await (const { key, address } of reader.locate(target(), selection)) addresses.set(key, address);
        expect([addresses.size, new Set(addresses.values()).size]).toEqual([2, 2]);
      },
    );

    claim("locate finds exactly the records of the subject, each under a key of its own", async () => {
      const found = await find([lookup(0, ANN)]);
      expect(nos(found)).toEqual([ANN.no, ANN_TOO.no]);
      expect(new Set(found.map(({ key }) => key)).size).toBe(2);
      for (const { key, fingerprint, subject, done } of found) {
        expect(JSON.stringify(JSON.parse(key)), "the key is canonical JSON").toBe(key);
        expect([fingerprint.length > 0, subject, done]).toEqual([true, 0, false]);
      }
      expect(await fixture.dump(), "looking changes nothing").toEqual(before);
    });

    claim("locate finds nothing for somebody who is not there, and for part of an identifier", async () => {
      const strangers: Person[] = ["nn@shop.example", "ann@shop", "zoe@shop.example", "ann", "%", "*"].map(
        (email, at) => ({
          ...ANN,
          email,
          code: `9${at}${email}`,
        }),
      );
      expect(await find(strangers.map((person, at) => lookup(at, person)))).toEqual([]);
    });

    claim("two looks give the same keys and fingerprints", async () => {
      expect(new Set((await find([lookup(0, ANN)])).map(keyAndPrint))).toEqual(
        new Set((await find([lookup(0, ANN)])).map(keyAndPrint)),
      );
    });

    claim("several subjects in one call: each gets its own records", async () => {
      const found = await find([ANN, BOB, JOSE].map((person, at) => lookup(at, person)));
      expect(found.map(({ subject, values }) => `${subject}:${values[fixture.columns.no]}`).toSorted()).toEqual([
        `0:${ANN.no}`,
        `0:${ANN_TOO.no}`,
        `1:${BOB.no}`,
        `2:${JOSE.no}`,
      ]);
    });

    claim("percent signs, stars, quotes and backslashes in an identifier mean themselves", async () => {
      const lookups = WILD.map((person, at) => lookup(at, person));
      const found = await find(lookups);
      expect(nos(found)).toEqual(WILD.map(({ no }) => no));
      const outcome = await eraseUnit(fixture.system, io, unitOf(target(), lookups, change(), planned(found)));
      expect(outcome).toMatchObject(all(WILD.length));
      expect(await fixture.dump()).toEqual(without(...WILD));
    });

    claim("by keys it gives these records whoever they match, and passes over one that is gone", async () => {
      const [one, other] = planned(await find([lookup(0, ANN)]));
      const [bob] = planned(await find([lookup(0, BOB)]));
      const keys = [given(one).key, given(bob).key];
      const seen = async (): Promise<string[]> => {
        await using reader = await fixture.system.openReader(io);
        const found = await Array.fromAsync(reader.locate(target(), { by: "keys", keys }));
        expect(found.flatMap(({ subjects }) => subjects)).toEqual([]);
        return [...new Set(found.map(({ key }) => key))].toSorted();
      };
      expect(given(other).key).not.toBe(given(one).key);
      expect(await seen()).toEqual(keys.toSorted());
      await eraseUnit(
        fixture.system,
        io,
        unitOf(target(), [lookup(0, BOB)], change(), planned(await find([lookup(0, BOB)]))),
      );
      if (can.delete) expect(await seen()).toEqual([given(one).key]);
      else expect(await seen()).toEqual(keys.toSorted());
    });

    claim(
      "a sweep finds every place where a value stands, or says that it is not built: it never finds nothing in silence",
      async () => {
        await using reader = await fixture.system.openReader(io);
        const sweep = Array.fromAsync(reader.sweep([[ANN.email ?? ""], ["nobody@nowhere.example"]]));
        if (can.sweep !== true) {
          await expect(sweep).rejects.toMatchObject({ code: "NOT_BUILT" });
          return;
        }
        const found = await sweep;
        expect(found.length).toBeGreaterThan(0);
        expect(found.filter(({ subject }) => subject !== 0)).toEqual([]);
        expect(found.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(2);
        expectNoIdentifier(found);
      },
    );

    claim(
      "what is due is found by the day of a column, whoever's it is, or it says that this is not built",
      async () => {
        const { kept, no } = fixture.columns;
        const days = [
          ["1", "2026-11-29"],
          ["2", "2026-11-30"],
          ["3", "2026-12-01"],
          // in Berlin the last minute of the day before, and the first of that day
          ["4", "2026-11-30T22:59:59Z"],
          ["5", "2026-11-30T23:00:00Z"],
          ["6", "2026-11-30 23:59:59"],
          ["7", "2026-12-01T00:30:00+02:00"],
          ["8", ""],
          ["9", "soon"],
          ["10", "2026-02-30"],
          ["11", "0009-01-01"],
          ["12", "9999-12-31"],
          ["13", "1700000000"],
        ] as const;
        const where = { ...target(), exports: [...new Set([...target().exports, kept])] };
        await using reader = await fixture.system.openReader(io);
        const due = async (selection: Partial<DueSelection> = {}) =>
          await Array.fromAsync(
            reader.locate(where, {
              by: "due",
              column: kept,
              before: "2026-12-01",
              zone: "Europe/Berlin",
              ...selection,
            }),
          );
        if (can.due !== true) {
          await expect((async () => await due())()).rejects.toMatchObject({ code: "NOT_BUILT" });
          return;
        }
        await fixture.seed(days.map(([number, day]) => ({ ...ANN, no: number, kept: day })));
        const dump = await fixture.dump();
        const found = await due();
        expect(found.map(({ values }) => values[no]?.[0]).toSorted(byNumber)).toEqual(["1", "2", "4", "6", "7", "11"]);
        expect(found.flatMap(({ subjects }) => subjects)).toEqual([]);
        expect(found.every(({ done }) => !done)).toBe(true);
        // one that cannot be read is never due, and said
        const gaps = io.findings.filter(({ code, column }) => code === "GAP" && column === kept);
        expect(gaps.map(({ gap }) => gap?.holdsIdentifier)).toEqual(gaps.map(() => false));
        expect(gaps.reduce((sum, { message }) => sum + Number(/(\d+) records? ha/u.exec(message)?.[1] ?? 0), 0)).toBe(
          3,
        );
        // a stand-in for "never" is no date
        expect((await due({ live: "0009-01-01" })).map(({ values }) => values[no]?.[0])).not.toContain("11");
        // the same by their keys, with the same fingerprints
        const again = await Array.fromAsync(reader.locate(where, { by: "keys", keys: found.map(({ key }) => key) }));
        expect(new Map(again.map(({ key, fingerprint }) => [key, fingerprint]))).toEqual(
          new Map(found.map(({ key, fingerprint }) => [key, fingerprint])),
        );
        expect(await fixture.dump()).toEqual(dump);
        if (can.where)
          expect(
            (
              await Array.fromAsync(
                reader.locate(
                  { ...where, where: { [no]: ["1", "3"] } },
                  { by: "due", column: kept, before: "2026-12-01", zone: "Europe/Berlin" },
                ),
              )
            ).map(({ values }) => values[no]?.[0]),
          ).toEqual(["1"]);
      },
    );

    claim("erases what was planned, and every other byte stays", async () => {
      const found = await find([lookup(0, ANN)]);
      const journal = testJournal();
      const outcome = await eraseUnit(
        fixture.system,
        io,
        unitOf(target(), [lookup(0, ANN)], change(), planned(found)),
        journal,
      );
      expect(outcome).toMatchObject(all(2));
      expect(await fixture.dump()).toEqual(without(ANN, ANN_TOO));
      expect(journal.passed.filter((point, at, points) => points.indexOf(point) === at)).toEqual(can.points);
      expectNoIdentifier([journal.notes, io.findings, outcome]);
    });

    claim("erases several subjects in one unit", async () => {
      const lookups = [ANN, BOB, EVE].map((person, at) => lookup(at, person));
      const found = await find(lookups);
      expect(await eraseUnit(fixture.system, io, unitOf(target(), lookups, change(), planned(found)))).toMatchObject(
        all(4),
      );
      expect(await fixture.dump()).toEqual(without(ANN, ANN_TOO, BOB, EVE));
    });

    claim("erasing twice counts what is gone already and never throws", async () => {
      const unit = unitOf(target(), [lookup(0, ANN)], change(), planned(await find([lookup(0, ANN)])));
      await eraseUnit(fixture.system, io, unit);
      const after = await fixture.dump();
      expect(await eraseUnit(fixture.system, io, unit)).toMatchObject({
        matched: 0,
        affected: 0,
        alreadyGone: 2,
        blocked: 0,
        failed: 0,
        unresolved: [],
      });
      expect(await fixture.dump()).toEqual(after);
    });

    claim("a run that is over, run again with its notes, says the same and does nothing", async () => {
      const unit = unitOf(target(), [lookup(0, ANN)], change(), planned(await find([lookup(0, ANN)])));
      const journal = testJournal();
      const first = await eraseUnit(fixture.system, io, unit, journal);
      const after = await fixture.dump();
      expect(counts(await eraseUnit(fixture.system, io, unit, testJournal({ notes: journal.notes })))).toEqual(
        counts(first),
      );
      expect(await fixture.dump()).toEqual(after);
    });

    claim("a planned record that went before is counted as gone, the others are erased", async () => {
      const found = await find([lookup(0, ANN)]);
      await fixture.seed(EVERYONE.filter((person) => person !== ANN_TOO));
      before = await fixture.dump();
      expect(ANN_TOO.no in before).toBe(false);
      expect(
        await eraseUnit(fixture.system, io, unitOf(target(), [lookup(0, ANN)], change(), planned(found))),
      ).toMatchObject({ ...all(1), alreadyGone: 1 });
      expect(await fixture.dump()).toEqual(without(ANN));
    });

    claim("a record that matches but was not planned is never touched", async () => {
      const found = (await find([lookup(0, ANN)])).filter(({ values }) => values[fixture.columns.no] === ANN_TOO.no);
      expect(
        await eraseUnit(fixture.system, io, unitOf(target(), [lookup(0, ANN)], change(), planned(found))),
      ).toMatchObject(all(1));
      expect(await fixture.dump()).toEqual(without(ANN_TOO));
      expect(ANN.no in (await fixture.dump())).toBe(true);
    });

    claim("a planned record that is somebody else's by now is left as it is", async () => {
      const unit = unitOf(target(), [lookup(0, ANN)], change(), planned(await find([lookup(0, ANN)])));
      const other: Person = { ...ANN, email: "zoe@shop.example", code: "4711" };
      await fixture.seed(EVERYONE.map((person) => (person === ANN ? other : person)));
      before = await fixture.dump();
      const outcome = await eraseUnit(fixture.system, io, unit);
      expect(outcome).toMatchObject({ matched: 1, affected: 1, blocked: 0 });
      expect(outcome.alreadyGone + outcome.failed).toBe(1);
      expect(await fixture.dump()).toEqual(without(ANN_TOO));
    });

    claim("what the guard says stays, with its reason, and the others go", async () => {
      const found = await find([lookup(0, ANN)]);
      const kept = given(found.find(({ values }) => values[fixture.columns.no] === ANN_TOO.no)).key;
      const asked: string[] = [];
      const guard: Guard = {
        async judge(step, records) {
          await Promise.resolve();
          asked.push(...records.map(({ key }) => `${step} ${key}`));
          return records.flatMap(({ key }) =>
            key === kept ? [{ key, kind: "waiting", reason: "open_case", says: "a case is open" } as const] : [],
          );
        },
      };
      const outcome = await eraseUnit(
        fixture.system,
        io,
        unitOf(target(), [lookup(0, ANN)], change(), planned(found)),
        testJournal(),
        guard,
      );
      expect(new Set(asked)).toEqual(new Set(found.map(({ key }) => `s1 ${key}`)));
      expect(outcome).toMatchObject({ matched: 1, affected: 1, alreadyGone: 0, failed: 0, blocked: 0 });
      expect(outcome.left).toEqual([{ key: kept, kind: "waiting", reason: "open_case", says: "a case is open" }]);
      expect(await fixture.dump()).toEqual(without(ANN));
    });

    claim("remaining names what is still to be done, before and after", async () => {
      const records = planned(await find([lookup(0, ANN)]));
      const operation = { change: change(), records };
      expect((await remainingOf(fixture.system, io, target(), operation)).toSorted()).toEqual(
        records.map(({ key }) => key).toSorted(),
      );
      await eraseUnit(fixture.system, io, unitOf(target(), [lookup(0, ANN)], change(), records.slice(0, 1)));
      expect(await remainingOf(fixture.system, io, target(), operation)).toEqual(
        records.slice(1).map(({ key }) => key),
      );
      await eraseUnit(fixture.system, io, unitOf(target(), [lookup(0, ANN)], change(), records));
      expect(await remainingOf(fixture.system, io, target(), operation)).toEqual([]);
      const left = await find([lookup(0, ANN)]);
      expect(left.map(({ done }) => done)).toEqual(can.delete ? [] : [true, true]);
    });

    for (const point of can.points) {
      claim(`killed at ${point}: the same unit again ends the same, and counts the same`, async () => {
        const unit = unitOf(target(), [lookup(0, ANN)], change(), planned(await find([lookup(0, ANN)])));
        const journal = testJournal({ at: killAt(point) });
        await expect(eraseUnit(fixture.system, io, unit, journal)).rejects.toThrow(Killed);
        if (point === "effect_begin") expect(await fixture.dump()).toEqual(before);
        expect(await eraseUnit(fixture.system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
          ...all(2),
          alreadyGone: 0,
        });
        expect(await fixture.dump()).toEqual(without(ANN, ANN_TOO));
        expectNoIdentifier([journal.notes, io.findings]);
      });

      claim(`Ctrl-C at ${point}: the same unit again ends the same`, async () => {
        const unit = unitOf(target(), [lookup(0, ANN)], change(), planned(await find([lookup(0, ANN)])));
        const journal = testJournal({ at: (passed) => passed === point && io.abort() });
        const first = await eraseUnit(fixture.system, io, unit, journal).catch((error: unknown) => error);
        if (point === "effect_begin") {
          expect(first, "an abort before the first change is an error").toBeInstanceOf(Error);
          expect(await fixture.dump()).toEqual(before);
        }
        io = testIO(fixture.world);
        expect(await eraseUnit(fixture.system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
          ...all(2),
          alreadyGone: 0,
        });
        expect(await fixture.dump()).toEqual(without(ANN, ANN_TOO));
      });
    }

    claim("with a signal that is aborted already nothing is written", async () => {
      const unit = unitOf(target(), [lookup(0, ANN)], change(), planned(await find([lookup(0, ANN)])));
      io.abort();
      await expect(eraseUnit(fixture.system, io, unit)).rejects.toThrow();
      expect(await fixture.dump()).toEqual(before);
    });

    claim("disposing of a reader or an eraser twice is quiet", async () => {
      const reader = await fixture.system.openReader(io);
      await reader[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
      const eraser = await fixture.system.openEraser(io);
      await eraser[Symbol.asyncDispose]();
      await eraser[Symbol.asyncDispose]();
      expect(await fixture.dump()).toEqual(before);
    });

    claim("an error of the system carries no identifier", async () => {
      const lookups = [lookup(0, ANN)];
      const records = planned(await find(lookups));
      await fixture.spoil();
      try {
        const said: unknown[] = [];
        const journal = testJournal();
        const tell = (error: unknown) => said.push(error);
        const located = await find(lookups).catch(tell);
        await checkAll(fixture.system, io, target()).catch(tell);
        const outcome = await eraseUnit(
          fixture.system,
          io,
          unitOf(target(), lookups, change(), records),
          journal,
        ).catch(tell);
        const failed = said.length > 0 || (typeof outcome === "object" && outcome.failed + outcome.blocked > 0);
        expect(failed, "nothing failed, so nothing was shown").toBe(true);
        expect(Array.isArray(located) || said.length > 0).toBe(true);
        expectNoIdentifier([
          said,
          journal.notes,
          io.findings,
          typeof outcome === "object" ? { ...outcome, unresolved: [] } : outcome,
        ]);
      } finally {
        await fixture.mend?.();
      }
    });

    if (can.delete && can.fields) {
      claim("a redaction clears what it names, keeps the rest, and is then done", async () => {
        const redaction = given(fixture.redaction);
        const lookups = [lookup(0, ANN)];
        const where = fixture.target("fields", []);
        const found = await find(lookups, where);
        expect(found.map(({ done }) => done)).toEqual([false, false]);
        expect(before[ANN.no], "the record is not as wanted before").not.toBe(redaction.after(ANN));
        const unit = unitOf(where, lookups, redaction.change, planned(found));
        const journal = testJournal();
        expect(await eraseUnit(fixture.system, io, unit, journal)).toMatchObject(all(2));
        const wanted = {
          ...before,
          [ANN.no]: redaction.after(ANN),
          [ANN_TOO.no]: redaction.after(ANN_TOO),
        };
        expect(await fixture.dump()).toEqual(wanted);
        const again = await find(lookups, where);
        expect(nos(again)).toEqual([ANN.no, ANN_TOO.no]);
        expect(again.map(({ done }) => done)).toEqual([true, true]);
        expect(
          await remainingOf(fixture.system, io, where, {
            change: redaction.change,
            records: planned(again),
          }),
        ).toEqual([]);
        expect(
          await eraseUnit(fixture.system, io, unitOf(where, lookups, redaction.change, planned(again))),
        ).toMatchObject({
          matched: 0,
          affected: 0,
          alreadyGone: 2,
          failed: 0,
          blocked: 0,
        });
        expect(await eraseUnit(fixture.system, io, unit)).toMatchObject({
          matched: 0,
          affected: 0,
          alreadyGone: 2,
          failed: 0,
          blocked: 0,
        });
        expect(await fixture.dump()).toEqual(wanted);
        expectNoIdentifier([journal.notes, io.findings]);
      });

      for (const point of can.points) {
        claim(`a redaction killed at ${point} is finished by the same unit`, async () => {
          const redaction = given(fixture.redaction);
          const where = fixture.target("fields", []);
          const unit = unitOf(where, [lookup(0, ANN)], redaction.change, planned(await find([lookup(0, ANN)], where)));
          const journal = testJournal({ at: killAt(point) });
          await expect(eraseUnit(fixture.system, io, unit, journal)).rejects.toThrow(Killed);
          expect(await eraseUnit(fixture.system, io, unit, testJournal({ notes: journal.notes }))).toMatchObject({
            ...all(2),
            alreadyGone: 0,
          });
          expect(await fixture.dump()).toEqual({
            ...before,
            [ANN.no]: redaction.after(ANN),
            [ANN_TOO.no]: redaction.after(ANN_TOO),
          });
        });
      }
    }

    if (can.folds) {
      claim("declared folds hold for stored values, and nothing else is folded", async () => {
        expect(nos(await find([lookup(0, ANN)], target(["trim", "lowercase"])))).toEqual([
          ANN.no,
          ANN_TOO.no,
          "11",
          "12",
        ]);
        expect(nos(await find([lookup(0, ANN)], target(["lowercase"])))).toEqual([ANN.no, ANN_TOO.no, "11"]);
        expect(nos(await find([lookup(0, ANN)], target(["trim"])))).toEqual([ANN.no, ANN_TOO.no, "12"]);
        expect(nos(await find([lookup(0, JOSE)], target(["nfc"])))).toEqual([JOSE.no, "18"]);
      });

      claim("what was found through a fold is erased, its other lookalikes stay", async () => {
        const where = target(["trim", "lowercase"]);
        const unit = unitOf(where, [lookup(0, ANN)], change(), planned(await find([lookup(0, ANN)], where)));
        expect(await eraseUnit(fixture.system, io, unit)).toMatchObject(all(4));
        expect(await fixture.dump()).toEqual(
          without(ANN, ANN_TOO, ...EVERYONE.filter(({ no }) => no === "11" || no === "12")),
        );
      });
    }

    if (can.where) {
      claim("a target with a filter finds only what also has that value", async () => {
        const where = { ...target(), where: { [fixture.columns.kept]: [ANN_TOO.kept, BOB.kept] } };
        expect(nos(await find([lookup(0, ANN)], where))).toEqual([ANN_TOO.no]);
        expect(nos(await find([lookup(0, ANN), lookup(1, BOB)], where))).toEqual([ANN_TOO.no, BOB.no]);
      });
    }

    if (can.shared) {
      claim("matching elements leave a shared document, the others stay", async () => {
        const shared = given(fixture.shared);
        const twin: Person = { ...ANN, no: "11", email: "ANN@SHOP.EXAMPLE" };
        const documents: SharedDocument[] = [
          { no: "51", members: [BOB, ANN, twin] },
          { no: "52", members: [ANN] },
          { no: "53", members: [BOB, EVE] },
          { no: "54", members: [ANN, EVE, ANN, BOB] },
          { no: "55", members: [] },
        ];
        await shared.seed(documents);
        const seeded = await fixture.dump();
        for (const document of documents) expect(seeded[document.no]).toBe(shared.content(document));
        const lookups = [ANN, EVE].map((person, subject): Lookup => {
          const values = [fixture.by === "email" ? (person.email ?? "") : person.code];
          return { subject, values: { [shared.match ?? fixture.columns.match]: values } };
        });
        const found = await find(lookups, shared.target());
        expect(found.map(({ subject, values }) => `${subject}:${values[fixture.columns.no]}`).toSorted()).toEqual([
          "0:51",
          "0:52",
          "0:54",
          "1:53",
          "1:54",
        ]);
        const mine = found.filter(({ subject }) => subject === 0);
        expect(
          await eraseUnit(
            fixture.system,
            io,
            unitOf(shared.target(), lookups.slice(0, 1), shared.change, planned(mine)),
          ),
        ).toMatchObject(all(3));
        const left = { ...seeded };
        for (const document of documents)
          left[document.no] = shared.content({
            ...document,
            members: document.members.filter((person) => person !== ANN),
          });
        expect(await fixture.dump()).toEqual(left);
        const again = await find(lookups.slice(0, 1), shared.target());
        expect(again.filter(({ done }) => !done)).toEqual([]);
      });
    }
  });

  return {
    // known once vitest has collected the file
    get registered() {
      return registered;
    },
  };
}

/** Nothing of the cast, in any spelling, is in these. Errors are looked at whole: message, stack, cause, properties. */
export function expectNoIdentifier(said: unknown): void {
  const text =
    inspect(said, { depth: 12, maxArrayLength: null, maxStringLength: null, showHidden: true }) +
    (JSON.stringify(said) ?? "");
  const leaked = EVERYONE.flatMap((person) => formsOf(person).map((form) => ({ no: person.no, form }))).filter(
    ({ form }) => text.includes(form),
  );
  expect(leaked, `in what was said: ${text.slice(0, 2000)}`).toEqual([]);
}

async function checkAll(system: System, io: TestIO, target: Target): Promise<void> {
  await using reader = await system.openReader(io);
  io.findings.push(...(await Array.fromAsync(reader.check([target]))));
}

/** The outcome of a unit that acted on this many records, all of them. */
function all(count: number): Partial<Erased> {
  return { matched: count, affected: count, alreadyGone: 0, blocked: 0, failed: 0, unresolved: [] };
}

function counts({ matched, affected, alreadyGone, blocked, failed }: Erased): object {
  return { matched, affected, alreadyGone, blocked, failed };
}

const keyAndPrint = ({ key, fingerprint }: Seen) => `${key} ${fingerprint}`;
const byNumber = (a: string | null | undefined, b: string | null | undefined) => Number(a) - Number(b);

function given<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the fixture names this capability but does not give it");
  return part;
}
