/**
 * Whatever is held, whenever it is said, whoever asks: no row that a legal hold covers is touched from then on, and none
 * is left without what it references. What is covered is reckoned from the rows alone.
 */
import { expect, test } from "vitest";
import { readSubjects } from "../../src/planner/subjects.ts";
import { addHold } from "../../src/requests/legal-holds.ts";
import { type MemoryDatabase, put, type Row } from "../support/memory/database.ts";
import { item, openShop, order, person, type Shop, ticket } from "./shop.ts";

const NAMES = ["ann", "bob", "cay", "dan"] as const;
const emailOf = (name: string): string => `${name}@shop.example`;
const RECORDS = ["shop.people", "shop.orders", "shop.items", "shop.tickets", "shop.ledger", "copy.people"] as const;
const MOMENTS = ["before the plan", "after the approval", "while the run goes on"] as const;

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

function fill(shop: Shop, next: (below: number) => number): void {
  for (const { tables } of [shop.shop, shop.copy]) for (const rows of tables.values()) rows.clear();
  shop.shop.tables.set("ledger", new Map());
  const all = (table: string, rows: readonly Row[], to: MemoryDatabase = shop.shop) => {
    for (const row of rows) put(to, table, String(row["id"]), row);
  };
  for (const [at, name] of NAMES.entries()) {
    all("people", [person(`p${at}`, name)]);
    all("people", [person(`c${at}`, name)], shop.copy);
    for (let n = next(3); n >= 0; n -= 1) {
      // some are kept by law, and reduced
      all("orders", [order(`o${at}-${n}`, `p${at}`, next(3) === 0 ? "2025-02-01" : "2009-02-01")]);
      for (let m = next(3); m > 0; m -= 1) all("items", [item(`i${at}-${n}-${m}`, `o${at}-${n}`)]);
    }
    for (let n = next(3); n > 0; n -= 1) all("tickets", [ticket(`t${at}-${n}`, name)]);
  }
  for (let n = 0; n < 6; n += 1)
    all("ledger", [{ id: `m${n}`, from: emailOf(NAMES[next(4)] ?? ""), to: emailOf(NAMES[next(4)] ?? "") }]);
}

/** Names of the rows, as the dump has them, that are this person's. */
function rowsOf(shop: Shop, name: string): ReadonlySet<string> {
  const mine = new Set<string>();
  const where = (database: string, table: string, is: (row: Row) => boolean) => {
    const tables = database === "shop" ? shop.shop.tables : shop.copy.tables;
    for (const [id, row] of tables.get(table) ?? []) if (is(row)) mine.add(`${database}.${table} ${id}`);
  };
  const isMine = (value: unknown) => value === emailOf(name);
  for (const database of ["shop", "copy"]) where(database, "people", (row) => isMine(row["email"]));
  where("shop", "orders", (row) => mine.has(`shop.people ${String(row["person"])}`));
  where("shop", "items", (row) => mine.has(`shop.orders ${String(row["order"])}`));
  where("shop", "tickets", (row) => isMine(row["email"]));
  where("shop", "ledger", (row) => isMine(row["from"]) || isMine(row["to"]));
  return mine;
}

/** Rows that reference what is not there. */
function orphans({ shop }: Shop): readonly string[] {
  const of = (table: string) => [...(shop.tables.get(table)?.values() ?? [])];
  const there = (table: string, id: unknown) => shop.tables.get(table)?.has(String(id)) === true;
  return [
    ...of("orders").filter((row) => !there("people", row["person"])),
    ...of("items").filter((row) => !there("orders", row["order"])),
  ].map((row) => String(row["id"]));
}

test.each(Array.from({ length: 24 }, (_, at) => ({ seed: at + 1, moment: MOMENTS[at % 3] ?? MOMENTS[0] })))(
  "nothing that is held is touched: world $seed, said $moment",
  async ({ seed, moment }) => {
    const next = numbers(seed);
    await using shop = await openShop(
      {},
      {
        people: next(2) === 0 ? {} : { fields: { name: "clear" } },
        orders: { while_held: { keep_only: ["day"] } },
        tickets: next(2) === 0 ? {} : { do: "erase" },
        ledger: { match: { from: "email", to: "email" }, do: "erase" },
      },
    );
    fill(shop, next);
    const { context, workspace } = shop.house;
    const whole = next(3) === 0;
    const records = whole || next(2) === 0 ? RECORDS.filter(() => next(3) === 0) : [];
    const limited = whole && records.length === 0 ? (["shop.tickets"] as const) : records;
    const held = NAMES[next(4)] ?? "ann";
    const theirs = whole ? new Set(Object.keys(shop.dump())) : rowsOf(shop, held);
    let kept: Readonly<Record<string, string>> = {};
    const hold = async (): Promise<void> => {
      const people = whole ? [] : readSubjects(JSON.stringify([{ email: emailOf(held) }]), context.map.identities);
      await addHold(context, people, workspace.pseudonym, { case: "a case", by: "counsel", records: limited });
      kept = Object.fromEntries(
        Object.entries(shop.dump()).filter(
          ([row]) => theirs.has(row) && (limited.length === 0 || limited.some((type) => row.startsWith(`${type} `))),
        ),
      );
    };
    const asking = NAMES.filter(() => next(2) === 0).map((name) => ({ email: emailOf(name) }));
    const id = await shop.house.open(asking.length === 0 ? [{ email: emailOf(held) }] : asking, { batch: true });
    if (moment === "before the plan") await hold();
    await shop.house.plan(id);
    await shop.house.approve(id);
    if (moment === "after the approval") await hold();
    const when = 1 + next(5);
    if (moment === "while the run goes on")
      shop.set({ before: async (call, nth) => (call === "apply" && nth === when ? await hold() : undefined) });
    const result = await shop.house.run(id);
    expect([0, 3]).toContain(result.exit);
    for (const [row, text] of Object.entries(kept)) expect(shop.dump()[row], row).toBe(text);
    expect(orphans(shop)).toEqual([]);
    expect((await shop.house.verify(id)).residual).toBe(0);
  },
);
