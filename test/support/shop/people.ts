/**
 * The shop's people, made from a seed: the same count, seed and year give the same people. The first is the one whom
 * the demo erases, then come those who look like her, then everyone else.
 */

export interface Shopper {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly phone: string;
  readonly birthDate: string;
  readonly country: string;
  readonly createdOn: string;
  readonly street: string;
  readonly postcode: string;
  readonly city: string;
  readonly orders: readonly Order[];
  /** Some of them typed differently: what the data map's folds make equal is the same person. */
  readonly otherSpelling: string;
  readonly ticket?: {
    readonly subject: string;
    readonly body: string;
    readonly status: "open" | "pending" | "closed";
    readonly knownCustomer: boolean;
  };
  readonly lead?: { readonly source: string; readonly on: string };
  readonly review?: { readonly product: number; readonly stars: number; readonly text: string };
  readonly onLists: boolean;
  readonly inSurvey: boolean;
  readonly portrait: boolean;
}

export interface Order {
  readonly id: number;
  readonly on: string;
  readonly giftNote: string | null;
  readonly items: readonly { readonly product: number; readonly quantity: number }[];
  readonly invoiced: boolean;
}

export interface PeopleOptions {
  readonly count: number;
  readonly seed?: number;
  /** The current year; the newest orders are of the year before. */
  readonly year?: number;
  /** People beside the `count`. */
  readonly also?: readonly Shopper[];
}

export const PRODUCTS: readonly { id: number; name: string; price: number }[] = [
  { id: 1, name: "Assam, loose, 250 g", price: 12.5 },
  { id: 2, name: "Darjeeling first flush, 100 g", price: 18 },
  { id: 3, name: "Sencha, 100 g", price: 9.9 },
  { id: 4, name: 'Teapot "Fjord", 1 l', price: 39 },
  { id: 5, name: "Peppermint, 50 bags", price: 5.4 },
];

/** Whom the demo erases. */
export const MARA = { id: 42, email: "mara_winter@mail.example", name: "Mara Winter" } as const;

/**
 * None of these is Mara: they are what a pattern, a prefix, a fold too many or a number too few would take for her.
 */
export const LOOKALIKES: readonly { id: number; email: string; name: string }[] = [
  { id: 4, email: "mara_winte@mail.example", name: "Mara Winter" },
  { id: 420, email: "mara_winter@mail.example.org", name: "Mara Winters" },
  { id: 142, email: "xmara_winter@mail.example", name: "Xmara Winter" },
  { id: 421, email: "mara.winter@mail.example", name: "Mara Winter" },
  { id: 2, email: "marazwinter@mail.example", name: "Mara Z. Winter" },
  { id: 424, email: "mara%winter@mail.example", name: "Mara Winter" },
  { id: 4242, email: "mara_winter+tea@mail.example", name: "Mara Winter" },
  { id: 1042, email: "m\u0430ra_winter@mail.example", name: "M\u0430ra Winter" },
  { id: 242, email: "ma\u0301ra_winter@mail.example", name: "Ma\u0301ra Winter" },
  { id: 243, email: "m\u00e1ra_winter@mail.example", name: "M\u00e1ra Winter" },
  { id: 241, email: "MARA_W\u0130NTER@mail.example", name: "Mara W\u0130nter" },
  { id: 422, email: "mara_winter@sub.mail.example", name: "Mara Winter" },
  { id: 423, email: '"mara_winter"@mail.example', name: 'Mara "M." Winter; Lund' },
];

const FIRST =
  "Ada Bela Carl Dana Eike Fay Gro Hal Ines Jan Kaja Leo Mia Nils Ole Pia Rolf Siw Tove Uwe Vera Wim Yara Zoë Jürgen Søren".split(
    " ",
  );
const LAST =
  "Ahlers Brandt Carstens Diekmann Ehlers Fock Groth Hansen Ihde Jensen Kröger Lüders Möller Niß Ohlsen Petersen Quast Rohde Sievers Thomsen Voß Wulf".split(
    " ",
  );
const STREETS = ["Hafenstraße", "Deichweg", "Am Speicher", "Lange Reihe", "Fährgasse"];
const CITIES: readonly (readonly [string, string, string])[] = [
  ["DE", "20457", "Hamburg"],
  ["DE", "24103", "Kiel"],
  ["AT", "1010", "Wien"],
  ["DK", "6200", "Aabenraa"],
  ["FR", "67000", "Strasbourg"],
];

/** Yields `count` people, 1 to 100,000. */
export function* people({
  count,
  seed = 1,
  year = new Date().getFullYear(),
  also = [],
}: PeopleOptions): Generator<Shopper> {
  yield* also;
  if (count > 0) yield mara(year);
  for (const [at, twin] of LOOKALIKES.slice(0, Math.max(0, count - 1)).entries()) {
    const made = someone(twin.id, seed, year);
    yield {
      ...made,
      ...twin,
      otherSpelling: twin.email,
      ticket: ticketOf(at),
      onLists: true,
      inSurvey: true,
      portrait: true,
    };
  }
  for (let at = LOOKALIKES.length + 1; at < count; at += 1) yield someone(10_000 + at, seed, year);
}

/** What is only Mara's: wherever one of these is found, it is her data. */
export function marksOfMara(): RegExp {
  return /(?<![\p{L}\p{M}\w.+%-])mara_winter@mail\.example(?![\w.-])|\+49 40 5550042|Elbufer 42\b|to Mara, from Jo|portrait of 42\b/iu;
}

