import { expect, test } from "vitest";
import type { Eraser, System } from "../../src/port/connector.ts";
import { memoryDatabase, type Row } from "../support/memory/database.ts";
import { openHouse } from "../support/memory/house.ts";

const COUNT = 4500;
const MAP = {
  approval: { required: true, four_eyes: false },
  limits: { max_records: 10_000, max_fraction: 1, max_fan_out: 10_000, batch_records: 10_000 },
  identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
  systems: {
    forum: {
      kind: "memory",
      records: { comments: { match: { email: "email" }, do: "erase" } },
    },
  },
};

/** Comments of one thread, each an answer to the one before or to one far from it; the first come first. */
function comments(): Row[] {
  return Array.from({ length: COUNT }, (_, at) => ({
    id: `c${at}`,
    email: "mara@mail.example",
    parent: at === 0 ? null : `c${at % 7 === 0 ? at - 1 : Math.floor(at / 3)}`,
  }));
}

function forum() {
  const database = memoryDatabase(
    { comments: [...comments(), { id: "n0", email: "nora@mail.example", parent: null }] },
    [
      {
        constraint: "answer_to",
        child: "comments",
        childColumn: "parent",
        parent: "comments",
        parentColumn: "id",
        onDelete: "restrict",
      },
    ],
  );
  const sizes: number[] = [];
  const around = (system: System): System => ({
    openReader: async (io) => await system.openReader(io),
    async openEraser(io): Promise<Eraser> {
      const eraser = await system.openEraser(io);
      return {
        ...eraser,
        async apply(unit, journal, guard) {
          sizes.push(unit.works.flatMap(({ operations }) => operations.flatMap(({ records }) => records)).length);
          return await eraser.apply(unit, journal, guard);
        },
      };
    },
  });
  return { database, sizes, around };
}

const left = ({ database }: ReturnType<typeof forum>) => [...(database.tables.get("comments")?.keys() ?? [])];

test("a table that references itself goes in bounded parts, children before parents, and is told as one step", async () => {
  const made = forum();
  await using house = await openHouse({ map: MAP, databases: { forum: made.database }, around: made.around });
  const id = await house.open({ email: "mara@mail.example" });
  await house.plan(id);
  await house.approve(id);
  expect(left(made)).toHaveLength(COUNT + 1);
  const { exit, steps } = await house.run(id);
  expect(left(made)).toHaveLength(1);
  expect(Math.max(...made.sizes)).toBeLessThanOrEqual(2000);
  expect({ exit, steps }).toMatchObject({ exit: 0, steps: [{ status: "deleted", affected: COUNT, gone: COUNT }] });
  expect((await house.verify(id)).state).toBe("closed");
});

test("killed between two parts it goes on, and counts each record once", async () => {
  const made = forum();
  await using house = await openHouse({ map: MAP, databases: { forum: made.database }, around: made.around });
  const id = await house.open({ email: "mara@mail.example" });
  await house.plan(id);
  await house.approve(id);
  let turns = 0;
  const around = made.database.nextTransaction.bind(made.database);
  made.database.nextTransaction = () => {
    turns += 1;
    if (turns === 4) throw new Error("killed");
    return around();
  };
  await expect(house.run(id)).rejects.toThrow();
  expect(left(made).length).toBeLessThan(COUNT);
  expect(left(made).length).toBeGreaterThan(1);
  const { exit, steps } = await house.run(id);
  expect(left(made)).toHaveLength(1);
  expect({ exit, steps }).toMatchObject({ exit: 0, steps: [{ status: "deleted", affected: COUNT, gone: COUNT }] });
});

test("a step that is marked in parts tells all of its marks", async () => {
  const letters = Array.from({ length: COUNT }, (_, at) => ({
    id: `l${String(at).padStart(4, "0")}`,
    email: "mara@mail.example",
    gone: null,
  }));
  const database = memoryDatabase({ letters });
  const marking = {
    match: { email: "email" },
    do: "soft-delete",
    soft_delete: { timestamp: "gone" },
    purge_after: "14 days",
  };
  await using house = await openHouse({
    map: { ...MAP, systems: { forum: { kind: "memory", records: { letters: marking } } } },
    databases: { forum: database },
  });
  const id = await house.open({ email: "mara@mail.example" });
  const plan = await house.plan(id);
  await house.approve(id);
  await house.run(id);
  const { journal } = house.context.state.read;
  expect((await journal.receipts(plan.id)).map(({ changed, marked }) => [changed, marked])).toEqual([[COUNT, COUNT]]);
});
