/**
 * The life cycle on the shop's four systems, by the test clock: hidden at once, brought back, hidden again, gone each on
 * its own day. At each point other clients look.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Desk, dig, list, openDesk, type Said } from "../support/desk.ts";
import { linesOf, minus, withLifeCycle } from "../support/shop/life-cycle.ts";
import { lifeCyclePeople } from "../support/shop/people.ts";
import { openShop, type Shop } from "../support/shop/shop.ts";

/** The day on which Maya asks for the first time; days count from it. */
const FIRST = "2026-12-01";
const { maya, noah, lea } = lifeCyclePeople(FIRST);
/** What leads to them, wherever it stands. */
const MAYA = /maya|\b77(?:0000|01)?\b/iu;
const NOAH = /noah|\b78(?:0000)?\b/iu;

type Dumps = Awaited<ReturnType<Shop["dump"]>>;

let folder: string;
let shop: Shop;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "expunge-life-cycle-"));
  shop = await openShop({ folder, count: 40, year: 2026, also: [maya, noah, lea] });
}, 600_000);

afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true });
});

/** The lines in which a person still stands: `shop customers`, `exports portraits/77.png` … */
function where(who: RegExp, dumps: Dumps): string[] {
  const found = linesOf(dumps).filter((line) => who.test(line.replace(/^\S+ \S+-[0-9a-f]{8} /u, "")));
  return [
    ...new Set(
      found.map((line) =>
        line
          .split(" ")
          .slice(0, 2)
          .join(" ")
          .replace(/-[0-9a-f]{8}$/u, ""),
      ),
    ),
  ];
}

async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: shop.postgres?.url ?? "" });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** The desk of the shop's officer, on one day after another. */
function officer(desk: Desk) {
  const at = (day: number) => ({
    env: { EXPUNGE_NOW: `${new Date(Date.parse(FIRST) + day * 86_400_000).toISOString().slice(0, 10)}T10:00:00Z` },
  });
  const said = async (day: number, args: string, stdin?: string): Promise<Said> =>
    await desk.json(args.split(" "), { ...at(day), ...(stdin === undefined ? {} : { stdin }) });
  const ends = async (day: number, args: string, code: number, stdin?: string): Promise<unknown> => {
    const { json, out, err, code: ended } = await said(day, args, stdin);
    expect(ended, `day ${day}, ${args}: ${out.slice(-1500)} ${err.slice(-1500)}`).toBe(code);
    return json;
  };
  return {
    said,
    ends,
    async ask(day: number, who: { readonly email: string }): Promise<string> {
      const made = await ends(day, "request new --subject-file -", 0, JSON.stringify({ email: who.email }));
      const id = String(dig(made, "data.requests.0.id"));
      await ends(day, `request identity ${id} --method letter --result ok`, 0);
      return id;
    },
    async carryOut(day: number, id: string, code = 0): Promise<void> {
      await ends(day, `approve ${id} --as olga --confirm ${id}`, 0);
      await ends(day, `run ${id} --confirm ${id}`, code);
      await ends(day, `verify ${id}`, code);
    },
    /** A night by the timer, and what it left for a person: approved, run and verified by day. */
    async night(day: number): Promise<void> {
      const night = await said(day, "run --due");
      expect([0, 3], night.out).toContain(night.code);
      for (const plan of list(night.json, "plans")) {
        const id = String(dig(plan, "request"));
        if (dig(plan, "state") !== "planned") continue;
        await ends(day, `approve ${id} --as olga --confirm ${id}`, 0);
        const run = await said(day, `run ${id} --confirm ${id}`);
        expect([0, 3], run.out).toContain(run.code);
        expect([0, 3]).toContain((await said(day, `verify ${id}`)).code);
      }
    },
    async state(day: number, id: string): Promise<unknown> {
      return dig(await ends(day, `request show ${id}`, 0), "data.requests.0.state");
    },
    async bin(day: number): Promise<Record<string, number>> {
      const items = list(await ends(day, "bin list", 0), "data.items");
      return Object.fromEntries(
        items.map((item) => [
          `${String(dig(item, "system"))}.${String(dig(item, "record"))}`,
          Number(dig(item, "count")),
        ]),
      );
    },
    async letter(day: number, id: string, kind: string): Promise<string> {
      await ends(day, `letter ${id} --kind ${kind} --format txt --out ${kind}-${id}-${day}.txt`, 0);
      return readFileSync(join(desk.folder, `${kind}-${id}-${day}.txt`), "utf8").replaceAll(/\s+/gu, " ");
    },
    async proved(day: number, id: string): Promise<string> {
      await ends(day, `report ${id} --format json --out proof-${id}-${day}`, 0);
      const file = `proof-${id}-${day}/${id}.report.json`;
      await ends(day, `proof verify ${file} --key .expunge/public.vkey`, 0);
      const envelope: unknown = JSON.parse(desk.read(file));
      const payload: unknown = JSON.parse(Buffer.from(String(dig(envelope, "payload")), "base64").toString());
      return String(dig(payload, "summary.sentence"));
    },
  };
}

