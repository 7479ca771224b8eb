/** A batch of people, each with 31 records, through the whole life of a request on tables in memory: whether time grows with the number of people, and how much memory it takes. */
import { fork } from "node:child_process";
import { print } from "./measure.ts";
import { type ForeignKey, memoryDatabase, type Row } from "../test/support/memory/database.ts";
import { openHouse } from "../test/support/memory/house.ts";

const PEOPLE = Number(process.argv[2] ?? 10_000);
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

interface Figures {
  readonly people: number;
  readonly seconds: Readonly<Record<string, number>>;
  /** Peak of the whole process, MB. */
  readonly peak: number;
  readonly own: number;
}

if (process.send === undefined) {
  const half = await measured(PEOPLE / 2);
  const whole = await measured(PEOPLE);
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
  const peer = `${half.people}: ${half.peak} MB; the tables' own ${whole.own} MB not counted`;
  print({ what: `peak memory of a batch of ${whole.people} people`, value: whole.peak, limit: 250, unit: "MB", peer });
} else {
  process.once(
    "message",
    (people: number) => void once(people).then((figures) => process.send?.(figures, () => process.exit(0))),
  );
}

async function measured(people: number): Promise<Figures> {
  return await new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, { execArgv: ["--expose-gc", ...process.execArgv] });
    child.once("message", (figures: Figures) => resolve(figures));
    child.once("error", reject);
    child.once("exit", (code) => code !== 0 && reject(new Error(`a measurement ended with ${code}`)));
    child.send(people);
  });
}

async function once(people: number): Promise<Figures> {
  const before = process.memoryUsage.rss();
  const database = memoryDatabase(tables(people), FOREIGN_KEYS);
  globalThis.gc?.();
  const own = process.memoryUsage.rss();
  await using house = await openHouse({ map: MAP, databases: { shop: database } });
  const seconds: Record<string, number> = {};
  const timed = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    // of the processor, not of the clock: other processes are none of this measurement's business
    const from = process.cpuUsage();
    try {
      return await work();
    } finally {
      const { user, system } = process.cpuUsage(from);
      seconds[step] = (user + system) / 1_000_000;
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
  const megabyte = 1024 * 1024;
  return {
    people,
    seconds,
    peak: Math.round(process.resourceUsage().maxRSS / 1024 - (own - before) / megabyte),
    own: Math.round((own - before) / megabyte),
  };
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
