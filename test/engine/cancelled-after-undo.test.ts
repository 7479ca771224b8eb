/** A request that was brought back whole is cancelled; while anything of it stands it is not. */
import { expect, test } from "vitest";
import { refuseLetter } from "../../src/letters/may-be-written.ts";
import { summarise } from "../../src/reports/summary.ts";
import { nextStep } from "../../src/requests/board.ts";
import { stopRequest } from "../../src/requests/end-request.ts";
import { undoRequest } from "../../src/requests/undo-request.ts";
import { ANN, MARKED, onDay, openShop, WINDOW } from "./shop.ts";

const whole = (rule: object) => ({
  people: rule,
  orders: { ...rule, hold: undefined },
  items: rule,
  tickets: WINDOW,
});

/** Ann's records, with those of the copy only where `copy` says so: its people have no window. */
async function erased(records: Readonly<Record<string, object>>) {
  const shop = await openShop({ approval: { required: true, four_eyes: false }, settle: "0 seconds" }, records);
  shop.copy.tables.get("people")?.delete("c1");
  for (const row of ["p1", "o1", "o2", "i1", "i2", "i3"])
    for (const table of ["people", "orders", "items"]) {
      const one = shop.shop.tables.get(table)?.get(row);
      if (one !== undefined) shop.shop.tables.get(table)?.set(row, { ...one, deleted_at: null });
    }
  const before = shop.dump();
  const house = onDay(shop.house, 0);
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  const { context, workspace } = house;
  return {
    shop,
    before,
    house,
    id,
    again: async () => {
      await house.plan(id);
      await house.approve(id);
      await house.run(id);
    },
    undo: async (how: { readonly records?: readonly string[]; readonly day?: number; readonly skip?: boolean } = {}) =>
      await undoRequest(onDay(house, how.day ?? 1).context, id, {
        skipConflicts: how.skip ?? false,
        ...(how.records === undefined ? {} : { records: how.records }),
      }),
    end: async (ending: "cancelled" | "refused" = "cancelled"): Promise<unknown> =>
      await stopRequest(
        { ...context, ...workspace, at: context.at, actor: context.actor, now: context.now },
        id,
        ending,
        { reason: "changed her mind", timezone: "Europe/Berlin" },
      ).catch((error: unknown) => error),
    cores: async () => (await workspace.ledger.entriesOf(id)).entries.map(({ core }) => core),
  };
}

test("after an undo of everything it ends as cancelled, with nothing sealed, and its report says that all is back", async () => {
  for (const rule of [WINDOW, MARKED]) {
    const one = await erased(whole(rule));
    await using _ = one.shop;
    const { read } = one.house.context.state;
    expect(one.shop.dump()).not.toEqual(one.before);
    expect(await one.end()).toMatchObject({
      code: "STILL_OPEN",
      message: expect.stringContaining("cannot be taken back"),
    });
    await one.undo();
    expect(one.shop.dump()).toEqual(one.before);
    expect((await nextStep(read, await read.requests.get(one.id))).otherwise).toContain(
      `expunge request cancel ${one.id}`,
    );
    expect(await one.end("refused")).toMatchObject({ code: "STILL_OPEN" });
    expect(await one.end()).toMatchObject({ state: "cancelled" });
    expect(one.shop.dump()).toEqual(one.before);
    expect(await read.images.steps(one.id)).toEqual([]);
    await expect(read.sealed.digestKey(one.id)).rejects.toThrow();
    const cores = await one.cores();
    expect(cores.map(({ type }) => type).slice(-2)).toEqual(["request.cancelled", "key.destroyed"]);
    const summary = summarise(cores);
    expect(summary.sentence).toBe(
      "The request was cancelled: everything that its erasure had done was brought back (8 records), and nothing is erased.",
    );
    expect([summary.state, summary.residue, summary.systems.map(({ status }) => status)]).toEqual([
      "cancelled",
      [],
      summary.systems.map(({ found }) => (found > 0 ? "restored" : "nothing_found")),
    ]);
    expect(() => refuseLetter("final", { request: one.id, summary, expired: 0, open: [] })).toThrow(
      "what was done was brought back",
    );
  }
});

test("several undos that bring back everything between them are a whole one", async () => {
  const one = await erased(whole(WINDOW));
  await using _ = one.shop;
  await one.undo({ records: ["shop.people", "shop.orders"] });
  expect(await one.end()).toMatchObject({
    code: "STILL_OPEN",
    details: ["shop.items: 3 not brought back", "shop.tickets: 2 not brought back"],
  });
  await one.undo({ records: ["shop.items", "shop.tickets"] });
  expect(one.shop.dump()).toEqual(one.before);
  expect(await one.end()).toMatchObject({ state: "cancelled" });
});

test("a step without a window stands for good, whatever came back beside it", async () => {
  const one = await erased({ ...whole(WINDOW), tickets: {} });
  await using _ = one.shop;
  await one.undo();
  expect(await one.end()).toMatchObject({
    code: "STILL_OPEN",
    message: expect.stringContaining("stands in part: shop.tickets: 2 not brought back"),
  });
  const { read } = one.house.context.state;
  expect((await nextStep(read, await read.requests.get(one.id))).otherwise).not.toContain(
    `expunge request cancel ${one.id}`,
  );
});

test("what stood in the way of the undo stands", async () => {
  const one = await erased(whole(MARKED));
  await using _ = one.shop;
  one.shop.shop.tables.get("items")?.delete("i3");
  await one.undo({ skip: true });
  expect(await one.end()).toMatchObject({ code: "STILL_OPEN", details: ["shop.items: 1 not brought back"] });
});

test("what a second plan did stands until it is brought back too", async () => {
  const one = await erased(whole(MARKED));
  await using _ = one.shop;
  await one.undo();
  await one.again();
  expect(await one.end()).toMatchObject({ code: "STILL_OPEN" });
  await one.undo();
  expect(await one.end()).toMatchObject({ state: "cancelled" });
  expect(one.shop.dump()).toEqual(one.before);
  expect(summarise(await one.cores()).sentence).toContain("brought back (8 records), and nothing is erased");
});
