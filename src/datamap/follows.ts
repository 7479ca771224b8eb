/** `copy_of` with `replays`: a copy that follows what it is a copy of by itself, and what its record types must say for it. */
import type { ActionKind, Follows, RecordType } from "../model/datamap.ts";
import { dateColumnOf } from "../model/marker.ts";
import { knowRecord, lack, type Check } from "./check.ts";
import type { WrittenRecord, WrittenSystem } from "./shape.ts";
import type { Path } from "./source.ts";

/** What can become of records whose copy goes as a whole. */
const GOING: readonly ActionKind[] = ["erase", "remove-rows", "soft-delete", "keep", "ask"];

/** What the system's records follow; undefined: nothing, each has steps of its own. */
export function readFollows(name: string, written: WrittenSystem, path: Path, check: Check): Follows | undefined {
  const { copy_of: source, replays } = written;
  if (source !== undefined) knowRecord(source, [...path, "copy_of"], check);
  if (replays === undefined) return undefined;
  if (source === undefined) {
    lack(
      path,
      ["copy_of"],
      {
        code: "MISSING_KEY",
        message: "`replays` says how a copy follows, and nothing says of what this is one.",
        help: "Add `copy_of: SYSTEM.RECORD`, or remove `replays`.",
      },
      check,
    );
    return undefined;
  }
  if (replays === "none") return undefined;
  if (source.startsWith(`${name}.`))
    check.report({
      path: [...path, "copy_of"],
      part: "value",
      code: "WRONG_VALUE",
      message: "A copy that follows by itself is another system than what it is a copy of.",
      help: "Name a record of another system, or write `replays: none`.",
    });
  return { source, replays };
}

/** As the record type keeps it. `marker`: of the record type, as it was read. */
export function followsOf(
  written: WrittenRecord,
  follows: Follows | undefined,
  { marker, restoreWindow }: Pick<RecordType, "marker" | "restoreWindow">,
  path: Path,
  check: Check,
): Pick<RecordType, "follows"> {
  if (follows === undefined) return {};
  const refuse = (key: string, message: string, help: string): void =>
    check.report({ path: [...path, key], part: "value", code: "WRONG_VALUE", message, help });
  if (follows.replays === "hard_delete") {
    if (!GOING.includes(written.do))
      refuse(
        "do",
        `This copy loses what ${follows.source} loses (\`replays: hard_delete\`): \`${written.do}\` would change what goes.`,
        "Write `do: erase` (for record files `remove-rows`), or `replays: none`.",
      );
    return { follows };
  }
  if (written.do === "keep" || written.do === "ask") return { follows };
  if (written.do !== "soft-delete")
    refuse(
      "do",
      `This copy marks what ${follows.source} marks (\`replays: soft_delete\`), and nothing says how its marks are seen.`,
      "Write `do: soft-delete` with `soft_delete` and `purge_after`, or `replays: none`.",
    );
  else if (marker !== undefined && dateColumnOf(marker) === undefined)
    refuse(
      "soft_delete",
      "Nobody could tell since when a copy is marked that marks itself: its purge would have no day.",
      "Write `timestamp: COLUMN`, or `since: COLUMN` beside the flag or status.",
    );
  if (restoreWindow !== undefined)
    refuse(
      "restore_window",
      "`undo` gives back what a run marked itself, and this copy marks itself.",
      `Remove it: the window of ${follows.source} counts.`,
    );
  return { follows };
}
