/** What the checks of one data map share: its names, where things stand, and where findings go. */
import { isCivilDate, type CivilDate } from "../model/civil-date.ts";
import type { ActionKind, ColumnRef, Period, Place, Position, Rank, RoundUp, SystemBlock } from "../model/datamap.ts";
import type { BlockKeys } from "../port/keys.ts";
import { parsePeriod, parseRoundUp } from "../model/period.ts";
import type { RetentionRule } from "../model/retention-rule.ts";
import { PERIOD_HELP, type Problem, type Report } from "./problems.ts";
import { valueAt } from "./block.ts";
import type { Path, Source } from "./source.ts";
import { didYouMean } from "../model/nearest.ts";

/** What a connector says of its kind. */
export interface Kind {
  readonly actions: readonly ActionKind[];
  readonly places: readonly Place["kind"][];
  readonly rank: Rank;
  /** It can put back what it removed or changed. */
  readonly preImages?: true;
  /** It can be asked for figures. */
  readonly figures?: true;
  /** Its keys, beside those that every kind has; absent: all that the core reads. */
  readonly block?: BlockKeys;
  /** What is wrong with a block beyond its general shape; `path` leads from the system's block. */
  lint(block: SystemBlock): readonly {
    readonly path: readonly string[];
    readonly code: string;
    readonly message: string;
    readonly help: string;
  }[];
}

/** Every name in the file, also those of blocks that are wrong: a reference to them is not. */
export interface Names {
  readonly systems: ReadonlySet<string>;
  /** `system.record` */
  readonly records: ReadonlySet<string>;
  readonly identities: ReadonlySet<string>;
  readonly conditions: ReadonlySet<string>;
  readonly holds: ReadonlySet<string>;
}

export interface Check {
  readonly report: Report;
  readonly names: Names;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly rules: ReadonlyMap<string, RetentionRule>;
  readonly today: CivilDate;
  position(path: Path): Position;
  /** What its kind has of its own in the block at this path. */
  own(path: Path): Readonly<Record<string, unknown>> | undefined;
  /** A plain scalar as it was written. */
  text(path: Path): string | undefined;
}

export function namesIn(source: Source): Names {
  const at = (path: Path): string[] => {
    const block = valueAt(source.value, path);
    return typeof block === "object" && block !== null && !Array.isArray(block) ? Object.keys(block) : [];
  };
  const systems = at(["systems"]);
  return {
    systems: new Set(systems),
    records: new Set(
      systems.flatMap((system) => at(["systems", system, "records"]).map((record) => `${system}.${record}`)),
    ),
    identities: new Set(at(["identities"])),
    conditions: new Set(at(["conditions"])),
    holds: new Set(at(["holds"])),
  };
}

/** Says so where the name is not among those known. `what`: as in `identity`. */
export function knowName(
  name: string,
  what: "system" | "identity" | "condition" | "hold",
  path: Path,
  check: Check,
): boolean {
  const known = {
    system: check.names.systems,
    identity: check.names.identities,
    condition: check.names.conditions,
    hold: check.names.holds,
  }[what];
  if (known.has(name)) return true;
  const help = didYouMean(
    name,
    known,
    known.size === 0
      ? `The data map has none: write it down under \`${what === "identity" ? "identities" : `${what}s`}\`.`
      : "",
  );
  check.report({
    path,
    part: "value",
    code: `UNKNOWN_${what.toUpperCase()}`,
    message: `There is no ${what} \`${name}\`.`,
    help,
  });
  return false;
}

/** Says so where `system.record` is no record type of this data map. */
export function knowRecord(id: string, path: Path, check: Check): boolean {
  if (check.names.records.has(id)) return true;
  const help = didYouMean(id, check.names.records, "Write `system.record`, as in `shop.customers`.");
  check.report({
    path,
    part: "value",
    code: "UNKNOWN_RECORD",
    message: `There is no record \`${id}\`.`,
    help,
  });
  return false;
}

