import { isCivilDate } from "../model/civil-date.ts";
import type { Calendar, DataMap, StandingApproval } from "../model/datamap.ts";
import type { Person } from "../model/person.ts";
import { isSeen, sameName } from "../model/same-name.ts";
import {
  checkNoDuplicates,
  checkReview,
  knowName,
  knowRecord,
  readDays,
  readPeriod,
  readRoundUp,
  readWholeDays,
  type Check,
} from "./check.ts";
import { readLimits } from "./record.ts";
import type { Written } from "./shape.ts";
import type { Path } from "./source.ts";

const REGION = /^[A-Z]{2}(?:-[A-Z0-9]+){0,2}$/u;
/** Extended deadlines of last year's requests and of next year's lie within these. */
const YEARS_AROUND = [-1, 0, 1, 2];

export interface Outside {
  readFile(path: string): string | undefined;
  /** None for a region that is not known; undefined where nobody needs them now, and the region is not looked at. */
  holidays(region: string, years: readonly number[]): Promise<readonly string[] | undefined>;
  /** The 32 bytes of a public key that `expunge key new` printed, in base64. */
  personKey(vkey: string): string | undefined;
}

/** Everything above identities and systems, with its defaults. */
export type Top = Pick<
  DataMap,
  | "controller"
  | "owner"
  | "reviewBy"
  | "ignore"
  | "proof"
  | "approval"
  | "people"
  | "limits"
  | "imageBytes"
  | "settle"
  | "releaseWait"
  | "clock"
  | "retainDeleted"
>;

export async function readTop(written: Written, outside: Outside, check: Check): Promise<Top> {
  const { controller, map = {}, proof, approval = {} } = written;
  checkReview(map.review_by, ["map", "review_by"], check);
  checkIgnore(map.ignore ?? [], check);
  const retainDeleted =
    written.retain_deleted === undefined ? undefined : readDays(written.retain_deleted, ["retain_deleted"], check);
  const people = written.people === undefined ? undefined : readPeople(written.people, outside, check);
  if (people === undefined && approval.four_eyes === true)
    check.report({
      path: ["approval", "four_eyes"],
      part: "key",
      severity: "warning",
      code: "NO_PEOPLE",
      message: "Two people must act, and the data map names nobody: who acts is whoever a name was typed for.",
      help: "Name them under `people`, each with a key of their own (`expunge key new NAME`).",
    });
  const standing = readStanding(written, check);
  if (proof !== undefined) {
    check.report({
      path: ["proof", "keep_for"],
      part: "key",
      severity: "warning",
      code: "NOT_BUILT",
      message: "`proof.keep_for` is known, but not built yet: nothing is taken out of the proof by itself.",
      help: "Plans are made all the same. Take it as a reminder, or leave it out.",
    });
  }
  const roundUpTo =
    proof === undefined
      ? ({ to: "calendar_year" } as const)
      : proof.round_up_to === undefined
        ? undefined
        : readRoundUp(proof.round_up_to, ["proof", "round_up_to"], check);
  return {
    controller: {
      name: controller.name,
      contact: controller.contact,
      ...(controller.authority === undefined ? {} : { authority: controller.authority }),
      calendar: await readCalendar(controller.calendar, outside, check),
    },
    ...(map.owner === undefined ? {} : { owner: map.owner }),
    ...(map.review_by === undefined ? {} : { reviewBy: map.review_by }),
    ignore: map.ignore ?? [],
    proof: {
      keepFor: readDays(proof?.keep_for ?? "3 years", ["proof", "keep_for"], check),
      ...(roundUpTo === undefined ? {} : { roundUpTo }),
    },
    approval: {
      required: approval.required ?? true,
      fourEyes: approval.four_eyes ?? true,
      roles: approval.roles ?? [],
      drift: approval.drift ?? "refuse",
      ...(standing === undefined ? {} : { standing }),
    },
    ...(people === undefined ? {} : { people }),
    limits: readLimits(written.limits, { maxRecords: 1000, maxFraction: 0.01, maxFanOut: 20, batchRecords: 100_000 }),
    ...(written.limits?.image_bytes === undefined ? {} : { imageBytes: written.limits.image_bytes }),
    ...(retainDeleted === undefined ? {} : { retainDeleted }),
    settle: readPeriod(written.settle ?? "1 hour", ["settle"], check),
    releaseWait: readWholeDays(written.legal_holds?.release_wait ?? "0 days", ["legal_holds", "release_wait"], check),
    clock: written.clock ?? "real",
  };
}

function readPeople(written: NonNullable<Written["people"]>, { personKey }: Outside, check: Check): readonly Person[] {
  const people: Person[] = [];
  for (const [name, { key: vkey, roles }] of Object.entries(written)) {
    const path = ["people", name];
    checkNoDuplicates(roles, [...path, "roles"], check);
    const key = personKey(vkey);
    const other = people.find((one) => one.key === key || sameName(one.name, name));
    if (!isSeen(name))
      check.report({
        path,
        part: "key",
        code: "WRONG_VALUE",
        message: "Of this name nothing can be seen.",
        help: "Give the person a name.",
      });
    if (key === undefined)
      check.report({
        path: [...path, "key"],
        part: "value",
        code: "WRONG_VALUE",
        message: "This is no public key.",
        help: "`expunge key new NAME` prints it; write it as it stands there.",
      });
    else if (other !== undefined)
      check.report({
        path,
        part: "key",
        code: "DUPLICATE",
        message: `\`${name}\` and \`${other.name}\` are one person: ${other.key === key ? "they have the same key" : "the names are the same"}.`,
        help: "Two people have two names and two keys. Remove one of them.",
      });
    else people.push({ name, key, roles });
  }
  return people;
}

