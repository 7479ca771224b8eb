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

/** Whether a text looks as if it held an address, a number or another identifier of a person. Dates do not count. */
export function looksLikeIdentifier(text: string): boolean {
  const dateless = text.replaceAll(/(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)/gu, "|");
  return FORMS.some((form) => form.test(dateless));
}