/** `system.record.column`; the column may hold dots. */
export function readRef(text: string, path: Path, check: Check): ColumnRef | undefined {
  const [system = "", record = "", ...column] = text.split(".");
  const id = `${system}.${record}`;
  if (column.length === 0 || column.includes("") || system === "" || record === "") {
    const help = check.names.records.has(id)
      ? `Name the column too: \`${id}.COLUMN\`.`
      : "Write `system.record.column`, as in `shop.customers.id`.";
    check.report({
      path,
      part: "value",
      code: "BAD_REFERENCE",
      message: `\`${text}\` is no column of a record.`,
      help,
    });
    return undefined;
  }
  return knowRecord(id, path, check) ? { record: id, column: column.join(".") } : undefined;
}

/** Says that a block lacks these keys, unless one was there, but wrong: that is said already. */
export function lack(
  block: Path,
  keys: readonly string[],
  said: Pick<Problem, "code" | "message" | "help">,
  check: Check,
): void {
  check.report({ path: block, part: "key", ...said, missing: keys.map((key) => [...block, key]) });
}

/** A period, and 0 days where there is none: the map is refused then. */
export function readPeriod(text: string, path: Path, check: Check): Period {
  const period = parsePeriod(text);
  if (period !== undefined) return period;
  check.report({
    path,
    part: "value",
    code: "BAD_PERIOD",
    message: `\`${String(path.at(-1))}\` is no period.`,
    help: PERIOD_HELP,
  });
  return { years: 0, months: 0, days: 0, seconds: 0, text };
}

/** A period of whole days, at least one. */
export function readDays(text: string, path: Path, check: Check): Period {
  const period = readPeriod(text, path, check);
  const none = period.years + period.months + period.days === 0;
  if (parsePeriod(text) !== undefined && (period.seconds > 0 || none)) {
    check.report({
      path,
      part: "value",
      code: "BAD_PERIOD",
      message: `\`${String(path.at(-1))}\` must be whole days, months or years, and not none.`,
      help: "Write `8 years`, `6 months` or `90 days`.",
    });
  }
  return period;
}

/** The same, or none. */
export function readWholeDays(text: string, path: Path, check: Check): Period {
  const period = readPeriod(text, path, check);
  if (period.seconds > 0)
    check.report({
      path,
      part: "value",
      code: "BAD_PERIOD",
      message: `\`${String(path.at(-1))}\` must be whole days, months or years.`,
      help: "Write `30 days` or `6 months`; `0 days` is none.",
    });
  return period;
}

export function readRoundUp(text: string, path: Path, check: Check): RoundUp | undefined {
  const to = parseRoundUp(text);
  if (to === undefined) {
    check.report({
      path,
      part: "value",
      code: "BAD_ROUNDING",
      message: "`round_up_to` names no year end.",
      help: "Write `end of calendar year`, or `end of fiscal year MM-DD` with the year's last day.",
    });
  }
  return to;
}

export function checkDate(text: string | undefined, path: Path, check: Check): void {
  if (text === undefined || isCivilDate(text)) return;
  check.report({
    path,
    part: "value",
    code: "BAD_DATE",
    message: `\`${String(path.at(-1))}\` is no date.`,
    help: "Write an ISO date that exists, as in 2027-01-15.",
  });
}

export function checkReview(text: string | undefined, path: Path, check: Check): void {
  checkDate(text, path, check);
  if (text === undefined || !isCivilDate(text) || text >= check.today) return;
  check.report({
    path,
    part: "value",
    severity: "warning",
    code: "REVIEW_OVERDUE",
    message: `The review was due on ${text}.`,
    help: "Look at it again, then set a new `review_by`.",
  });
}

export function checkNoDuplicates(list: readonly string[], path: Path, check: Check): void {
  for (const [at, item] of list.entries()) {
    if (list.indexOf(item) < at)
      check.report({
        path: [...path, at],
        part: "value",
        code: "DUPLICATE",
        message: `\`${item}\` is there twice.`,
        help: "Remove one of them.",
      });
  }
}

/** Says that a key is known and does nothing yet: no plan is made, lest it does less than the map promises. */
export function notBuilt(path: Path, part: "key" | "value", what: string, check: Check): void {
  check.report({
    path,
    part,
    severity: "warning",
    stopsPlan: true,
    code: "NOT_BUILT",
    message: `${what} is known, but not built yet.`,
    help: "`plan` refuses this data map until the key is removed or a later version acts on it.",
  });
}
