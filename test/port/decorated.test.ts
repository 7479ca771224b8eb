/** What every system gets around its connector: seen on one that does nothing for it. */
import { expect, test } from "vitest";
import { Failure, framesOf } from "../../src/errors.ts";
import type { PlannedRecord, Unit } from "../../src/model/change.ts";
import type { Located } from "../../src/model/search.ts";
import type { Store } from "../../src/model/structure.ts";
import type { EffectPoint, Guard, IO, System } from "../../src/port/connector.ts";
import { decorated } from "../../src/port/decorated.ts";
import { openPace } from "../../src/port/pace.ts";
import { ANN, openShop } from "../engine/shop.ts";
import { testIO } from "../support/io.ts";
import { testJournal } from "../support/journal.ts";
import { recordType, targetOf } from "../support/record-type.ts";
import { slowTime } from "../support/slow-time.ts";

const CANARY = "ann.canary@shop.example";
const TARGET = targetOf(
  recordType({ system: "shop", name: "people", place: { kind: "table", table: "people" }, do: "erase" }),
  [],
  [],
);
const LOOKUPS = [{ subject: 0, values: { email: [CANARY, "Ann Canary-Smith"] } }];
const NOBODY: Guard = { judge: async () => await Promise.resolve([]) };

/** Does what it is told to at each call, and nothing that the port does not ask of it. */
function plain(work: (call: string, io: IO) => void, found: readonly Located[] = []): System {
  return {
    async openReader(io) {
      const nothing = async function* (call: string): AsyncGenerator<never> {
        work(call, io);
        yield* [];
      };
      work("openReader", io);
      return await Promise.resolve({
        site: async () => await Promise.resolve({ space: "here", root: "" }),
        check: () => nothing("check"),
        links: async () => {
          work("links", io);
          return await Promise.resolve([]);
        },
        writes: async () => {
          work("writes", io);
          return await Promise.resolve([]);
        },
        async *locate() {
          yield* found;
          work("locate", io);
        },
        references: () => nothing("references"),
        size: async () => {
          work("size", io);
          return await Promise.resolve(0);
        },
        remaining: () => nothing("remaining"),
        sweep: () => nothing("sweep"),
        residue: () => nothing("residue"),
        [Symbol.asyncDispose]: async () => {
          work("close", io);
          await Promise.resolve();
        },
      });
    },
    async openEraser(io) {
      work("openEraser", io);
      return await Promise.resolve({
        async apply(unit, journal, guard) {
          work("apply", io);
          for (const { step, operations } of unit.works)
            for (const { records } of operations)
              for (let at = 0; at < records.length; at += 2) {
                await guard.judge(step, records.slice(at, at + 2));
                await journal.note("about to");
              }
          return unit.works.map(({ step, operations }) => {
            const deleted = operations.flatMap(({ records }) => records).length;
            return { step, matched: deleted, deleted, changed: 0, minimised: 0, own: 0, left: [] };
          });
        },
        flushResidue: async () => {
          work("flushResidue", io);
          return await Promise.resolve([]);
        },
        [Symbol.asyncDispose]: async () => {
          work("close", io);
          await Promise.resolve();
        },
      });
    },
    async openSurvey(io) {
      work("openSurvey", io);
      return await Promise.resolve({
        async *stores() {
          yield* [];
          work("stores", io);
        },
        sample: async () => {
          work("sample", io);
          return await Promise.resolve([]);
        },
        [Symbol.asyncDispose]: async () => {
          work("closeSurvey", io);
          await Promise.resolve();
        },
      });
    },
  };
}

const STORE: Store = {
  kind: "table",
  name: "people",
  columns: [],
  key: [],
  uniques: [],
  references: [],
  indexed: [],
  checks: [],
  triggers: [],
  readers: [],
};

function unitOf(count: number): Unit {
  const records: PlannedRecord[] = Array.from({ length: count }, (_, at) => ({
    key: `k${at}`,
    fingerprint: "f",
    subjects: [0],
  }));
  return {
    id: "U1",
    effect: "erase",
    works: [
      {
        step: "S1",
        target: TARGET,
        lookups: LOOKUPS,
        operations: [{ change: { kind: "delete" }, records }],
      },
    ],
  };
}

