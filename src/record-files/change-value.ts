import { randomBytes } from "node:crypto";
import type { FieldRule } from "../model/field-rule.ts";

/** What a value changes to: a text, SQL NULL or JSON null (`null`), or the key goes (`remove`). */
export type Changed =
  | { readonly kind: "value"; readonly value: string | number | boolean | null }
  | { readonly kind: "remove" }
  | { readonly kind: "keep" };

/** A date at the start of a text: year, month, day. */
const DATE = /^(\d{4})-(\d{2})-(\d{2})/u;
/** A month or a year that stands alone. */
const PART = /^(\d{4})(?:-\d{2})?$/u;
/** What `generalise` leaves in a text, or anything coarser. */
const GENERALISED = { month: /^\d{4}(?:-\d{2}|s)?$/u, year: /^\d{4}s?$/u, decade: /^\d{3}0s$/u } as const;
const PSEUDONYM = /^ps_[0-9a-f]{32}$/u;

/**
 * The new value for `old` (null: SQL NULL, JSON null). NULL stays NULL but under `set`, `template`. Dates keep their
 * form where `keepDate` is true (a typed column: first day of the month, year or decade), else they shorten to
 * `1987-05`, `1987`, `1980s`. A text that is no date, or no IP address, is cleared: guessing would keep it.
 */
export function changeValue(
  rule: FieldRule,
  old: string | null,
  how: { readonly keepDate: boolean; readonly pseudonym: (value: string) => string },
): Changed {
  switch (rule.kind) {
    case "keep":
      return { kind: "keep" };
    case "clear":
    case "unlink":
      return { kind: "value", value: null };
    case "remove":
      return { kind: "remove" };
    case "set":
      return { kind: "value", value: rule.value };
    case "template":
      return {
        kind: "value",
        value: rule.template.replaceAll(":random", () => randomBytes(9).toString("hex")),
      };
    case "generalise":
      return { kind: "value", value: old === null ? null : generalise(rule.to, old, how.keepDate) };
    case "prefix":
      return {
        kind: "value",
        value: old === null ? null : Array.from(old).slice(0, rule.length).join(""),
      };
    case "truncate":
      return { kind: "value", value: old === null ? null : truncateAddress(old, rule.bits) };
    case "pseudonymise":
      return {
        kind: "value",
        value: old === null || PSEUDONYM.test(old) ? old : how.pseudonym(old),
      };
  }
}

/** Whether a value is already what the rule leaves behind, so that a second erasure finds nothing to do. An absent path always is: do not ask. */
export function isAsWanted(rule: FieldRule, value: string | null, keepDate: boolean): boolean {
  switch (rule.kind) {
    case "keep":
      return true;
    case "clear":
    case "unlink":
      return value === null;
    case "remove":
      return false;
    case "set":
      return value === String(rule.value);
    case "template":
      return value !== null && templatePattern(rule.template).test(value);
    case "generalise":
      return (
        value === null || (keepDate ? generalise(rule.to, value, true) === value : GENERALISED[rule.to].test(value))
      );
    case "prefix":
      return value === null || Array.from(value).length <= rule.length;
    case "truncate":
      return value === null || truncateAddress(value, rule.bits) === value;
    case "pseudonymise":
      return value === null || PSEUDONYM.test(value);
  }
}

function templatePattern(template: string): RegExp {
  const parts = template.split(":random").map((part) => part.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
  return new RegExp(`^${parts.join("[0-9a-f]{18}")}$`, "u");
}

function generalise(to: "year" | "month" | "decade", text: string, keepDate: boolean): string | null {
  const part = keepDate ? null : PART.exec(text);
  if (part?.[1] !== undefined)
    return GENERALISED[to].test(text) ? text : to === "year" ? part[1] : `${part[1].slice(0, 3)}0s`;
  const found = DATE.exec(text);
  const [, year, month] = found ?? [];
  if (year === undefined || month === undefined) return null;
  const decade = `${year.slice(0, 3)}0`;
  if (!keepDate) return to === "year" ? year : to === "month" ? `${year}-${month}` : `${decade}s`;
  const first = to === "year" ? `${year}-01-01` : to === "month" ? `${year}-${month}-01` : `${decade}-01-01`;
  const time = /^([T ])\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(.*)$/u.exec(text.slice(10));
  // a timestamp keeps its form: midnight, with the offset it had
  return time === null ? first : `${first}${time[1]}00:00:00${time[2]}`;
}

function truncateAddress(text: string, bits: number): string | null {
  const [address = "", length] = text.split("/");
  const bytes = addressBytes(address);
  if (bytes === null) return null;
  const kept = bytes.map((byte, at) => {
    const left = bits - at * 8;
    return left >= 8 ? byte : left <= 0 ? 0 : byte & (0xff << (8 - left)) & 0xff;
  });
  const tail = length === undefined ? "" : `/${length}`;
  if (kept.length === 4) return kept.join(".") + tail;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((kept[at * 2] ?? 0) << 8) | (kept[at * 2 + 1] ?? 0)).toString(16),
  ).join(":");
  return new URL(`http://[${groups}]`).hostname.slice(1, -1) + tail;
}

function addressBytes(address: string): number[] | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/u.test(address)) {
    const bytes = address.split(".").map(Number);
    return bytes.every((byte) => byte < 256) ? bytes : null;
  }
  if (!address.includes(":") || !/^[0-9a-f:.]+$/iu.test(address) || !URL.canParse(`http://[${address}]`)) return null;
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}
