/** A day of the calendar, `YYYY-MM-DD`, 0001-01-01 to 9999-12-31. Compares as text. */
export type CivilDate = string;

const TIMESTAMP =
  /^(?<date>\d{4}-\d{2}-\d{2})[T ](?<time>(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?) ?(?:(?<zulu>Z)|(?<sign>[+-])(?<hours>\d{2})(?::?(?<minutes>[0-5]\d)(?::?(?<seconds>[0-5]\d))?)?)?$/iu;
const FORM = /^\d{4}-\d{2}-\d{2}$/u;

/** Whether the text is a day that exists: `2026-02-29` is none. */
export function isCivilDate(text: string): boolean {
  if (!FORM.test(text) || text.startsWith("0000")) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}

/** The day it is at this instant in an IANA time zone. Throws RangeError for an unknown zone. */
export function civilDateOf(instant: Date, timezone: string): CivilDate {
  const found = Object.fromEntries(
    formatIn(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  return `${(found["year"] ?? "").padStart(4, "0")}-${found["month"]}-${found["day"]}`;
}

/** Made once for each zone: a search asks for the day of a million instants. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatIn(timezone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-u-ca-iso8601", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  FORMATS.set(timezone, format);
  return format;
}

/**
 * The civil date of a stored value: an ISO date, or an ISO or SQL timestamp. With an offset the instant is converted into
 * the zone, without one its date is taken as it is. Undefined for anything else (`infinity`, BC, epoch numbers).
 */
export function civilDateFromText(text: string, timezone: string): CivilDate | undefined {
  if (isCivilDate(text)) return text;
  const found = TIMESTAMP.exec(text)?.groups;
  const date = found?.["date"];
  if (found === undefined || date === undefined || !isCivilDate(date)) return undefined;
  if (found["zulu"] === undefined && found["sign"] === undefined) return date;
  const ahead =
    (Number(found["hours"] ?? 0) * 3600 + Number(found["minutes"] ?? 0) * 60 + Number(found["seconds"] ?? 0)) * 1000;
  const [clock = ""] = (found["time"] ?? "").split(/[.,]/u);
  const local = Date.parse(`${date}T${clock}Z`);
  const there = civilDateOf(new Date(found["sign"] === "-" ? local + ahead : local - ahead), timezone);
  return isCivilDate(there) ? there : undefined;
}