test(
  "hidden on day 0, brought back on day 3, hidden again on day 4, gone on each day that a rule names, and the invoice after its eighth year",
  { timeout: 1_200_000 },
  async () => {
    using desk = openDesk(
      Object.fromEntries(
        Object.entries(shop.secrets).map(([name, value]) => [name.replace("EXPUNGE_SECRET_", "").toLowerCase(), value]),
      ),
    );
    await withLifeCycle(shop, desk.folder, [maya, noah, lea]);
    const { ask, bin, carryOut, ends, letter, night, proved, said, state } = officer(desk);
    await ends(0, "init", 0);
    const before = await shop.dump();
    const everywhere = where(MAYA, before);
    expect(everywhere).toEqual(
      expect.arrayContaining(["shop customers", "shop tickets", "search shop-customers", "exports portraits/77.png"]),
    );
    expect(everywhere.length).toBeGreaterThan(12);

    // day 0: hidden at once, or gone with a way back
    const first = await ask(0, maya);
    await ends(0, `plan ${first}`, 0);
    expect(linesOf(await shop.dump())).toEqual(linesOf(before));
    await carryOut(0, first);
    const hidden = await shop.dump();
    const shown = linesOf(hidden).filter((line) => /maya/iu.test(line));
    expect(shown.filter((line) => !/2026-12-01[ T]10:00/u.test(line)).map((line) => line.split(" ")[1])).toEqual([
      "invoices",
    ]);
    expect(where(MAYA, hidden)).not.toContain("exports portraits/77.png");
    expect(minus(linesOf(before), linesOf(hidden)).filter((line) => !MAYA.test(line))).toEqual([]);
    expect(await bin(0)).toEqual({
      "shop.customers": 1,
      "shop.tickets": 1,
      "search.customers": 1,
      "exports.events": 1,
      "exports.portraits": 1,
      "marketing.members": 1,
    });
    expect(await state(0, first)).toBe("waiting");
    expect(await letter(0, first, "partial")).toContain("hidden from use, and there still");
    expect(await proved(0, first)).toMatch(/can still be brought back/u);

    // day 3: she has changed her mind
    await ends(3, `undo ${first} --confirm ${first} --reason mind-changed`, 0);
    const back = await shop.dump();
    expect(linesOf(back)).toEqual(linesOf(before));
    expect(await bin(3)).toEqual({});
    expect(await state(3, first)).toBe("identity_confirmed");

    // day 4: she wants it after all, with a refund still open; so does Noah
    await sql(`INSERT INTO tickets VALUES (7701, 77, 'maya.holm@mail.example', 'Refund', 'Where is it?', 'closed');
      INSERT INTO refunds VALUES (1, 7701, 'open', 9.90)`);
    const [mayas, noahs] = [first, await ask(4, noah)];
    await ends(4, `plan ${mayas}`, 0);
    await carryOut(4, mayas, 3);
    await ends(4, `plan ${noahs}`, 0);
    await carryOut(4, noahs);
    const again = await shop.dump();

    // day 14: a court wants what there is of Noah
    const held = await ends(
      14,
      "hold add --subject-file - --case AZ-12 --by counsel",
      0,
      JSON.stringify({ email: noah.email }),
    );
    const hold = String(dig(held, "data.holds.0.id"));

    // day 18: the tickets' day; the one with the refund stays, and what the court wants
    await night(18);
    const tickets = await shop.dump();
    expect(minus(linesOf(again), linesOf(tickets)).filter((line) => !/ leads /u.test(line))).toEqual([
      expect.stringMatching(/^shop tickets \(77,77,/u),
    ]);

    // day 24: released; day 30: his ticket follows, and a lead of ninety days without any request
    await ends(24, `hold release ${hold} --reason settled --by counsel`, 0);
    await night(30);
    const released = await shop.dump();
    expect(minus(linesOf(tickets), linesOf(released))).toEqual([
      expect.stringMatching(/^shop leads \(79,/u),
      expect.stringMatching(/^shop tickets \(78,78,/u),
    ]);

    // day 34: nobody is there any more but in the invoices, and in the ticket with the refund
    await night(34);
    const gone = await shop.dump();
    // numbers of what is kept and of what was sold say nothing of a person
    expect(where(NOAH, gone).toSorted()).toEqual([
      "shop customers",
      "shop customers_audit",
      "shop invoice_lines",
      "shop invoices",
      "shop order_items",
      "shop orders",
    ]);
    expect(linesOf(gone).filter((line) => /noah/iu.test(line))).toEqual([expect.stringMatching(/^shop invoices /u)]);
    expect(
      linesOf(gone)
        .filter((line) => /maya/iu.test(line))
        .map((line) => line.split(" ")[1]),
    ).toEqual(["invoices", "tickets"]);
    expect(linesOf(gone).find((line) => line.startsWith("shop customers (78,"))).toMatch(
      /\(78,erased\+\w+@invalid,"former customer",,,/u,
    );
    await ends(34, `verify ${noahs}`, 0);
    expect(await state(34, noahs)).toBe("closed");
    expect(await letter(34, noahs, "final")).toContain("31 December 2033");
    expect(await proved(34, noahs)).not.toMatch(/still open|brought back/u);
    expect(await state(34, mayas)).toBe("waiting");

    // day 35: the refund is paid
    await sql("UPDATE refunds SET status = 'paid'");
    await ends(35, `plan ${mayas}`, 0);
    await carryOut(35, mayas);
    await night(49);
    await ends(49, `verify ${mayas}`, 0);
    expect(await state(49, mayas)).toBe("closed");
    expect(
      linesOf(await shop.dump())
        .filter((line) => /maya/iu.test(line))
        .map((line) => line.split(" ")[1]),
    ).toEqual(["invoices"]);
    expect(await bin(49)).toEqual({});

    // the last day of the eighth year, and the one after it
    const last = (Date.parse("2033-12-31") - Date.parse(FIRST)) / 86_400_000;
    await night(last);
    expect(linesOf(await shop.dump())).toContainEqual(expect.stringMatching(/^shop invoices \(770000,/u));
    await night(last + 1);
    const end = await shop.dump();
    expect(linesOf(end).filter((line) => /maya|noah|^shop invoice(?:s|_lines) \(7[78]0000,/iu.test(line))).toEqual([]);
    // everybody else is as they were, but for leads whose days were over
    expect(
      minus(linesOf(before), linesOf(end)).filter(
        (line) => !MAYA.test(line) && !NOAH.test(line) && !/ leads /u.test(line),
      ),
    ).toEqual([]);
    for (const { out, err } of desk.said) expect(`${out}${err}`).not.toMatch(/(?:maya|noah)[ .](?:holm|lind)/iu);
    expect((await said(last + 1, "doctor")).code).toBe(0);
  },
);
