/** Names of tables and columns as words, whatever the habit they were written in: `shipAddress1` is `ship_address`. */

export function plainName(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, "$1_$2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^\p{L}\d]+/gu, "_")
    .replaceAll(/(?<=\p{L})_?\d{1,2}(?=_|$)/gu, "")
    .replaceAll(/^_+|_+$/gu, "");
}

/** The last part of a store's name, without its schema. */
export function tableName({
  name,
  parts,
}: {
  readonly name: string;
  readonly parts?: readonly [string, string];
}): string {
  return parts?.[1] ?? name.slice(name.lastIndexOf(".") + 1);
}

/** The last word made singular, as English, and nearly as French, Spanish and Dutch, form it. */
export function singular(plain: string): string {
  if (/(?:^|_)people$/u.test(plain)) return plain.replace(/people$/u, "person");
  if (plain.endsWith("ies")) return plain.replace(/ies$/u, "y");
  if (/(?:sses|shes|ches|xes|zes)$/u.test(plain)) return plain.replace(/es$/u, "");
  return /[^sui]s$/u.test(plain) ? plain.slice(0, -1) : plain;
}

/** `shop_order_line` as a class is called: `ShopOrderLine`. */
export function className(plain: string): string {
  return singular(plain)
    .split("_")
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join("");
}