/**
 * Maya and Noah, who are hidden first and go later, and Lea, a lead of sixty days. `day`, ISO: when Maya asks. Their one
 * order is of the year before.
 */
export function lifeCyclePeople(day: string): {
  readonly maya: Shopper;
  readonly noah: Shopper;
  readonly lea: Shopper;
} {
  const year = Number(day.slice(0, 4));
  const on = new Date(Date.parse(day) - 60 * 86_400_000).toISOString().slice(0, 10);
  const one = (id: number, name: string, more: Partial<Shopper>): Shopper => ({
    ...someone(id, 1, year),
    name,
    email: `${ascii(name).replace(" ", ".")}@mail.example`,
    otherSpelling: `${ascii(name).replace(" ", ".")}@mail.example`,
    orders: [
      {
        id: id * 10_000,
        on: `${year - 1}-03-14`,
        giftNote: `for ${name}`,
        items: [{ product: 3, quantity: 1 }],
        invoiced: true,
      },
    ],
    ticket: { subject: "Cracked cup", body: `The cup is cracked, ${name}`, status: "closed", knownCustomer: true },
    review: { product: 3, stars: 5, text: "Fresh." },
    onLists: true,
    inSurvey: true,
    portrait: true,
    ...more,
  });
  return {
    maya: one(77, "Maya Holm", {}),
    noah: one(78, "Noah Lind", {}),
    lea: one(79, "Lea Funk", { lead: { source: "raffle", on } }),
  };
}

function mara(year: number): Shopper {
  return {
    ...someone(MARA.id, 1, year),
    ...MARA,
    phone: "+49 40 5550042",
    birthDate: "1987-05-14",
    country: "DE",
    createdOn: `${year - 13}-02-03`,
    street: "Elbufer 42",
    postcode: "20457",
    city: "Hamburg",
    otherSpelling: " Mara_Winter@Mail.EXAMPLE",
    orders: [
      // the first order's invoice has been kept long enough, the second's has not
      {
        id: 420_001,
        on: `${year - 12}-11-03`,
        giftNote: null,
        items: [{ product: 1, quantity: 2 }],
        invoiced: true,
      },
      {
        id: 420_002,
        on: `${year - 1}-03-14`,
        giftNote: "to Mara, from Jo",
        items: [
          { product: 4, quantity: 1 },
          { product: 2, quantity: 1 },
        ],
        invoiced: true,
      },
    ],
    ticket: {
      subject: "Broken lid",
      body: "The lid came broken. My phone: +49 40 5550042",
      status: "closed",
      knownCustomer: true,
    },
    lead: { source: "fair", on: `${year - 14}-09-20` },
    review: { product: 4, stars: 4, text: "Pours well." },
    onLists: true,
    inSurvey: true,
    portrait: true,
  };
}

function someone(id: number, seed: number, year: number): Shopper {
  const random = randomFrom(seed * 1_000_003 + id);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const [first, last] = [pick(FIRST), pick(LAST)];
  const [country, postcode, city] = pick(CITIES);
  const day = (from: number, years: number) =>
    new Date(Date.UTC(from, 0, 1 + Math.floor(random() * 365 * years))).toISOString().slice(0, 10);
  const email = `${ascii(first)}.${ascii(last)}.${id}@mail.example`;
  const orders = Array.from({ length: Math.floor(random() * 3.4) }, (_, at) => ({
    id: id * 10 + at,
    on: day(year - 10, 10),
    giftNote: random() < 0.1 ? `for ${pick(FIRST)}` : null,
    items: Array.from({ length: 1 + Math.floor(random() * 2) }, (__, line) => ({
      product: ((id + line) % PRODUCTS.length) + 1,
      quantity: 1 + Math.floor(random() * 3),
    })),
    invoiced: random() < 0.9,
  }));
  return {
    id,
    email,
    name: `${first} ${last}`,
    phone: `+49 40 ${String(id).padStart(6, "0")}0`,
    birthDate: day(1940, 65),
    country,
    createdOn: day(year - 12, 11),
    street: `${pick(STREETS)} ${id}`,
    postcode,
    city,
    orders,
    otherSpelling: random() < 0.5 ? email : email.toUpperCase(),
    ...(random() < 0.15 ? { ticket: ticketOf(id) } : {}),
    ...(random() < 0.1 ? { lead: { source: pick(["fair", "shop window", "raffle"]), on: day(year - 4, 3) } } : {}),
    ...(random() < 0.2
      ? {
          review: {
            product: (id % PRODUCTS.length) + 1,
            stars: 1 + Math.floor(random() * 5),
            text: "As described.",
          },
        }
      : {}),
    onLists: random() < 0.3,
    inSurvey: random() < 0.05,
    portrait: id < 10_050,
  };
}

function ticketOf(number: number): NonNullable<Shopper["ticket"]> {
  const status = (["closed", "open", "pending"] as const)[number % 3] ?? "closed";
  return {
    subject: "Where is my order?",
    body: "It has not come yet.",
    status,
    knownCustomer: number % 2 === 0,
  };
}

function ascii(name: string): string {
  return name.toLowerCase().replaceAll("ß", "ss").replaceAll("ø", "o").normalize("NFD").replace(/\p{M}/gu, "");
}

/** mulberry32: 0 <= x < 1. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
