/** The `format` of a date field, as the server knows it: names, and patterns of letters, with `||` between several. */

/** One of the ways in which a field's dates are written. */
export interface DateFormat {
  /** Written as a number where nothing else says how. */
  readonly isNumber: boolean;
  /** Tells hours, minutes and seconds too. */
  readonly isInstant: boolean;
  /** ISO 8601: a day, a time without an offset as UTC, an instant. Undefined for another text. */
  read(text: string): string | undefined;
  write(at: Date): string;
}

/** Undefined among them: one that is not known here. */
export function dateFormats(format: string): readonly (DateFormat | undefined)[] {
  return format === "" ? [ISO, EPOCH_MILLIS] : format.split("||").map((one) => dateFormat(one.trim()));
}

function dateFormat(name: string): DateFormat | undefined {
  const plain = name.replace(/^strict_/u, "");
  switch (plain) {
    case "epoch_millis":
      return EPOCH_MILLIS;
    case "epoch_second":
      return epoch(1000);
    case "iso8601":
    case "date_optional_time":
    case "date_optional_time_nanos":
      return ISO;
    default:
      return patternFormat(Object.hasOwn(NAMED, plain) ? (NAMED[plain] ?? "") : name.replace(/^8/u, ""));
  }
}

const DAY = String.raw`\d{4}(?:-\d{2}(?:-\d{2})?)?`;
const ISO_TEXT = new RegExp(String.raw`^(?<day>${DAY})(?:T(?<time>[\d:.,]*)(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?$`, "iu");

