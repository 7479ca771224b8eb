/** What a report says of what was kept to be brought back, beside what is held, and once it was brought back. */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { summarise, type Summary } from "../../src/reports/summary.ts";
import { nextStep } from "../../src/requests/board.ts";
import { addHold } from "../../src/requests/legal-holds.ts";
import { undoRequest } from "../../src/requests/undo-request.ts";
import { put } from "../support/memory/database.ts";
import { ANN, BOB, MARKED, onDay, openShop, order, WINDOW } from "./shop.ts";

const LAST = "2026-11-28";

/** Ann's order of 2025 is held until 2033, those of 2009 and 2010 are not. */
async function erased(records: Readonly<Record<string, object>>) {
  const shop = await openShop({ approval: { required: true, four_eyes: false }, settle: "0 seconds" }, records);
  put(shop.shop, "orders", "o5", order("o5", "p1", "2025-03-01"));
  const house = onDay(shop.house, 0);
  const id = await house.open(ANN);
  await house.plan(id);
  await house.approve(id);
  await house.run(id);
  await house.verify(id);
  const summary = async () => summarise((await house.workspace.ledger.entriesOf(id)).entries.map(({ core }) => core));
  return { shop, house, id, summary };
}

test("beside what is held, the day until which the rest can be brought back is not that of the hold", async () => {
  const { shop, summary } = await erased({ orders: WINDOW });
  await using _ = shop;
  const { sentence, systems } = await summary();
  expect(systems.find(({ record }) => record === "orders")).toMatchObject({ kept: 1, restorable: 2 });
  expect(sentence).toContain(`2 records erased or changed that can still be brought back until ${LAST} at the latest`);
});

test("beside what is held, the day on which the hidden ones go is not that of the hold", async () => {
  const { shop, summary } = await erased({ people: MARKED, orders: MARKED });
  await using _ = shop;
  const { sentence, systems, kept } = await summary();
  expect(systems.find(({ record }) => record === "orders")).toMatchObject({ kept: 1, hidden: 2 });
  expect(kept.find(({ record }) => record === "orders")?.until).toMatch(/^203/u);
  expect(sentence).toContain("3 records marked as deleted and still there, 1 record kept");
});

test("what was brought back makes the decision a partial one, and no line calls it erased or marked", async () => {
  for (const rule of [WINDOW, MARKED]) {
    const { shop, house, id, summary } = await erased({
      people: rule,
      orders: { ...rule, hold: undefined },
      items: rule,
    });
    await using _ = shop;
    expect((await summary()).decision).toBe("granted");
    await undoRequest(onDay(house, 1).context, id, { skipConflicts: false });
    const { decision, systems } = await summary();
    expect(decision).toBe("partial");
    expect(systems.find(({ record }) => record === "orders")).toMatchObject({ status: "restored", reason: null });
  }
});

test("when its window has ended nothing says any more that it can be brought back", async () => {
  const { shop, house, id, summary } = await erased({ orders: { ...WINDOW, hold: undefined } });
  await using _ = shop;
  expect((await summary()).systems.find(({ record }) => record === "orders")).toMatchObject({ reason: "undo" });
  expect((await onDay(house, 8).verify(id)).state).toBe("closed");
  expect((await summary()).systems.find(({ record }) => record === "orders")).toMatchObject({
    status: "deleted",
    reason: null,
  });
});

