/**
 * What a run holds while a long step is erased, beside the tables themselves: one person's comments, of which each answers
 * another one, on tables in memory. Looked at whenever the eraser is given a part, after V8 has collected.
 */
import { fork } from "node:child_process";
import type { Eraser, System } from "../src/port/connector.ts";
import { memoryDatabase, type Row } from "../test/support/memory/database.ts";
import { openHouse } from "../test/support/memory/house.ts";
import { print } from "./measure.ts";

const RECORDS = Number(process.argv[2] ?? 200_000);
const MEGABYTE = 1024 * 1024;

const MAP = {
  approval: { required: true, four_eyes: false },
  limits: { max_records: 10_000_000, max_fraction: 1, max_fan_out: 10_000_000, batch_records: 10_000_000 },
  identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
  systems: { forum: { kind: "memory", records: { comments: { match: { email: "email" }, do: "erase" } } } },
};

interface Figures {
  /** MB that are held beside what was held before the run, at most. */
  readonly held: number;
  readonly parts: number;
  readonly largest: number;
}

if (process.send === undefined) {
  const [half, whole] = [await asked(RECORDS / 2), await asked(RECORDS)];
  print({
    what: `held while a step of ${RECORDS.toLocaleString("en")} records is erased`,
    value: whole.held,
    limit: 16,
    unit: "MB",
    peer: `half as many: ${half.held.toFixed(1)} MB; ${whole.parts} parts of at most ${whole.largest}`,
  });
} else {
  process.once("message", (records: number) => {
    void once(records).then((figures) => process.send?.(figures, () => process.exit(0)));
  });
}

async function asked(records: number): Promise<Figures> {
  return await new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, { execArgv: ["--expose-gc", ...process.execArgv] });
    child.once("message", (answer: Figures) => resolve(answer));
    child.once("error", reject);
    child.once("exit", (code) => code !== 0 && reject(new Error(`a measurement ended with ${code}`)));
    child.send(records);
  });
}

async function once(records: number): Promise<Figures> {
  const figures = { held: 0, parts: 0, largest: 0 };
  let before = Infinity;
  const around = (system: System): System => ({
    openReader: async (io) => await system.openReader(io),
    async openEraser(io): Promise<Eraser> {
      const eraser = await system.openEraser(io);
      return {
        ...eraser,
        async apply(unit, journal, guard) {
          const size = unit.works.flatMap(({ operations }) => operations.flatMap((one) => one.records)).length;
          figures.parts += 1;
          figures.largest = Math.max(figures.largest, size);
          // each look costs a collection of everything
          if (figures.parts % 10 === 1) figures.held = Math.max(figures.held, held() - before);
          return await eraser.apply(unit, journal, guard);
        },
      };
    },
  });
  const database = memoryDatabase({ comments: comments(records) }, [
    {
      constraint: "answer_to",
      child: "comments",
      childColumn: "parent",
      parent: "comments",
      parentColumn: "id",
      onDelete: "restrict",
    },
  ]);
  await using house = await openHouse({ map: MAP, databases: { forum: database }, around });
  const id = await house.open({ email: "mara@mail.example" });
  await house.plan(id);
  await house.approve(id);
  before = held();
  const { exit } = await house.run(id);
  if (exit !== 0 || (database.tables.get("comments")?.size ?? 1) > 0) throw new Error(`the run ended with ${exit}`);
  return figures;
}

/** MB that are held now. */
function held(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MEGABYTE;
}

function comments(count: number): Row[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `c${at}`,
    email: "mara@mail.example",
    parent: at === 0 ? null : `c${Math.floor(at / 3)}`,
  }));
}
