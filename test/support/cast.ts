/**
 * The cast: the people of every contract test, and those who look like them and must survive. One record a person;
 * `no` names the record in dumps. Values hold what tends to break things: delimiters, quotes, line ends, non-ASCII.
 */
export interface Person {
  /** Names the record in `dump()`; unique. */
  readonly no: string;
  /** What most systems match by. */
  readonly email: string | null;
  /** What key templates match by; text, never a number. */
  readonly code: string;
  /** What a redaction clears. */
  readonly secret: string;
  /** What a redaction keeps. */
  readonly kept: string;
}

export const ANN: Person = {
  no: "1",
  email: "ann@shop.example",
  code: "42",
  secret: "Anna Lind, 4 Quay\u00a0Row",
  kept: "first",
};
/** Ann's second record. */
export const ANN_TOO: Person = {
  no: "2",
  email: "ann@shop.example",
  code: "42",
  secret: 'called "Annie"\r\nby Anna Lind',
  kept: "zweite, größer",
};
export const BOB: Person = {
  no: "3",
  email: "bob@shop.example",
  code: "43",
  secret: "Robert Tan",
  kept: "third",
};
export const EVE: Person = {
  no: "4",
  email: "eve@shop.example",
  code: "44",
  secret: "Eva Novák",
  kept: "fourth",
};
/** Written with the composed é; her twin below with e and a combining accent. */
export const JOSE: Person = {
  no: "5",
  email: "jos\u00e9@shop.example",
  code: "45",
  secret: "José Ruiz",
  kept: "fifth",
};

/** Never asked for where values are compared exactly; all of them must be there afterwards, byte for byte. */
export const LOOKALIKES: readonly Person[] = [
  like("11", "ANN@SHOP.EXAMPLE", "042"),
  like("12", " ann@shop.example ", "42 "),
  like("13", "an@shop.example", "4"),
  like("14", "joann@shop.example", "142"),
  like("15", "ann@shop.example.org", "420"),
  like("16", "ann@shop.exampl", "00042"),
  like("17", "annx@shop.example", "42x"),
  like("18", "jose\u0301@shop.example", "42.0"),
  like("19", "", "+42"),
  like("20", null, "-42"),
  like("21", "null", "42e0"),
  like("22", "ann+shop@shop.example", "42-1"),
];

/** Asked for themselves in one test: what they are made of must not be taken for a pattern or for syntax. */
export const WILD: readonly Person[] = [
  like("31", "ann%@shop.example", "4%"),
  like("32", "ann_@shop.example", "4_"),
  like("33", "ann*@shop.example", "4*"),
  like("34", "ann?@shop.example", "4?"),
  like("35", `ann"@shop.example`, `4"`),
  like("36", "ann'@shop.example", "4'"),
  like("37", String.raw`ann\@shop.example`, String.raw`4\ `.trim()),
  like("38", "ann,bob@shop.example", "4,3"),
];

export const EVERYONE: readonly Person[] = [
  ANN,
  ...LOOKALIKES.slice(0, 6),
  ANN_TOO,
  ...WILD,
  BOB,
  EVE,
  ...LOOKALIKES.slice(6),
  JOSE,
];

function like(no: string, email: string | null, code: string): Person {
  return { no, email, code, secret: `nobody; number ${no}`, kept: `kept "${no}", ${no}` };
}

/** Everything of a person that must never be in a message, a note, a finding: what they are called, in the spellings things travel in. */
export function formsOf(person: Person): readonly string[] {
  return [person.email ?? "", person.secret].filter((text) => text.trim().length > 4).flatMap(forms);
}

function forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const json = JSON.stringify(text).slice(1, -1);
  const spellings = [
    text,
    text.toLowerCase(),
    text.toUpperCase(),
    json,
    encodeURIComponent(text),
    bytes.toString("hex"),
    bytes.toString("base64").replace(/=+$/u, ""),
    bytes.toString("base64url"),
  ];
  return [...new Set(spellings)];
}
