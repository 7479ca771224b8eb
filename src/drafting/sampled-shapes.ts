/** What values look like, whatever their column is called. The values are only looked at: nothing here keeps or says one. */
import type { PersonalKind } from "./personal-kind.ts";

interface ValueShape {
  readonly kind: PersonalKind;
  readonly said: string;
  readonly fits: (value: string) => boolean;
}

const SHAPES: readonly ValueShape[] = [
  { kind: "email", said: "e-mail addresses", fits: (value) => /^[^\s@<>]+@[^\s@<>]+\.[a-z]{2,}$/iu.test(value) },
  { kind: "bank", said: "IBANs", fits: isIban },
  { kind: "bank", said: "card numbers", fits: isCard },
  { kind: "online trace", said: "IP addresses", fits: (value) => isIpv4(value) || isIpv6(value) },
  {
    kind: "phone",
    said: "telephone numbers",
    fits: (value) => /^(?:\+|00)[1-9][\d\s().\-/]{6,20}$/u.test(value) && value.replaceAll(/\D/gu, "").length >= 8,
  },
];

/** Three of them at least, and most of the values. */
const FEWEST = 3;
const MOST = 0.6;

export function shapeOfValues(values: readonly string[]): Omit<ValueShape, "fits"> | undefined {
  const some = values.map((value) => value.trim()).filter((value) => value !== "");
  if (some.length < FEWEST) return undefined;
  return SHAPES.find(({ fits }) => some.filter(fits).length >= Math.max(FEWEST, some.length * MOST));
}

function isIpv4(value: string): boolean {
  const [address = "", bits] = value.split("/");
  const parts = address.split(".");
  if (bits !== undefined && !/^\d{1,2}$/u.test(bits)) return false;
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/u.test(part) && Number(part) < 256);
}

function isIpv6(value: string): boolean {
  return /^[\da-f:]+(?:\/\d{1,3})?$/iu.test(value) && value.split(":").length > 3;
}

function isIban(value: string): boolean {
  const text = value.replaceAll(/\s/gu, "").toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z\d]{11,30}$/u.test(text)) return false;
  const digits = `${text.slice(4)}${text.slice(0, 4)}`.replaceAll(/[A-Z]/gu, (letter) =>
    String(letter.charCodeAt(0) - 55),
  );
  return BigInt(digits) % 97n === 1n;
}

function isCard(value: string): boolean {
  const digits = value.replaceAll(/[\s-]/gu, "");
  if (!/^[3-6]\d{12,18}$/u.test(digits)) return false;
  const sum = digits
    .split("")
    .toReversed()
    .reduce((total, digit, at) => {
      const number = Number(digit) * (at % 2 === 1 ? 2 : 1);
      return total + (number > 9 ? number - 9 : number);
    }, 0);
  return sum % 10 === 0;
}
