/**
 * A batch of people, each with 31 records, through the whole life of a request on tables in memory: whether time grows
 * with the number of people, and how much memory it takes.
 *
 * Memory is what V8 and the buffers held when they held most, what was waiting to be collected counted in, less what the
 * tables, their indexes and nothing else held in a process of their own: they stand for servers. V8 collects late where
 * nobody tells it that there is little: it is told that it has the tables and the limit, and ends the process beyond.
 *
 * Time is taken in other processes, three times, with the heap that the program has: in so tight a one most of it goes into walking the
 * tables again and again, and twice the tables are walked for twice as many records. What was allocated is told beside it.
 */
import { fork } from "node:child_process";
import { GCProfiler } from "node:v8";
import { median, print } from "./measure.ts";
import {
  type ForeignKey,
  idsWith,
  memoryDatabase,
  type MemoryDatabase,
  type Row,
} from "../test/support/memory/database.ts";
import { openHouse } from "../test/support/memory/house.ts";

const PEOPLE = Number(process.argv[2] ?? 10_000);
/** MB that the program may take beside the tables. */
const MEMORY = 250;
/** MB of a half of V8's young generation, of which there are three. */
const YOUNG = 8;
/** MB that buffers may take before V8 thinks of collecting them. */
const BUFFERS = 30;
/** Measurements of which the middle one counts: how often V8 collects, and on how many threads, is not the same twice. */
const ROUNDS = 3;
/** Records a person beside their own one. */
const EACH = { orders: 10, items: 10, tickets: 5, events: 5 } as const;

const MAP = {
  approval: { required: true, four_eyes: false },
  limits: { max_records: 1000, max_fraction: 1, max_fan_out: 1000, batch_records: 1_000_000 },
  identities: { email: { type: "email", fold: ["trim", "lowercase"] } },
  holds: {
    books: {
      says: "books are kept",
      keep_for: "8 years",
      law: ["HGB § 257"],
      people: { owner: "books@harbour.example" },
    },
  },
  systems: {
    shop: {
      kind: "memory",
      records: {
        people: { match: { email: "email" }, do: "erase" },
        orders: { match: { person: "shop.people.id" }, do: "erase", hold: { use: "books", from: "day" } },
        items: { match: { order: "shop.orders.id" }, do: "erase" },
        tickets: { match: { email: "email" }, do: "redact", fields: { email: "clear", text: "clear" } },
        events: { match: { person: "shop.people.id" }, do: "anonymise", fields: { person: "clear" } },
      },
    },
  },
};

const FOREIGN_KEYS: readonly ForeignKey[] = [
  {
    constraint: "orders_person",
    child: "orders",
    childColumn: "person",
    parent: "people",
    parentColumn: "id",
    onDelete: "restrict",
  },
  {
    constraint: "items_order",
    child: "items",
    childColumn: "order",
    parent: "orders",
    parentColumn: "id",
    onDelete: "restrict",
  },
];

const MEGABYTE = 1024 * 1024;
const INDEXED = [
  ["people", "id"],
  ["orders", "id"],
  ["orders", "person"],
  ["items", "order"],
  ["events", "person"],
] as const;

interface Figures {
  readonly people: number;
  readonly seconds: Readonly<Record<string, number>>;
  /** MB of heap and buffers, those of the tables too. */
  readonly peak: number;
  /** MB that the system gave the process at most. */
  readonly resident: number;
  /** MB that were allocated in all, young ones that went at once too. */
  readonly allocated: number;
}

interface Measured extends Figures {
  /** MB that the tables take. */
  readonly tables: number;
  /** MB at most beside the tables. */
  readonly own: number;
}

/** What a process of its own is asked. */
type Question = { readonly people: number } | { readonly tablesOf: number };

if (process.send === undefined) {
  const [half, whole] = await measured();
  for (const step of Object.keys(whole.seconds)) {
    const [a = 0, b = 0] = [half.seconds[step], whole.seconds[step]];
    const peer = `${half.people}: ${a.toFixed(1)} s, ${whole.people}: ${b.toFixed(1)} s of the processor`;
    print({
      what: `${step} of ${whole.people} people with 31 records each, to half as many`,
      value: b / a,
      limit: 2.2,
      unit: "x",
      peer,
    });
  }
  print({
    what: `all that is allocated for ${whole.people} people, to half as many`,
    value: whole.allocated / half.allocated,
    limit: 2.2,
    unit: "x",
    peer: `${half.people}: ${half.allocated} MB, ${whole.people}: ${whole.allocated} MB`,
  });
  const peer = `${half.people}: ${half.own} MB; beside the tables' ${whole.tables} MB; the process had ${whole.resident} MB`;
  print({
    what: `most memory of a batch of ${whole.people} people`,
    value: whole.own,
    limit: MEMORY,
    unit: "MB",
    peer,
  });
} else {
  process.once("message", (question: Question) => {
    const answer = "people" in question ? once(question.people) : Promise.resolve(weighed(question.tablesOf));
    void answer.then((told) => process.send?.(told, () => process.exit(0)));
  });
}

