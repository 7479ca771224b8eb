/** What the state promises, on each database that can keep it. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SealedStep } from "../../src/model/plan.ts";
import type { Subject } from "../../src/model/subject.ts";
import type { Receipt } from "../../src/state/journal.ts";
import { openState } from "../../src/state/open-state.ts";
import type { OutboxEntry } from "../../src/state/outbox.ts";
import type { SealedPlan } from "../../src/state/sealed-store.ts";
import type { State } from "../../src/state/state.ts";
import { thisProcess } from "../../src/state/this-process.ts";
import { type Place, PLACES } from "./places.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const TARGET = targetOf(mapOf([]), recordOf("shop", "orders"));

const key = randomBytes(32);
const request = {
  type: "erasure",
  received: "2026-11-20",
  due: { nominal: "2026-12-20", legal: "2026-12-21", extended: "2027-02-20" },
  pseudonyms: ["ab".repeat(32)],
  createdAt: "2026-11-20T10:00:00.000Z",
  createdBy: "officer",
} as const;
const nothing = { steps: [], resolved: [], searched: [], carried: [] };
const canary = "ann.canary@example.org";
const unit = { plan: "P-0001", id: "U-shop.orders", phase: 0, system: "shop", steps: ["S1"], after: [] };
const receipt: Receipt = {
  plan: "P-0001",
  step: "S1",
  system: "shop",
  record: "orders",
  attempt: 1,
  status: "deleted",
  matched: 2,
  affected: 2,
  gone: 2,
  deleted: 2,
  changed: 0,
  minimised: 0,
  alreadyGone: 0,
  own: 0,
  kept: 0,
  waiting: 0,
  blocked: 0,
  failed: 0,
  gaps: [],
  started: "a",
  finished: "b",
};
const entry = (id: string): OutboxEntry => ({ id, type: "target.result", core: { v: 1, n: id } });
const free = async (): Promise<void> => {};

describe.each(PLACES)("a state in $name", ({ make }) => {
  let place: Place;
  let state: State;
  const another = async (): Promise<State> => await openState(place.state(), { sealingKey: key });
  /** A process on another machine: whether it lives cannot be seen from here. */
  const elsewhere = async (lasting?: number): Promise<State> =>
    await openState(place.state(), {
      sealingKey: key,
      me: { ...thisProcess(), host: "elsewhere" },
      ...(lasting === undefined ? {} : { lasting }),
    });
  const opened = async (subjects: readonly Subject[]): Promise<string> =>
    await state.atomically(async (tx) => {
      const { id } = await tx.requests.add(request);
      await tx.sealed.begin(id, subjects);
      return id;
    });
  const sealPlan = async (id: string, plan: string, sealed: SealedPlan): Promise<void> =>
    await state.atomically(async (tx) => await tx.sealed.savePlan(id, plan, sealed));

  beforeEach(async () => {
    place = await make();
    state = await another();
  });
  afterEach(async () => {
    await state[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  describe("images", () => {
    const kept = (name: string) => ({ step: "S1", name, key: `["${name}"]`, bytes: Buffer.from(`${canary} ${name}`) });

    test("they come back as they were, are counted in bytes, and go one by one; with the last one their key goes", async () => {
      const id = await opened([]);
      expect(await state.read.images.bytes()).toBe(0);
      await state.atomically(async (tx) => await tx.images.keep(id, "P-0001", [kept("a"), kept("b"), kept("c")]));
      const all = await state.read.images.of(id, "P-0001", "S1");
      expect(all.map(({ name, key: of, bytes }) => [name, of, Buffer.from(bytes).toString()])).toEqual(
        ["a", "b", "c"].map((name) => [name, `["${name}"]`, `${canary} ${name}`]),
      );
      expect(await state.read.images.bytes()).toBeGreaterThan(3 * canary.length);
      await state.atomically(async (tx) => await tx.images.drop(id, "P-0001", "S1", ["b", "unknown"]));
      expect(await state.read.images.steps(id)).toEqual([{ plan: "P-0001", step: "S1", count: 2 }]);
      await state.atomically(async (tx) => await tx.images.forget(id, "P-0001", "S1", ["c"]));
      expect((await state.read.images.of(id, "P-0001", "S1")).map(({ name }) => name)).toEqual(["c"]);
      await state.atomically(async (tx) => await tx.images.forget(id, "P-0001", "S1"));
      expect([await state.read.images.steps(id), await state.read.images.bytes()]).toEqual([[], 0]);
    });
  });

  describe("transactions", () => {
    test("everything or nothing: what fails half-way leaves no trace, and the next one works", async () => {
      const failed = state.atomically(async (tx) => {
        await tx.requests.add(request);
        await tx.outbox.post([entry("e1")]);
        throw new Error("half-way");
      });
      await expect(failed).rejects.toThrow("half-way");
      expect([await state.read.requests.list(), await state.read.outbox.unsealed(10)]).toEqual([[], []]);
      expect(await opened([])).toBe("R-2026-0001");
    });

    test("a look sees what is saved and nothing else; the transaction itself sees what it wrote", async () => {
      const other = await another();
      await state.atomically(async (tx) => {
        const { id } = await tx.requests.add(request);
        expect((await tx.requests.get(id)).state).toBe("received");
        expect(await state.read.requests.list()).toEqual([]);
        expect(await other.read.requests.list()).toEqual([]);
      });
      expect(await other.read.requests.list()).toHaveLength(1);
      await other[Symbol.asyncDispose]();
    });

    test("calls of one process and of several follow each other: no count is lost", async () => {
      const id = await opened([]);
      const others = await Promise.all([another(), another()]);
      const count = async (where: State): Promise<void> =>
        await where.atomically(async (tx) => {
          const before = Number((await tx.requests.get(id)).ref ?? "0");
          await new Promise((resolve) => setImmediate(resolve));
          await tx.requests.update(id, { ref: String(before + 1) });
        });
      await Promise.all(
        [state, ...others].flatMap((where) => Array.from({ length: 8 }, async () => await count(where))),
      );
      expect((await state.read.requests.get(id)).ref).toBe("24");
      for (const other of others) await other[Symbol.asyncDispose]();
    });

    test("one inside of another joins it, by the state's name too", async () => {
      const ids = await state.atomically(async (tx) => {
        const first = await tx.requests.add(request);
        const second = await tx.atomically(async (inner) => await inner.requests.add(request));
        const third = await state.atomically(async (inner) => await inner.requests.add(request));
        expect(await state.read.requests.list()).toEqual([]);
        return [first.id, second.id, third.id];
      });
      expect(ids).toEqual(["R-2026-0001", "R-2026-0002", "R-2026-0003"]);
    });

    test("what fails inside takes the whole transaction along, even where nobody minds", async () => {
      const failing = async (): Promise<void> => {
        throw new Error("inner");
      };
      const outer = state.atomically(async (tx) => {
        await tx.requests.add(request);
        await tx.atomically(failing).catch(() => {});
      });
      await expect(outer).rejects.toThrow("inner");
      expect(await state.read.requests.list()).toEqual([]);
    });

    test("work that was begun inside and goes on after the end is a transaction of its own", async () => {
      let late: Promise<string> | undefined;
      await state.atomically(async () => {
        late = new Promise((resolve) => setImmediate(resolve)).then(async () => await opened([]));
      });
      expect(await late).toBe("R-2026-0001");
    });
  });

  describe("requests and what is sealed", () => {
    test("requests are numbered, and an unknown one is refused without its name", async () => {
      expect([await opened([]), await opened([])]).toEqual(["R-2026-0001", "R-2026-0002"]);
      await expect(state.read.requests.get("ann@example.org")).rejects.toMatchObject({
        code: "NO_SUCH_REQUEST",
        message: expect.not.stringContaining("ann"),
      });
    });

    test("a request's subjects come back", async () => {
      const id = await opened([{ identifiers: { email: [canary] } }]);
      expect(await state.read.sealed.subjects(id)).toEqual([{ identifiers: { email: [canary] } }]);
    });

    test("sealed steps come back as they were, over several chunks", async () => {
      const id = await opened([]);
      const records = Array.from({ length: 4500 }, (_, at) => ({
        key: `["${at}"]`,
        fingerprint: `f${at}`,
        subjects: [0],
        disposition: { kind: "act", change: "rule" } as const,
      }));
      const steps: SealedStep[] = [
        {
          step: "S1",
          record: "shop.orders",
          target: TARGET,
          lookups: [{ subject: 0, values: { email: [canary] } }],
          records,
        },
        { step: "S2", record: "shop.customers", target: TARGET, lookups: [], records: [] },
      ];
      await sealPlan(id, "P-0001", { ...nothing, steps });
      expect(JSON.stringify(await state.read.sealed.steps(id, "P-0001"))).toBe(JSON.stringify(steps));
    });

    test("a step's records are read piece by piece, or whole without the others'; a piece that is not there is told", async () => {
      const id = await opened([]);
      const recordsOf = (letter: string, count: number) =>
        Array.from({ length: count }, (_, at) => ({
          key: `${letter}${at}`,
          fingerprint: `f${at}`,
          subjects: [0],
          disposition: { kind: "act", change: "rule" } as const,
        }));
      const stepOf = (step: string, records: SealedStep["records"]): SealedStep => ({
        step,
        record: `shop.${step}`,
        target: TARGET,
        lookups: [{ subject: 0, values: { email: [canary] } }],
        elsewhere: [{ key: "e", step: "S9" }],
        records,
      });
      const steps = [stepOf("S1", recordsOf("a", 2000)), stepOf("S2", []), stepOf("S3", recordsOf("c", 4001))];
      await sealPlan(id, "P-0001", { ...nothing, steps });
      const { sealed } = state.read;
      const seen: string[] = [];
      const parts = await sealed.parts(id, "P-0001", ({ step, records }) => seen.push(`${step} ${records.length}`));
      expect(seen).toEqual(["S1 2000", "S2 0", "S3 2000", "S3 2000", "S3 1"]);
      expect(parts).toMatchObject([
        { first: 0, pieces: 1 },
        { first: 1, pieces: 1 },
        { first: 2, pieces: 3 },
      ]);
      expect(parts.map(({ head }) => JSON.stringify(head))).toEqual(
        steps.map(({ records: _, ...head }) => JSON.stringify(head)),
      );
      const last = parts.slice(-1);
      expect(JSON.stringify(await sealed.steps(id, "P-0001", last))).toBe(JSON.stringify(steps.slice(-1)));
      const pieces = await Array.fromAsync(sealed.pieces(id, "P-0001", last));
      expect(pieces.flatMap(({ records }) => records)).toEqual(steps[2]?.records);
      const longer = last.map((part) => ({ ...part, pieces: 4 }));
      await expect(sealed.steps(id, "P-0001", longer)).rejects.toThrow("not whole");
    });

    test("after destroy nothing opens any more, and another key never did", async () => {
      const id = await opened([{ identifiers: { email: [canary] } }]);
      const other = await openState(place.state(), { sealingKey: randomBytes(32) });
      await expect(other.read.sealed.subjects(id)).rejects.toThrow("does not open");
      await other[Symbol.asyncDispose]();
      await state.atomically(async (tx) => await tx.sealed.destroy(id, []));
      expect(await state.read.sealed.exists(id)).toBe(false);
      await expect(state.read.sealed.subjects(id)).rejects.toThrow("has ended");
    });

    test("a destruction that is not saved destroys nothing", async () => {
      const id = await opened([{ identifiers: { email: [canary] } }]);
      const failed = state.atomically(async (tx) => {
        await tx.sealed.destroy(id, []);
        throw new Error("half-way");
      });
      await expect(failed).rejects.toThrow("half-way");
      expect(await state.read.sealed.subjects(id)).toEqual([{ identifiers: { email: [canary] } }]);
    });

    test("an earlier plan's keys go when a new plan is sealed", async () => {
      const id = await opened([]);
      await sealPlan(id, "P-0001", {
        ...nothing,
        steps: [{ step: "S1", record: "a.b", target: TARGET, lookups: [], records: [] }],
      });
      await sealPlan(id, "P-0002", nothing);
      expect(await state.read.sealed.steps(id, "P-0001")).toEqual([]);
    });
  });

  describe("journal and outbox", () => {
    const attest = async (
      receipts: readonly Receipt[],
      entries: readonly OutboxEntry[],
      done = true,
    ): Promise<readonly Receipt[]> =>
      await state.atomically(async (tx) => {
        await tx.outbox.post(entries);
        return await tx.journal.attest("P-0001", unit.id, receipts, done);
      });

    test("a unit is ready, then intended, then done, and adding it again changes nothing", async () => {
      const { journal } = state.read;
      await state.atomically(async (tx) => await tx.journal.add("P-0001", [unit]));
      expect(await journal.units("P-0001")).toEqual([{ ...unit, state: "ready" }]);
      await state.atomically(async (tx) => {
        await tx.journal.intend("P-0001", unit.id);
        await tx.journal.add("P-0001", [unit]);
      });
      expect((await journal.units("P-0001"))[0]?.state).toBe("intended");
      await state.atomically(async (tx) => await tx.journal.note("P-0001", unit.id, "xid 1"));
      await state.atomically(async (tx) => await tx.journal.note("P-0001", unit.id, "xid 2"));
      expect(await journal.notes("P-0001", unit.id)).toEqual(["xid 1", "xid 2"]);
      await attest([receipt], [entry("e1")]);
      expect((await journal.units("P-0001"))[0]?.state).toBe("done");
      expect(await journal.notes("P-0001", unit.id)).toEqual([]);
    });

    test("attesting twice leaves one receipt a step and one ledger entry an event", async () => {
      const { journal, outbox } = state.read;
      await state.atomically(async (tx) => await tx.journal.add("P-0001", [unit]));
      expect(await attest([receipt], [entry("e1")])).toEqual([receipt]);
      expect(await attest([{ ...receipt, affected: 0 }], [entry("e1"), entry("e2")])).toEqual([]);
      expect(await journal.receipts("P-0001")).toEqual([receipt]);
      expect((await outbox.unsealed(10)).map((one) => one.id)).toEqual(["e1", "e2"]);
      await state.atomically(async (tx) => await tx.outbox.sealed(["e1"], { size: 1, root: "aa" }));
      expect(await outbox.unsealed(10)).toEqual([entry("e2")]);
    });

    test("an attempt that is not done keeps the unit's notes; each has its number, and the last one counts", async () => {
      const { journal } = state.read;
      await state.atomically(async (tx) => {
        await tx.journal.add("P-0001", [unit]);
        await tx.journal.intend("P-0001", unit.id);
        await tx.journal.note("P-0001", unit.id, "xid 1");
      });
      await attest([{ ...receipt, deleted: 1, failed: 1 }], [], false);
      expect([(await journal.units("P-0001"))[0]?.state, await journal.notes("P-0001", unit.id)]).toEqual([
        "tried",
        ["xid 1"],
      ]);
      expect((await journal.receipts("P-0001")).map(({ attempt, failed }) => [attempt, failed])).toEqual([[1, 1]]);
      expect(await attest([receipt], [])).toEqual([{ ...receipt, attempt: 2 }]);
      expect(await journal.receipts("P-0001")).toEqual([{ ...receipt, attempt: 2 }]);
    });
  });

  describe("leases", () => {
    test("one is refused to others, all names or none, and free at its end", async () => {
      const other = await elsewhere();
      const first = await state.lease(["R-2026-0001", "subject:x"], free);
      await expect(other.lease(["R-2026-0002", "subject:x"], free)).rejects.toMatchObject({ code: "BUSY" });
      await (await other.lease(["R-2026-0002"], free))[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      await (await other.lease(["R-2026-0001", "subject:x"], free))[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    });

    test("what `judge` throws takes nothing; what it gives comes along", async () => {
      const other = await elsewhere();
      const refused = state.lease(["R-2026-0001"], async () => {
        throw new Error("not this one");
      });
      await expect(refused).rejects.toThrow("not this one");
      const lease = await other.lease(["R-2026-0001"], async () => "judged");
      expect(lease.first).toBe("judged");
      await lease[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    });

    test("one that is overtaken writes nothing more, and says so", async () => {
      const id = await opened([]);
      const frozen = await elsewhere(0);
      const lease = await frozen.lease([id], free);
      await using _next = await state.lease([id], free);
      expect(lease.overtaken.aborted).toBe(false);
      await expect(lease.atomically(async (tx) => await tx.requests.update(id, { ref: "late" }))).rejects.toMatchObject(
        { code: "BUSY" },
      );
      expect(lease.overtaken.aborted).toBe(true);
      expect((await state.read.requests.get(id)).ref).toBeUndefined();
      await lease[Symbol.asyncDispose]();
      // what it did not hold any more it does not free
      await expect(frozen.lease([id], free)).rejects.toMatchObject({ code: "BUSY" });
      await frozen[Symbol.asyncDispose]();
    });

    test("one that lapsed and nobody took is still good; one that somebody acted behind is not", async () => {
      const id = await opened([]);
      const slow = await elsewhere(0);
      const lease = await slow.lease([id], free);
      await lease.atomically(async (tx) => await tx.requests.update(id, { ref: "in time" }));
      expect((await state.read.requests.get(id)).ref).toBe("in time");
      // as `request cancel` does, in one transaction without a lease of its own
      await state.atomically(async (tx) => {
        await tx.leases.refuseHeld([id]);
        await tx.requests.update(id, { state: "cancelled" });
      });
      await expect(
        lease.atomically(async (tx) => await tx.requests.update(id, { state: "running" })),
      ).rejects.toMatchObject({ code: "BUSY" });
      expect((await state.read.requests.get(id)).state).toBe("cancelled");
      await lease[Symbol.asyncDispose]();
      await slow[Symbol.asyncDispose]();
    });

    test("one that lives is kept by its heart, though nothing is written", async () => {
      const beating = await elsewhere(900);
      const lease = await beating.lease(["R-2026-0001"], free);
      const database = place.state();
      const until = async (): Promise<unknown> =>
        (await database.read.all("select until from lease where name = 'R-2026-0001'"))[0]?.["until"];
      const first = await until();
      while ((await until()) === first) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(Number(await until())).toBeGreaterThan(Number(first));
      await lease[Symbol.asyncDispose]();
      expect(await until()).toBeUndefined();
      await database[Symbol.asyncDispose]();
      await beating[Symbol.asyncDispose]();
    });
  });
});
