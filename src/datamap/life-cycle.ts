/** The keys of a record type that say what becomes of it in time: its marker, its restore window, its purge, its schedule. */
import type { Marker, Period, RecordType } from "../model/datamap.ts";
import { readDays, type Check } from "./check.ts";
import type { WrittenRecord } from "./shape.ts";
import type { Path } from "./source.ts";

type LifeCycle = Pick<RecordType, "marker" | "restoreWindow" | "purge" | "schedule">;
type WrittenMarker = NonNullable<WrittenRecord["soft_delete"]>;

const WAYS = ["timestamp", "flag", "status", "marker"] as const;
/** Keys of `soft_delete` that only some ways have. */
const ONLY = {
  live_when: ["timestamp"],
  deleted_when: ["flag", "status"],
  since: ["flag", "status"],
  restore_as: ["flag", "status"],
  by: ["timestamp", "flag", "status"],
} as const satisfies Record<string, readonly (typeof WAYS)[number][]>;
type Session = Readonly<Record<string, string>>;

/** `session`: of the system. `retainDeleted`: of the top, for record types that name no `purge_after`. */
export function readLifeCycle(
  written: WrittenRecord,
  { retainDeleted, session = {} }: { readonly retainDeleted?: Period; readonly session?: Session },
  path: Path,
  check: Check,
): LifeCycle {
  const refuse = (key: string, message: string, help: string, missing: readonly string[] = []): void =>
    check.report({
      path: [...path, key],
      part: "key",
      code: "WRONG_VALUE",
      message,
      help,
      missing: missing.map((each) => [...path, each]),
    });
  const softDelete = written.do === "soft-delete";
  const marker =
    written.soft_delete === undefined
      ? undefined
      : readMarker(written.soft_delete, session, [...path, "soft_delete"], check);
  if (softDelete && written.soft_delete === undefined)
    check.report({
      path: [...path, "do"],
      part: "value",
      code: "MARKER_MISSING",
      message: "Nothing says how these records are marked as deleted.",
      help: "Add `soft_delete: { timestamp: COLUMN }`, `{ flag: COLUMN }` or `{ status: COLUMN, deleted_when: [VALUE] }`.",
      missing: [[...path, "soft_delete"]],
    });
  for (const key of ["purge_after", "purge"] as const)
    if (written[key] !== undefined && written.soft_delete === undefined)
      refuse(key, `\`${key}\` is for records that are marked as deleted.`, "Add `soft_delete`, or remove it.", [
        "soft_delete",
      ]);
  const restoreWindow =
    written.restore_window === undefined
      ? undefined
      : readDays(written.restore_window, [...path, "restore_window"], check);
  const purgeAfter =
    written.purge_after === undefined
      ? written.soft_delete === undefined
        ? undefined
        : retainDeleted
      : readDays(written.purge_after, [...path, "purge_after"], check);
  if (softDelete && purgeAfter === undefined)
    check.report({
      path: [...path, "do"],
      part: "value",
      code: "PURGE_MISSING",
      message: "Nothing says when the records that are marked as deleted go for good.",
      help: "Add `purge_after: 14 days` here, or `retain_deleted: 14 days` at the top. Marking alone erases nothing.",
      missing: [[...path, "purge_after"]],
    });
  if (
    restoreWindow !== undefined &&
    marker !== undefined &&
    purgeAfter !== undefined &&
    // one that is no period is told as that
    longer(purgeAfter, NONE) &&
    longer(restoreWindow, purgeAfter)
  )
    refuse(
      "restore_window",
      `\`restore_window\` (${restoreWindow.text}) is longer than the time until the records go (${purgeAfter.text}).`,
      "What has gone for good cannot be given back: make it shorter, or `purge_after` longer.",
    );
  if (written.purge === "anonymise" && Object.keys({ ...written.fields, ...written.paths }).length === 0)
    check.report({
      path: [...path, "purge"],
      part: "value",
      code: "FIELDS_MISSING",
      message: "`anonymise` changes nothing here.",
      help: "Add `fields: { COLUMN: clear }`.",
      missing: [
        [...path, "fields"],
        [...path, "paths"],
      ],
    });
  return {
    ...(marker === undefined ? {} : { marker }),
    ...(restoreWindow === undefined ? {} : { restoreWindow }),
    ...(purgeAfter === undefined ? {} : { purge: { after: purgeAfter, how: written.purge ?? "erase" } }),
    ...(written.schedule === undefined
      ? {}
      : {
          schedule: {
            after: readDays(written.schedule.after, [...path, "schedule", "after"], check),
            from: written.schedule.from,
          },
        }),
  };
}

const NONE: Period = { years: 0, months: 0, days: 0, seconds: 0, text: "none" };