/** Every call once, each on its own reader or eraser; the errors that came out, by call. */
async function failuresOf(system: System, io: IO): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>();
  const tried = async (call: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      failures.set(call, error);
    }
  };
  const reader = async () => await system.openReader(io);
  const eraser = async () => await system.openEraser(io);
  const operation = unitOf(1).works[0]?.operations[0];
  if (operation === undefined) throw new Error("no operation");
  await tried("openReader", reader);
  await tried("check", async () => await Array.fromAsync((await reader()).check([TARGET])));
  await tried("links", async () => await (await reader()).links([TARGET]));
  await tried("writes", async () => await (await reader()).writes([TARGET]));
  await tried(
    "locate",
    async () => await Array.fromAsync((await reader()).locate(TARGET, { by: "subjects", lookups: LOOKUPS })),
  );
  await tried("references", async () => await Array.fromAsync((await reader()).references(TARGET, ["k"])));
  await tried("size", async () => await (await reader()).size(TARGET));
  await tried("remaining", async () => await Array.fromAsync((await reader()).remaining(TARGET, operation, LOOKUPS)));
  await tried("sweep", async () => await Array.fromAsync((await reader()).sweep([[CANARY, "Ann Canary-Smith"]])));
  await tried("residue", async () => await Array.fromAsync((await reader()).residue(TARGET)));
  await tried("close", async () => await (await reader())[Symbol.asyncDispose]());
  await tried("openEraser", eraser);
  await tried("apply", async () => await (await eraser()).apply(unitOf(2), testJournal(), NOBODY));
  const survey = async () => {
    const opened = await system.openSurvey?.(io);
    if (opened === undefined) throw new Error("no survey");
    return opened;
  };
  await tried("openSurvey", survey);
  await tried("stores", async () => await Array.fromAsync((await survey()).stores([])));
  await tried("sample", async () => await (await survey()).sample(STORE, 3));
  await tried("closeSurvey", async () => await (await survey())[Symbol.asyncDispose]());
  await tried("flushResidue", async () => await (await eraser()).flushResidue(TARGET));
  return failures;
}

const CALLS = [
  "openReader",
  "check",
  "links",
  "writes",
  "locate",
  "references",
  "size",
  "remaining",
  "sweep",
  "residue",
  "close",
  "openEraser",
  "apply",
  "flushResidue",
  "openSurvey",
  "stores",
  "sample",
  "closeSurvey",
];

test("a system that cannot be surveyed still cannot, whatever is put around it", () => {
  const { openSurvey: _none, ...bare } = plain(() => {});
  expect(decorated(bare, { name: "shop", pace: openPace() }).openSurvey).toBeUndefined();
});

test("a driver's error leaves no call of any system: what comes out has its class and its place, and nothing it says", async () => {
  const system = (failing: string) =>
    decorated(
      plain((call) => {
        if (call === failing)
          throw Object.assign(new RangeError(`row (${CANARY}) is out of range`), { code: "E_ROW", row: CANARY });
      }),
      { name: "shop", pace: openPace() },
    );
  for (const call of CALLS) {
    const error = (await failuresOf(system(call), testIO())).get(call);
    expect(error, call).toBeInstanceOf(Failure);
    expect(error, call).toMatchObject({
      code: "UNEXPECTED",
      message: "shop: unexpected fault (RangeError E_ROW)",
    });
    expect(framesOf(error), call).toContain("decorated.test.ts");
    expect(Object.values(Object.getOwnPropertyDescriptors(error)).map(({ value }) => String(value))).not.toContainEqual(
      expect.stringContaining(CANARY),
    );
  }
});

test("a failure that quotes what was looked for is told without it, its cause neither; any other is the same as before", async () => {
  const quoting = new Failure("UNEXPECTED_ANSWER", `no row of Ann Canary-Smith <${CANARY}> here`, {
    help: `Look for ${CANARY}.`,
    cause: new Error(CANARY),
    at: "datamap.yaml:3:4",
  });
  const honest = new Failure("SYSTEM_UNREACHABLE", "shop: nobody answers (503)");
  for (const call of ["locate", "remaining", "sweep", "apply"]) {
    const thrown = async (error: Error) => {
      const system = decorated(
        plain((passed) => {
          if (passed === call) throw error;
        }),
        { name: "shop", pace: openPace() },
      );
      return (await failuresOf(system, testIO())).get(call);
    };
    const told = await thrown(quoting);
    expect(told, call).toMatchObject({
      code: "UNEXPECTED_ANSWER",
      message: "no row of … <…> here",
      help: "Look for ….",
    });
    expect(told, call).toMatchObject({ at: "datamap.yaml:3:4" });
    expect(told instanceof Error && told.cause, call).toBeUndefined();
    expect(told instanceof Error && told.stack, call).not.toContain("anary");
    expect(await thrown(honest), call).toBe(honest);
  }
});