const ISO: DateFormat = {
  isNumber: false,
  isInstant: true,
  read(text) {
    const { day, time, zone = "" } = ISO_TEXT.exec(text)?.groups ?? {};
    if (day === undefined) return undefined;
    const whole = `${day}-01-01`.slice(0, 10);
    if (time === undefined || time === "") return isoDay(whole);
    const parts = /^(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?$/u.exec(time);
    if (parts === null) return undefined;
    const [, hours = "00", minutes = "00", seconds = "00", fraction = ""] = parts;
    return isoInstant(whole, `${hours}:${minutes}:${seconds}`, fraction, zone === "" ? "Z" : zone);
  },
  write: (at) => at.toISOString(),
};

const EPOCH_MILLIS = epoch(1);

function epoch(per: number): DateFormat {
  return {
    isNumber: true,
    isInstant: true,
    read(text) {
      if (!/^-?\d+(?:\.\d+)?$/u.test(text)) return undefined;
      const at = new Date(Math.floor(Number(text) * per));
      return Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace(".000Z", "Z");
    },
    write: (at) => String(Math.trunc(at.getTime() / per)),
  };
}

/** Those that are no ISO 8601 in its usual form, or less than an instant. Hours without a day are no date. */
const NAMED: Readonly<Record<string, string>> = {
  basic_date: "yyyyMMdd",
  basic_date_time: "yyyyMMdd'T'HHmmss.SSSXX",
  basic_date_time_no_millis: "yyyyMMdd'T'HHmmssXX",
  basic_ordinal_date: "yyyyDDD",
  basic_ordinal_date_time: "yyyyDDD'T'HHmmss.SSSXX",
  basic_ordinal_date_time_no_millis: "yyyyDDD'T'HHmmssXX",
  basic_week_date: "YYYY'W'wwe",
  basic_week_date_time: "YYYY'W'wwe'T'HHmmss.SSSXX",
  basic_week_date_time_no_millis: "YYYY'W'wwe'T'HHmmssXX",
  date: "yyyy-MM-dd",
  date_hour: "yyyy-MM-dd'T'HH",
  date_hour_minute: "yyyy-MM-dd'T'HH:mm",
  date_hour_minute_second: "yyyy-MM-dd'T'HH:mm:ss",
  date_hour_minute_second_fraction: "yyyy-MM-dd'T'HH:mm:ss.SSS",
  date_hour_minute_second_millis: "yyyy-MM-dd'T'HH:mm:ss.SSS",
  date_time: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  date_time_no_millis: "yyyy-MM-dd'T'HH:mm:ssXXX",
  ordinal_date: "yyyy-DDD",
  ordinal_date_time: "yyyy-DDD'T'HH:mm:ss.SSSXXX",
  ordinal_date_time_no_millis: "yyyy-DDD'T'HH:mm:ssXXX",
  week_date: "YYYY-'W'ww-e",
  week_date_time: "YYYY-'W'ww-e'T'HH:mm:ss.SSSXXX",
  week_date_time_no_millis: "YYYY-'W'ww-e'T'HH:mm:ssXXX",
  weekyear: "YYYY",
  weekyear_week: "YYYY-'W'ww",
  weekyear_week_day: "YYYY-'W'ww-e",
  year: "yyyy",
  year_month: "yyyy-MM",
  year_month_day: "yyyy-MM-dd",
};

/** A run of one letter, or words that stand for themselves. */
type Part = { readonly letters: string } | { readonly words: string };

/** Undefined where it has letters whose meaning depends on a language or a zone. */
function patternFormat(pattern: string): DateFormat | undefined {
  const parts = partsOf(pattern);
  if (parts === undefined) return undefined;
  const letters = new Set(parts.flatMap((part) => ("letters" in part ? [part.letters.slice(0, 1)] : [])));
  if (!["y", "u", "Y"].some((letter) => letters.has(letter))) return undefined;
  const sources = parts.map((part) =>
    "words" in part ? escaped(part.words) : LETTERS[part.letters.slice(0, 1)]?.(part.letters.length),
  );
  if (sources.some((source) => source === undefined)) return undefined;
  const form = new RegExp(`^${sources.join("")}$`, "iu");
  return {
    isNumber: false,
    isInstant: ["m", "s"].every((letter) => letters.has(letter)) && (letters.has("H") || letters.has("h")),
    read: (text) => {
      const found = form.exec(text)?.groups;
      return found === undefined ? undefined : isoOf(found);
    },
    write: (at) => parts.map((part) => ("words" in part ? part.words : written(part.letters, at))).join(""),
  };
}

function partsOf(pattern: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (const [text, quoted] of pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/gu)) {
    if (text === "'" || /[[\]{}#]/u.test(text.replace(/^'.*'$/u, ""))) return undefined;
    if (quoted !== undefined) parts.push({ words: quoted === "" ? "'" : quoted.replaceAll("''", "'") });
    else parts.push(/^[A-Za-z]/u.test(text) ? { letters: text } : { words: text });
  }
  return parts;
}

const two = (name: string) => (length: number) =>
  `(?<${name}>${length === 1 ? String.raw`\d{1,2}` : String.raw`\d{2}`})`;
const offset = () => String.raw`(?<zone>Z|[+-]\d{2}(?::?\d{2})?)`;
const year = (name: string) => (length: number) =>
  length === 2 ? String.raw`(?<${name}>\d{2})` : String.raw`(?<${name}>\d{4})`;

/** What each letter takes up, by how often it stands. */
const LETTERS: Readonly<Record<string, ((length: number) => string | undefined) | undefined>> = {
  y: year("year"),
  u: year("year"),
  Y: year("weekyear"),
  M: (length) => (length > 2 ? undefined : two("month")(length)),
  d: two("day"),
  D: (length) => `(?<ordinal>${length === 1 ? String.raw`\d{1,3}` : String.raw`\d{3}`})`,
  w: two("week"),
  e: (length) => (length > 1 ? undefined : "(?<weekday>[1-7])"),
  H: two("hours"),
  m: two("minutes"),
  s: two("seconds"),
  S: (length) => String.raw`(?<fraction>\d{${length === 1 ? "1,9" : `1,${Math.max(length, 9)}`}})`,
  X: offset,
  x: offset,
  Z: offset,
};

function escaped(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}

function isoOf(found: Readonly<Record<string, string | undefined>>): string | undefined {
  const day = dayOf(found);
  if (day === undefined) return undefined;
  const { hours, minutes = "0", seconds = "0", fraction = "", zone = "Z" } = found;
  if (hours === undefined) return isoDay(day);
  return isoInstant(day, [hours, minutes, seconds].map((part) => part.padStart(2, "0")).join(":"), fraction, zone);
}

function dayOf({
  year: written,
  weekyear,
  month = "1",
  day = "1",
  ordinal,
  week = "1",
  weekday = "1",
}: Readonly<Record<string, string | undefined>>): string | undefined {
  const whole = (text: string): number => (text.length === 2 ? 2000 + Number(text) : Number(text));
  if (written === undefined) {
    if (weekyear === undefined) return undefined;
    // the week with the fourth of January is the first, and begins on a Monday
    const fourth = new Date(Date.UTC(whole(weekyear), 0, 4));
    const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAYS;
    return isoDayOf(new Date(monday + ((Number(week) - 1) * 7 + Number(weekday) - 1) * DAYS));
  }
  if (ordinal !== undefined) return isoDayOf(new Date(Date.UTC(whole(written), 0, 1) + (Number(ordinal) - 1) * DAYS));
  return `${String(whole(written)).padStart(4, "0")}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}

const DAYS = 86_400_000;

function isoDayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** Undefined for a day that there is not. */
function isoDay(day: string): string | undefined {
  const at = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(at.getTime()) || isoDayOf(at) !== day ? undefined : day;
}

function isoInstant(day: string, time: string, fraction: string, zone: string): string | undefined {
  if (isoDay(day) === undefined || !/^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/u.test(time)) return undefined;
  const ahead = /^(?<sign>[+-])(?<hours>\d{2}):?(?<minutes>\d{2})?$/u.exec(zone)?.groups;
  const away = ahead === undefined ? "Z" : `${ahead["sign"]}${ahead["hours"]}:${ahead["minutes"] ?? "00"}`;
  return `${day}T${time}${fraction === "" ? "" : `.${fraction}`}${away}`;
}

/** An instant, in UTC. */
function written(letters: string, at: Date): string {
  const digits = (value: number, length = letters.length): string => String(value).padStart(length, "0");
  switch (letters.slice(0, 1)) {
    case "y":
    case "u":
      return letters.length === 2 ? digits(at.getUTCFullYear() % 100) : digits(at.getUTCFullYear(), 4);
    case "Y":
      return letters.length === 2 ? digits(weekOf(at).year % 100) : digits(weekOf(at).year, 4);
    case "M":
      return digits(at.getUTCMonth() + 1);
    case "d":
      return digits(at.getUTCDate());
    case "D":
      return digits(Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAYS) + 1);
    case "w":
      return digits(weekOf(at).week);
    case "e":
      return digits(weekOf(at).day);
    case "H":
      return digits(at.getUTCHours());
    case "m":
      return digits(at.getUTCMinutes());
    case "s":
      return digits(at.getUTCSeconds());
    case "S":
      return digits(at.getUTCMilliseconds(), 3).padEnd(letters.length, "0").slice(0, letters.length);
    case "X":
      return "Z";
    // these never say `Z`
    case "x":
    case "Z":
      return letters.length === 3 ? "+00:00" : letters === "x" ? "+00" : "+0000";
    default:
      return "";
  }
}

/** The ISO week: that of the Thursday in it. */
function weekOf(at: Date): { readonly year: number; readonly week: number; readonly day: number } {
  const day = ((at.getUTCDay() + 6) % 7) + 1;
  const thursday = new Date(at.getTime() + (4 - day) * DAYS);
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAYS / 7) + 1, day };
}
