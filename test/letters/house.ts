/** A shop whose rules and people lead to every kind of letter; strangers beside them. */
import { extendedEntry } from "../../src/requests/ledger-entries.ts";
import type { LetterFormat, LetterKind } from "../../src/letters/kinds.ts";
import type { DataMap } from "../../src/model/datamap.ts";
import type { Language } from "../../src/model/in-languages.ts";
import { sealLedger } from "../../src/executor/seal-ledger.ts";
import { type Written, writeLetter } from "../../src/requests/write-letter.ts";
import { memoryDatabase } from "../support/memory/database.ts";
import { type House, openHouse } from "../support/memory/house.ts";

export const ANN = { email: "ann@shop.example" };
export const BOB = { email: "bob@shop.example" };
export const CAY = { email: "cay@shop.example" };

const person = (id: string, name: string) => ({ id, email: `${name}@shop.example`, name: `${name} of the shop` });
const order = (id: string, of: string, day: string, state = "sent") => ({
  id,
  person: of,
  day,
  state,
  note: `for ${of}`,
});

/** Ann has nothing that is held; one order of Bob is in the books, and one of Cay's is on its way. */
const TABLES = {
  people: [person("p1", "ann"), person("p2", "bob"), person("p3", "cay"), person("p9", "zoe")],
  orders: [
    order("o1", "p1", "2009-02-01"),
    order("o2", "p2", "2025-02-01"),
    order("o3", "p2", "2009-02-01"),
    order("o4", "p3", "2009-02-01", "on its way"),
    order("o9", "p9", "2009-02-01"),
  ],
};

const PEOPLE = { owner: "books@harbour.example" };

export const MAP = {
  holds: { books: { rule: "de/invoice", people: PEOPLE } },
  conditions: {
    on_its_way: {
      says: {
        en: "the parcel is still on its way",
        de: "das Paket ist noch unterwegs",
        fr: "le colis est encore en route",
      },
      where: { state: "on its way" },
    },
  },
  systems: {
    shop: {
      kind: "memory",
      records: {
        people: {
          called: { en: "your account", de: "Ihr Kundenkonto", fr: "votre compte" },
          match: { email: "email" },
          do: "anonymise",
          fields: { email: "clear", name: "clear" },
        },
        orders: {
          called: { en: "orders and invoices", de: "Bestellungen und Rechnungen", fr: "commandes et factures" },
          match: { person: "shop.people.id" },
          do: "erase",
          fields: { person: "clear" },
          hold: { use: "books", from: "day" },
          unless: "on_its_way",
          while_held: { restrict: true, keep_only: ["note", "state"] },
        },
      },
    },
    backups: { kind: "backups", covers: ["shop"], expires_after: "35 days" },
  },
};

export interface Letters extends AsyncDisposable {
  /** On that day, at ten in the morning in UTC. */
  on(day: string): House;
  write(
    day: string,
    request: string,
    kind: LetterKind,
    how?: {
      readonly language?: Language;
      readonly format?: LetterFormat;
      readonly templates?: string;
      readonly map?: DataMap;
    },
  ): Promise<Written>;
  /** The time for the answer is extended, as the ledger has it. */
  extend(day: string, request: string): Promise<void>;
  /** Plans, approves, runs and looks again. */
  erase(day: string, request: string): Promise<void>;
}

export async function openLetters(map: object = MAP): Promise<Letters> {
  const house = await openHouse({ map, databases: { shop: memoryDatabase(TABLES) } });
  const on = (day: string): House => house.as({ now: () => new Date(`${day}T10:00:00Z`) });
  return {
    on,
    async write(day, request, kind, { language = "en", format = "txt", templates, map: other } = {}) {
      const { state, ledger, now, map: own } = on(day).context;
      return await writeLetter({ state, ledger, now }, other ?? own, { request, kind, language, format, templates });
    },
    async extend(day, request) {
      const { context } = on(day);
      const how = { reason: "many", notifiedOn: day, due: "2026-12-03" } as const;
      await context.state.atomically(async (tx) => await tx.outbox.post([extendedEntry(context, request, how)]));
      await sealLedger(context.state, context.ledger, context.at);
    },
    async erase(day, request) {
      const then = on(day);
      await then.plan(request);
      await then.approve(request);
      await then.run(request);
      await then.verify(request);
    },
    [Symbol.asyncDispose]: async () => await house[Symbol.asyncDispose](),
  };
}