/** Both, turn by turn: what else the machine does then meets both alike. */
async function measured(): Promise<[Measured, Measured]> {
  const sizes = [PEOPLE / 2, PEOPLE] as const;
  const tight = [await squeezed(sizes[0]), await squeezed(sizes[1])] as const;
  const runs: [Figures[], Figures[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1)
    // as bin/run.js starts
    for (const nth of [0, 1] as const)
      runs[nth].push(await asked<Figures>({ people: sizes[nth] }, ["--semi-space-growth-factor=1"]));
  return [
    { ...tight[0], ...middle(runs[0]) },
    { ...tight[1], ...middle(runs[1]) },
  ];
}

function middle(runs: readonly Figures[]): Pick<Figures, "seconds" | "allocated"> {
  const steps = Object.keys(runs[0]?.seconds ?? {});
  return {
    seconds: Object.fromEntries(steps.map((step) => [step, median(runs.map(({ seconds }) => seconds[step] ?? 0))])),
    allocated: median(runs.map(({ allocated }) => allocated)),
  };
}

async function squeezed(people: number): Promise<Measured> {
  const tables = await asked<number>({ tablesOf: people }, []);
  const old = tables + MEMORY - 3 * YOUNG - BUFFERS;
  const tight = await asked<Figures>({ people }, [`--max-old-space-size=${old}`, `--max-semi-space-size=${YOUNG}`]);
  return { ...tight, tables, own: tight.peak - tables };
}

async function asked<T>(question: Question, flags: readonly string[]): Promise<T> {
  return await new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, { execArgv: ["--expose-gc", ...flags, ...process.execArgv] });
    child.once("message", (answer: T) => resolve(answer));
    child.once("error", reject);
    child.once("exit", (code) => code !== 0 && reject(new Error(`a measurement ended with ${code}`)));
    child.send(question);
  });
}

/** MB that are held now. */
function held(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MEGABYTE;
}

function weighed(people: number): number {
  const before = held();
  const database = openDatabase(people);
  const tables = Math.round(held() - before);
  // they are weighed while they are there
  return database.tables.size === 0 ? 0 : tables;
}

/** With the indexes that a server has from the beginning. */
function openDatabase(people: number): MemoryDatabase {
  const database = memoryDatabase(tables(people), FOREIGN_KEYS);
  for (const [table, column] of INDEXED) Array.from(idsWith(database.tables.get(table) ?? new Map(), column, []));
  return database;
}

async function once(people: number): Promise<Figures> {
  const database = openDatabase(people);
  await using house = await openHouse({ map: MAP, databases: { shop: database } });
  const seconds: Record<string, number> = {};
  let [peak, allocated] = [0, 0];
  const timed = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const collections = new GCProfiler();
    collections.start();
    // of the processor, not of the clock: other processes are none of this measurement's business
    const from = process.cpuUsage();
    try {
      return await work();
    } finally {
      const { user, system } = process.cpuUsage(from);
      seconds[step] = (user + system) / 1_000_000;
      let left: number | undefined;
      for (const { beforeGC, afterGC } of collections.stop().statistics) {
        const { usedHeapSize, externalMemory } = beforeGC.heapStatistics;
        peak = Math.max(peak, (usedHeapSize + externalMemory) / MEGABYTE);
        if (left !== undefined) allocated += (usedHeapSize - left) / MEGABYTE;
        left = afterGC.heapStatistics.usedHeapSize;
      }
    }
  };
  const id = await timed(
    "open",
    async () =>
      await house.open(
        Array.from({ length: people }, (_, at) => ({ email: emailOf(at) })),
        { batch: true },
      ),
  );
  const plan = await timed("plan", async () => await house.plan(id));
  const { totals } = plan;
  if (totals.erase + totals.change + totals.keep !== people * 31)
    throw new Error(`planned ${JSON.stringify(totals)} of ${people * 31}`);
  await house.approve(id, { acceptNotSearched: [] });
  const result = await timed("run", async () => await house.run(id));
  if (result.exit !== 0) throw new Error(`the run ended with ${result.exit}`);
  await timed("verify", async () => await house.verify(id));
  const resident = Math.round(process.resourceUsage().maxRSS / 1024);
  return { people, seconds, peak: Math.round(peak), resident, allocated: Math.round(allocated) };
}

function emailOf(person: number): string {
  return `person${person}@batch.example`;
}

function tables(people: number): Record<string, Row[]> {
  const of = (count: number, row: (person: number, nth: number) => Row): Row[] =>
    Array.from({ length: people * count }, (_, at) => row(Math.floor(at / count), at));
  return {
    people: of(1, (person) => ({ id: `p${person}`, email: emailOf(person), name: `Person ${person}` })),
    // one order in a hundred is held, and with it its person
    orders: of(EACH.orders, (person, nth) => ({
      id: `o${nth}`,
      person: `p${person}`,
      day: nth % 100 === 0 ? "2025-03-01" : "2010-03-01",
    })),
    items: of(EACH.items, (_, nth) => ({ id: `i${nth}`, order: `o${nth}`, text: `item ${nth}` })),
    tickets: of(EACH.tickets, (person, nth) => ({ id: `t${nth}`, email: emailOf(person), text: `ticket ${nth}` })),
    events: of(EACH.events, (person, nth) => ({ id: `e${nth}`, person: `p${person}`, what: "click" })),
  };
}