test("what a legal hold keeps after the window is no copy that has gone by then", async () => {
  const { shop, house, id, summary } = await erased({
    people: WINDOW,
    orders: { ...WINDOW, hold: undefined },
    items: WINDOW,
  });
  await using _ = shop;
  const { context, workspace } = house;
  await addHold(context, readSubjects(JSON.stringify([ANN]), context.map.identities), workspace.pseudonym, {
    case: "claim over a parcel",
    by: "legal department",
    records: ["shop.orders"],
  });
  const { read } = context.state;
  const next = async (day: string) => await nextStep(read, await read.requests.get(id), day);
  expect(await next(LAST)).toMatchObject({ waiting_for: expect.stringContaining(`${LAST}, the last day`), next: null });
  expect(await next("2026-11-30")).toEqual({
    waiting_for: `a look again: since ${LAST} it cannot be brought back any more`,
    next: `expunge verify ${id}`,
  });
  expect(await onDay(house, 9).verify(id)).toMatchObject({ exit: 0, state: "waiting" });
  const { residue, sentence } = await summary();
  expect(residue.filter(({ mechanism }) => mechanism === "undo")).toMatchObject([{ system: "shop", gone_by: null }]);
  expect(sentence).not.toContain(LAST);
  expect(await next("2026-11-30")).toEqual({
    waiting_for: `the end of a legal hold, which keeps what could be brought back until ${LAST}; after it: expunge verify ${id}, or run --due`,
    next: null,
  });
});

test("what was brought back and done again is the same record: it counts once, in every number", async () => {
  for (const rule of [WINDOW, MARKED]) {
    const { shop, house, id, summary } = await erased({
      people: rule,
      orders: { ...rule, hold: undefined },
      items: rule,
    });
    await using _ = shop;
    const before = await summary();
    await undoRequest(onDay(house, 1).context, id, { skipConflicts: false });
    const second = onDay(house, 1);
    await second.plan(id);
    await second.approve(id);
    await second.run(id);
    await second.verify(id);
    const after = await summary();
    expect(after.totals).toEqual(before.totals);
    const numbers = ({ systems }: Awaited<ReturnType<typeof summary>>) =>
      systems.map(({ record, found, matched, affected, gone, deleted, changed, hidden, restorable, brought_back }) => ({
        record,
        found,
        matched,
        affected,
        gone,
        deleted,
        changed,
        hidden,
        restorable,
        back: brought_back ?? 0,
      }));
    expect(numbers(after)).toEqual(numbers(before));
    expect(after.sentence).toBe(before.sentence.replaceAll(LAST, "2026-11-29").replaceAll("2026-12-05", "2026-12-06"));
    // and once nothing can be brought back any more
    await onDay(house, 9).verify(id);
    expect((await summary()).totals).toEqual(before.totals);
  }
});

test("of a batch it counts once for each person too", async () => {
  for (const rule of [WINDOW, MARKED]) {
    const people = { people: rule, orders: { ...rule, hold: undefined }, items: rule };
    await using shop = await openShop({ approval: { required: true, four_eyes: false }, settle: "0 seconds" }, people);
    const house = onDay(shop.house, 0);
    const id = await house.open([ANN, BOB], { batch: true });
    const carried = async (): Promise<Summary> => {
      await house.plan(id);
      await house.approve(id);
      await house.run(id);
      await house.verify(id);
      return summarise((await house.workspace.ledger.entriesOf(id)).entries.map(({ core }) => core));
    };
    const before = await carried();
    expect(before.persons.map(({ done }) => done > 0)).toEqual([true, true]);
    await undoRequest(house.context, id, { skipConflicts: false });
    expect((await carried()).persons).toEqual(before.persons);
  }
});

test("and in what the ledger says when it ends", async () => {
  const { shop, house, id } = await erased({ people: WINDOW, orders: { ...WINDOW, hold: undefined }, items: WINDOW });
  await using _ = shop;
  const second = onDay(house, 1);
  await undoRequest(second.context, id, { skipConflicts: false });
  await second.plan(id);
  await second.approve(id);
  await second.run(id);
  expect((await onDay(house, 9).verify(id)).state).toBe("closed");
  const cores = (await house.workspace.ledger.entriesOf(id)).entries.map(({ core }) => core);
  const { totals } = summarise(cores);
  expect(cores.find(({ type }) => type === "erasure.completed")).toMatchObject({
    totals: { erase: totals.deleted, change: totals.changed },
  });
});
