/** What the data map says and what could never happen: each is said, since whoever wrote it waits for it. */
import type { DataMap, Marker, RecordType, SystemBlock } from "../model/datamap.ts";
import { mayAct } from "../model/person.ts";
import type { Check } from "./check.ts";
import type { Path } from "./source.ts";

type Top = Pick<DataMap, "approval" | "people">;

/** `isRead`: nothing is wrong below this path; what is wrong there is told, and nothing that follows from it. */
export function checkNeverActs(
  { approval, people }: Top,
  systems: readonly SystemBlock[],
  isRead: (path: Path) => boolean,
  check: Check,
): void {
  const records = systems.flatMap((system) => system.records);
  for (const record of records)
    if (isRead(["systems", record.system, "records", record.name])) checkRecord(record, check);
  checkStanding(approval.standing ?? [], new Map(records.map((record) => [record.id, record])), check);
  if (people !== undefined && isRead(["people"])) checkPeople(people, approval, check);
}

function warn(path: Path, message: string, help: string, check: Check): void {
  check.report({ path, part: "key", severity: "warning", code: "NEVER_ACTS", message, help });
}

function checkRecord(record: RecordType, check: Check): void {
  const { system, name, do: action, schedule, purge, restoreWindow, marker, match, place } = record;
  const path: Path = ["systems", system, "records", name];
  const marked = marker === undefined || marker.kind === "delete_marker" ? undefined : marker.column;
  if (action === "soft-delete" && match.terms.some(({ column }) => column === marked))
    check.report({
      path: [...path, "soft_delete"],
      part: "key",
      code: "WRONG_VALUE",
      message: `The mark would be written to \`${marked ?? ""}\`, by which these records are found.`,
      help: "Name the column that says that a record is deleted.",
    });
  if (schedule !== undefined && (action === "keep" || action === "ask"))
    warn(
      [...path, "schedule"],
      `\`schedule\` does nothing beside \`do: ${action}\`: what is due would stay as it is.`,
      "Write as `do` what is to become of these records, or take `schedule` out.",
      check,
    );
  if (restoreWindow !== undefined && action === "keep")
    warn(
      [...path, "restore_window"],
      "`restore_window` does nothing beside `do: keep`: there is nothing to bring back.",
      "Take it out, or write as `do` what is to become of these records.",
      check,
    );
  // a line has no key by which our own state could date it: its kind refuses that
  if (purge !== undefined && marker !== undefined && isUndated(marker) && place.kind !== "files")
    warn(
      [...path, "soft_delete"],
      action === "soft-delete"
        ? "What others mark as deleted here never goes by itself: nothing says since when it is marked."
        : "Nothing marked here ever goes by itself: nothing says since when it is marked.",
      "Add `since: COLUMN`, the column with the time of the marking; without it only `bin list` and `bin purge` reach these.",
      check,
    );
}

function isUndated(marker: Marker): boolean {
  return (marker.kind === "flag" || marker.kind === "status") && marker.since === undefined;
}

/** What no rule makes due. A hold that ends makes due what a request had wanted to go. */
function isNeverDue({ do: action, schedule, purge, holds }: RecordType): boolean {
  const idle = action === "keep" || action === "ask";
  return purge === undefined && (idle || (schedule === undefined && holds.length === 0));
}

function checkStanding(
  standing: NonNullable<Top["approval"]["standing"]>,
  records: ReadonlyMap<string, RecordType>,
  check: Check,
): void {
  const seen = new Set<string>();
  for (const [at, { records: named }] of standing.entries()) {
    for (const [index, id] of named.entries()) {
      const path: Path = ["approval", "standing", at, "records", index];
      const record = records.get(id);
      if (record !== undefined && isNeverDue(record))
        check.report({
          path,
          part: "value",
          severity: "warning",
          code: "NEVER_ACTS",
          message: `Nothing makes \`${id}\` due: this approval never runs anything of it.`,
          help: "Give the record type a `schedule`, or `soft_delete` and `purge_after`; or take it out here.",
        });
      // of two numbers the larger one would win
      if (seen.has(id))
        check.report({
          path,
          part: "value",
          code: "DUPLICATE",
          message: `\`${id}\` has a standing approval above already: nobody could say which \`up_to\` counts.`,
          help: "Name each record type in one entry.",
        });
    }
    for (const id of named) seen.add(id);
  }
}

function checkPeople(people: NonNullable<Top["people"]>, { fourEyes, roles }: Top["approval"], check: Check): void {
  const act = people.filter((one) => one.roles.some((role) => role !== "auditor"));
  const approve = people.filter((one) => mayAct(one, "approve"));
  if (act.length === 0)
    warn(
      ["people"],
      "Nobody named here may act: every command that changes anything is refused.",
      "Give somebody the role officer, or take `people` out.",
      check,
    );
  else if (approve.length === 0)
    warn(
      ["people"],
      "Nobody named here may approve: no plan could ever be run.",
      "Give somebody the role officer.",
      check,
    );
  else if (fourEyes && approve.length === 1)
    warn(
      ["people"],
      "Two people must act, and only one of those named here may approve: what that person opens can never be run.",
      "Give a second person the role officer, or write `approval: { four_eyes: false }`.",
      check,
    );
  if (roles.length > 0)
    warn(
      ["approval", "roles"],
      "`approval.roles` asks for nothing beside `people`: who may approve is said by the roles there.",
      "Take it out.",
      check,
    );
}