/** As nearly as it can be said of days, months and years without a date. */
function longer(one: Period, other: Period): boolean {
  const about = ({ years, months, days }: Period): number => (years * 12 + months) * 30.4375 + days;
  return about(one) > about(other);
}

/**
 * What the database is told of who acts, for a column that says who did: the setting of the column's own name, else the
 * first of the application's own settings (they have a dot). A setting of the server's is no word for anybody.
 */
function wordsFor(column: string, session: Session): string | undefined {
  const own = Object.entries(session).filter(([name, value]) => name.includes(".") && value.trim() !== "");
  return (own.find(([name]) => name.split(".").at(-1) === column) ?? own[0])?.[1];
}

function readMarker(written: WrittenMarker, session: Session, path: Path, check: Check): Marker | undefined {
  const refuse = (key: string, message: string, help: string, part: "key" | "value" = "key"): void =>
    check.report({ path: [...path, key], part, code: "WRONG_VALUE", message, help });
  const [way, ...more] = WAYS.filter((each) => written[each] !== undefined);
  for (const key of more)
    refuse(
      key,
      `A marker is one thing, and \`${String(way)}\` is here already.`,
      `Remove \`${key}\` or \`${String(way)}\`.`,
    );
  if (way === undefined) {
    check.report({
      path,
      part: "key",
      code: "MISSING_KEY",
      message: "`soft_delete` names no marker.",
      help: "Add `timestamp: COLUMN`, `flag: COLUMN`, or `status: COLUMN` with `deleted_when: [VALUE]`; for objects in a versioned bucket, `marker: true`.",
      missing: WAYS.map((each) => [...path, each]),
    });
    return undefined;
  }
  for (const [key, ways] of Object.entries(ONLY)) {
    const here: readonly string[] = ways;
    if (Object.hasOwn(written, key) && !here.includes(way))
      refuse(
        key,
        `\`${key}\` says nothing beside \`${way}\`.`,
        `It goes with ${here.map((each) => `\`${each}\``).join(" and ")}.`,
      );
  }
  const words = written.by === undefined ? undefined : wordsFor(written.by, session);
  const by = written.by === undefined ? {} : { by: written.by, ...(words === undefined ? {} : { byWords: words }) };
  const since = written.since === undefined ? {} : { since: written.since };
  const restoreAs =
    written.restore_as === undefined
      ? {}
      : { restoreAs: plainText(written.restore_as, [...path, "restore_as"], check) };
  const deleted = deletedWhen(written, path, check);
  const said = deleted.length === 0 && way === "flag" ? ["true"] : deleted;
  if (restoreAs.restoreAs !== undefined && said.includes(restoreAs.restoreAs))
    refuse(
      "restore_as",
      "`restore_as` is what means deleted: nothing would be brought back by it.",
      "Write the value of a record that lives.",
      "value",
    );
  const columns = [written[way], written.since];
  for (const key of ["since", "by"] as const)
    if (written[key] !== undefined && columns.slice(0, key === "since" ? 1 : 2).includes(written[key]))
      refuse(key, `\`${key}\` is a column that the mark is written to already.`, "Name a column of its own.", "value");
  switch (way) {
    case "timestamp": {
      const live = written.live_when ?? null;
      return {
        kind: "timestamp",
        column: written.timestamp ?? "",
        live: live === null ? null : plainText(live, [...path, "live_when"], check),
        ...by,
      };
    }
    case "flag": {
      const [value = "true", ...others] = deleted;
      if (others.length > 0)
        refuse("deleted_when", "A flag has one value that says deleted.", "Write `status` for several.", "value");
      return { kind: "flag", column: written.flag ?? "", deleted: value, ...since, ...by, ...restoreAs };
    }
    case "status": {
      if (deleted.length === 0)
        check.report({
          path,
          part: "key",
          code: "MISSING_KEY",
          message: "Nothing says which status means deleted.",
          help: "Add `deleted_when: [VALUE]`; the first one is what is written.",
          missing: [[...path, "deleted_when"]],
        });
      return { kind: "status", column: written.status ?? "", deleted, ...since, ...by, ...restoreAs };
    }
    case "marker": {
      if (written.marker === false)
        refuse("marker", "`marker` is `true` or is not there.", "Write `marker: true`.", "value");
      return { kind: "delete_marker" };
    }
  }
}

function deletedWhen({ deleted_when: written }: WrittenMarker, path: Path, check: Check): readonly string[] {
  const at = [...path, "deleted_when"];
  if (written === undefined) return [];
  return Array.isArray(written)
    ? written.map((value, index) => plainText(value, [...at, index], check))
    : [plainText(written, at, check)];
}

/** As it stands in the file: `07` is no 7. */
function plainText(value: unknown, path: Path, check: Check): string {
  return check.text(path) ?? String(value);
}