test("what Ctrl-C cut short is an interruption, whatever the client calls it; without Ctrl-C an abort is a fault", async () => {
  const system = decorated(
    plain((call) => {
      if (call === "size") throw new DOMException("The operation was aborted", "AbortError");
    }),
    { name: "shop", pace: openPace() },
  );
  const io = testIO();
  await using reader = await system.openReader(io);
  await expect(reader.size(TARGET)).rejects.toMatchObject({ code: "UNEXPECTED" });
  const stopping = decorated(
    plain((call) => {
      if (call !== "size") return;
      io.abort();
      throw new DOMException("The operation was aborted", "AbortError");
    }),
    { name: "shop", pace: openPace() },
  );
  await using another = await stopping.openReader(io);
  await expect(another.size(TARGET)).rejects.toMatchObject({ code: "INTERRUPTED" });
});

const FOUND: readonly Located[] = ["a", "b", "c"].map((key) => ({
  subjects: [0],
  key,
  address: key,
  fingerprint: "f",
  values: {},
  done: false,
}));

test("how far it is, is told for a connector that tells nothing, and never less than what it tells", async () => {
  const told: number[] = [];
  const io = testIO({ progress: (done) => told.push(done) });
  const silent = decorated(
    plain(() => {}, FOUND),
    { name: "shop", pace: openPace() },
  );
  await using reader = await silent.openReader(io);
  await Array.fromAsync(reader.locate(TARGET, { by: "subjects", lookups: LOOKUPS }));
  // each search is counted anew
  await Array.fromAsync(reader.locate(TARGET, { by: "subjects", lookups: LOOKUPS }));
  expect(told.splice(0)).toEqual([1, 2, 3, 1, 2, 3]);
  await using eraser = await silent.openEraser(io);
  await eraser.apply(unitOf(5), testJournal(), NOBODY);
  expect(told.splice(0)).toEqual([2, 4, 5]);
  const speaking = decorated(
    plain((call, { progress }) => {
      if (call === "locate") for (const done of [2, 1000]) progress(done);
    }, FOUND),
    { name: "shop", pace: openPace() },
  );
  await using other = await speaking.openReader(io);
  await Array.fromAsync(other.locate(TARGET, { by: "subjects", lookups: LOOKUPS }));
  expect(told).toEqual([1, 2, 3, 1000]);
});

test("a unit passes each point once, and those that are seen from outside without the connector saying so", async () => {
  const system = plain(() => {});
  const talkative: System = {
    openReader: (io) => system.openReader(io),
    async openEraser(io) {
      const eraser = await system.openEraser(io);
      return {
        ...eraser,
        async apply(unit, journal, guard) {
          for (const point of ["effect_begin", "effect_half", "effect_half", "effect_begin"] as const)
            journal.at(point);
          return await eraser.apply(unit, journal, guard);
        },
      };
    },
  };
  for (const [inner, points] of [
    [system, ["judged", "noted"]],
    [talkative, ["effect_begin", "effect_half", "judged", "noted"]],
  ] as const) {
    await using eraser = await decorated(inner, { name: "shop", pace: openPace() }).openEraser(testIO());
    for (const journal of [testJournal(), testJournal()]) {
      await eraser.apply(unitOf(5), journal, NOBODY);
      expect(journal.passed).toEqual(points satisfies readonly EffectPoint[]);
    }
  }
});

test("a system is asked no more often than its pace allows, by all its readers and erasers together", async () => {
  const time = slowTime();
  const seen: number[] = [];
  const system = decorated(
    plain(() => seen.push(time.clock() - 1000)),
    { name: "shop", pace: openPace({ perSecond: 2, time }) },
  );
  const io = testIO();
  await using reader = await system.openReader(io);
  await using another = await system.openReader(io);
  await using eraser = await system.openEraser(io);
  await reader.size(TARGET);
  await Array.fromAsync(another.locate(TARGET, { by: "subjects", lookups: LOOKUPS }));
  await eraser.apply(unitOf(1), testJournal(), NOBODY);
  const survey = await system.openSurvey?.(io);
  await survey?.sample(STORE, 3);
  expect(seen).toEqual([0, 500, 1000, 1500, 2000, 2500, 3000, 3500]);
});

test("the workspace puts all of it around every connector: killed where the guard has judged or a note is kept, the same command ends it", async () => {
  for (const point of ["judged", "noted"]) {
    await using shop = await openShop();
    const id = await shop.house.open(ANN);
    await shop.house.plan(id);
    await shop.house.approve(id);
    let killed = 0;
    const at = (passed: string) => {
      if (passed === point && (killed += 1) === 1) throw new Error(`killed at ${point} of ${ANN.email}`);
    };
    await expect(shop.house.as({ at }).run(id), point).rejects.toMatchObject({
      code: "UNEXPECTED",
      message: expect.stringMatching(/^(?:shop|copy): unexpected fault \(Error\)$/u),
    });
    expect(killed, point).toBeGreaterThan(0);
    expect(await shop.house.run(id), point).toMatchObject({ exit: 0 });
    expect(await shop.house.verify(id), point).toMatchObject({ state: "closed" });
  }
});