function readStanding({ approval }: Written, check: Check): readonly StandingApproval[] | undefined {
  return approval?.standing?.map(({ records, up_to, approved_by, approved_on, review_by }, at) => {
    const path = ["approval", "standing", at];
    for (const [index, id] of records.entries()) knowRecord(id, [...path, "records", index], check);
    checkNoDuplicates(records, [...path, "records"], check);
    checkReview(review_by, [...path, "review_by"], check);
    for (const [key, day] of [["approved_on", approved_on] as const, ["review_by", review_by] as const])
      if (day !== undefined && !isCivilDate(day))
        check.report({
          path: [...path, key],
          part: "value",
          code: "WRONG_VALUE",
          message: `\`${key}\` is no date.`,
          help: "Write it as in 2026-11-30.",
        });
    // a day that has not come would be later than every change of the rules
    if (approved_on !== undefined && isCivilDate(approved_on) && approved_on > check.today)
      check.report({
        path: [...path, "approved_on"],
        part: "value",
        code: "WRONG_VALUE",
        message: "`approved_on` is a day that has not come yet.",
        help: "Write the day on which it was approved.",
      });
    if (isCivilDate(approved_on ?? "") && isCivilDate(review_by ?? "") && (review_by ?? "") < (approved_on ?? ""))
      check.report({
        path: [...path, "review_by"],
        part: "value",
        code: "WRONG_VALUE",
        message: "`review_by` is before `approved_on`: nothing would ever run.",
        help: "Write a later day.",
      });
    return {
      records,
      upTo: up_to,
      ...(approved_by === undefined ? {} : { approvedBy: approved_by }),
      ...(approved_on === undefined ? {} : { approvedOn: approved_on }),
      ...(review_by === undefined ? {} : { reviewBy: review_by }),
    };
  });
}

function checkIgnore(ignore: readonly string[], check: Check): void {
  checkNoDuplicates(ignore, ["map", "ignore"], check);
  for (const [at, table] of ignore.entries()) {
    const path = ["map", "ignore", at];
    const [system = "", ...rest] = table.split(".");
    if (rest.length === 0 || rest.includes("")) {
      check.report({
        path,
        part: "value",
        code: "BAD_REFERENCE",
        message: `\`${table}\` is no table of a system.`,
        help: "Write `system.table`, as in `shop.products`.",
      });
    } else if (check.names.records.has(table)) {
      check.report({
        path,
        part: "value",
        code: "DUPLICATE",
        message: `\`${table}\` is ignored here and has a rule below.`,
        help: "Remove it here, or the record.",
      });
    } else knowName(system, "system", path, check);
  }
}

async function readCalendar(
  written: Written["controller"]["calendar"],
  outside: Outside,
  check: Check,
): Promise<Calendar> {
  const path: Path = ["controller", "calendar"];
  const { timezone, regime = "eu", holidays = [] } = written;
  if (!isTimezone(timezone)) {
    check.report({
      path: [...path, "timezone"],
      part: "value",
      code: "BAD_TIMEZONE",
      message: `\`${timezone}\` is no time zone.`,
      help: "Write an IANA name, as in `Europe/Berlin`.",
    });
  }
  const here = [...path, "holidays"];
  const dates = typeof holidays === "string" ? await holidaysNamed(holidays, here, outside, check) : holidays;
  for (const [at, date] of dates.entries()) {
    if (isCivilDate(date)) continue;
    const [place, message] =
      typeof holidays === "string"
        ? [here, `The file has a line that is no date (its date ${at + 1}).`]
        : [[...here, at], "This is no date."];
    check.report({
      path: place,
      part: "value",
      code: "BAD_DATE",
      message,
      help: "Write ISO dates that exist, as in 2026-12-25.",
    });
  }
  return { timezone, regime, holidays: [...new Set(dates)].toSorted() };
}

async function holidaysNamed(name: string, path: Path, outside: Outside, check: Check): Promise<readonly string[]> {
  if (REGION.test(name)) {
    const year = Number(check.today.slice(0, 4));
    const dates = await outside.holidays(
      name,
      YEARS_AROUND.map((away) => year + away),
    );
    if (dates === undefined) return [];
    if (dates.length === 0)
      check.report({
        path,
        part: "value",
        code: "UNKNOWN_REGION",
        message: `There is no region \`${name}\`.`,
        help: "Write a country or a part of it, as in `DE-BW`, `FR`, `GB-ENG`, or the dates themselves.",
      });
    return dates;
  }
  const text = outside.readFile(name);
  if (text === undefined) {
    check.report({
      path,
      part: "value",
      code: "NO_SUCH_FILE",
      message: `There is no file \`${name}\`.`,
      help: "Write dates, a file with one ISO date a line, or a region such as `DE-BW`.",
    });
  }
  const lines = (text ?? "").split(/\r?\n/u).map((line) =>
    line
      .replace(/#.*$/u, "")
      .replace(/^\s*-\s+/u, "")
      .trim(),
  );
  return lines.filter((line) => line !== "");
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
