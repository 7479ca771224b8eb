/** Forms in which people are identified. Checked last, after every string has passed its own form. */
const FORMS: readonly RegExp[] = [
  // an address
  /\S@\S/u,
  // an IPv4 or IPv6 address
  /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/u,
  /(?:[0-9a-f]{1,4}:){3,}|[0-9a-f]{1,4}::|::[0-9a-f]{1,4}/iu,
  // a telephone number with its prefix; nine digits or more, alone or grouped
  /(?:\+|\b00)(?:\d[ .()-]{0,2}){6,}\d/u,
  /(?:\d[ .()-]{0,2}){8,}\d/u,
];

/** The same, each with all that belongs to it; the longest numbers first. */
const WHOLE: readonly RegExp[] = [
  /[^\s/:,;=]*@[^\s/:,;=]*/gu,
  /[\d.]*\d{1,3}(?:\.\d{1,3}){3}[\d.]*/gu,
  /(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]*|(?:[0-9a-f]{1,4}:)*[0-9a-f]{0,4}::[0-9a-f:]*/giu,
  /\+?(?:\d[ .()-]{0,2}){8,}\d+/gu,
  /(?:\+|\b00)(?:\d[ .()-]{0,2}){6,}\d+/gu,
];

const DATE = /(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)/gu;

/** Whether a text looks as if it held an address, a number or another identifier of a person. Dates do not count. */
export function looksLikeIdentifier(text: string): boolean {
  const dateless = text.replaceAll(DATE, "|");
  return FORMS.some((form) => form.test(dateless));
}

/**
 * A name, law or place as the ledger takes it: one line of at most `longest` characters, `*` where it holds what looks
 * like an identifier. So no name that a data map, a constraint or a file may have stops an entry half-way.
 */
export function tellable(text: string, longest = 200): string {
  const line = text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
  const dates = line.match(DATE) ?? [];
  const masked = line
    .split(DATE)
    .map((part, at) => WHOLE.reduce((rest, form) => rest.replaceAll(form, "*"), part) + (dates[at] ?? ""))
    .join("");
  const short = looksLikeIdentifier(masked) ? "*" : masked.slice(0, longest).toWellFormed();
  // what is cut may end in half of something else
  return short === "" || looksLikeIdentifier(short) ? "*" : short;
}
