import { expect, test } from "vitest";
import { eachPiece, piecesOf } from "../../src/executor/pieces.ts";
import type { PlannedSteps } from "../../src/executor/planned-steps.ts";
import type { SealedStep } from "../../src/model/plan.ts";
import { targetOf } from "../../src/planner/targets.ts";
import { mapOf, recordOf } from "../support/small-map.ts";

const target = targetOf(mapOf([]), recordOf("shop", "comments"));
const step = (keys: readonly string[]): SealedStep => ({
  step: "S1",
  record: "shop.comments",
  target,
  lookups: [],
  records: keys.map((key) => ({ key, fingerprint: "f", subjects: [0], disposition: { kind: "act", change: "rule" } })),
});

/** Rows that go only when nothing references them any more, or when what does goes with them. */
function table(parents: Readonly<Record<string, string | undefined>>) {
  const there = new Set(Object.keys(parents));
  const calls: string[][] = [];
  const remove = (sealed: readonly SealedStep[]): ReadonlySet<string> => {
    const mine = new Set(sealed.flatMap(({ records }) => records.map(({ key }) => key)));
    calls.push([...mine]);
    const stays = new Set<string>();
    for (let before = -1; before !== stays.size;) {
      before = stays.size;
      for (const child of there)
        if (mine.has(parents[child] ?? "") && (!mine.has(child) || stays.has(child))) stays.add(parents[child] ?? "");
    }
    for (const key of mine) if (!stays.has(key)) there.delete(key);
    return stays;
  };
  return { there, calls, remove };
}

async function run(parts: readonly (readonly string[])[], rows: ReturnType<typeof table>): Promise<void> {
  async function* pieces(): AsyncGenerator<readonly SealedStep[]> {
    for (const part of parts) yield await Promise.resolve([step(part)]);
  }
  await eachPiece({ pieces }, async (sealed, { mayComeAgain }) => {
    const stays = await Promise.resolve(rows.remove(sealed));
    return mayComeAgain ? stays : new Set();
  });
}

test("a unit of one part comes once, whatever stays", async () => {
  const rows = table({ a: undefined, b: "a", other: "b" });
  await run([["a", "b"]], rows);
  expect(rows.calls).toEqual([["a", "b"]]);
  expect([...rows.there]).toEqual(["a", "b", "other"]);
});

test("parents that come before their children come again when those have gone, as often as it helps", async () => {
  const rows = table({ a: undefined, b: "a", c: "b", d: "c", e: "d", f: "e" });
  await run(
    [
      ["a", "b"],
      ["c", "d"],
      ["e", "f"],
    ],
    rows,
  );
  expect(rows.there.size).toBe(0);
  expect(rows.calls).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["e", "f"],
    ["a", "b", "c", "d"],
  ]);
});

test("what references each other across parts comes all at once in the end", async () => {
  const rows = table({ a: "c", b: undefined, c: "a" });
  await run([["a", "b"], ["c"]], rows);
  expect(rows.there.size).toBe(0);
  expect(rows.calls.at(-1)).toEqual(["a", "c"]);
});

test("what a stranger references stays, and the others of its part go", async () => {
  const rows = table({ a: undefined, b: undefined, c: undefined, stranger: "a" });
  await run([["a", "b"], ["c"]], rows);
  expect([...rows.there]).toEqual(["a", "stranger"]);
});

test("rows come in bounded parts, and several steps or the lines of a file all at once", async () => {
  const lines = {
    ...step(["x"]),
    step: "S2",
    target: { ...target, record: { ...target.record, place: { kind: "files", globs: ["*"] } } },
  } as const;
  const all = [step(["a", "b"]), lines];
  const steps: PlannedSteps = {
    heads: all,
    async *pieces(ids) {
      // what all parts share stands in the first one alone
      for (const { records, ...head } of await Promise.resolve(all.filter((one) => ids.includes(one.step))))
        for (const [at, record] of records.entries())
          yield at === 0 ? { ...head, records: [record] } : { ...head, lookups: [], records: [record] };
    },
    whole: async (ids) => await Promise.resolve(all.filter((one) => ids.includes(one.step))),
  };
  const keysOf = async (ids: readonly string[]) =>
    (await Array.fromAsync(piecesOf(steps, ids))).map((part) =>
      part.map(({ records }) => records.map(({ key }) => key)),
    );
  expect(await keysOf(["S1"])).toEqual([[["a"]], [["b"]]]);
  expect(await keysOf(["S2"])).toEqual([[["x"]]]);
  expect(await keysOf(["S1", "S2"])).toEqual([[["a", "b"], ["x"]]]);
});
