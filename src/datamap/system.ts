import type { SystemBlock } from "../model/datamap.ts";
import { checkNoDuplicates, knowName, lack, notBuilt, readDays, type Check } from "./check.ts";
import { readFollows } from "./follows.ts";
import { checkPlaces } from "./overlap.ts";
import { ownOf, readRecord, type RecordContext } from "./record.ts";
import { LITERAL } from "./shape-check.ts";
import type { WrittenSystem } from "./shape.ts";
import type { Path } from "./source.ts";
import { didYouMean } from "../model/nearest.ts";

/** Backups are declared, not searched: no connector has them. */
export const BACKUPS = "backups";
const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/u;

export function readSystem(
  name: string,
  written: WrittenSystem,
  above: Pick<RecordContext, "limits" | "retainDeleted">,
  check: Check,
): SystemBlock {
  const path: Path = ["systems", name];
  const { kind, connect = {}, records = {}, feeds = [], covers = [], session = {} } = written;
  const refuse = (key: string, message: string, help: string): void =>
    check.report({ path: [...path, key], part: "key", code: "WRONG_VALUE", message, help });

  const isBackup = kind === BACKUPS;
  if (!isBackup && !check.kinds.has(kind)) {
    check.report({
      path: [...path, "kind"],
      part: "value",
      code: "UNKNOWN_KIND",
      message: `There is no kind \`${kind}\`.`,
      help: didYouMean(kind, [...check.kinds.keys(), BACKUPS], ""),
    });
  }
  for (const key of ["secret", "read_secret"] as const) {
    const named = connect[key];
    if (named !== undefined && !SECRET_NAME.test(named))
      check.report({ path: [...path, "connect", key], part: "value", ...LITERAL });
  }
  if (connect.read_secret !== undefined)
    notBuilt([...path, "connect", "read_secret"], "key", "`connect.read_secret`", check);
  for (const [list, key] of [
    [feeds, "feeds"],
    [covers, "covers"],
  ] as const) {
    for (const [at, other] of list.entries()) knowName(other, "system", [...path, key, at], check);
    checkNoDuplicates(list, [...path, key], check);
  }
  const follows = readFollows(name, written, path, check);
  if (written.recipient?.notify !== undefined)
    notBuilt([...path, "recipient", "notify"], "key", "`recipient.notify`", check);
  const expiresAfter =
    written.expires_after === undefined
      ? undefined
      : readDays(written.expires_after, [...path, "expires_after"], check);
  if (isBackup) {
    if (covers.length === 0)
      lack(
        path,
        ["covers"],
        {
          code: "MISSING_KEY",
          message: "Nothing says which systems these backups cover.",
          help: "Add `covers: [SYSTEM]`.",
        },
        check,
      );
    if (expiresAfter === undefined)
      lack(
        path,
        ["expires_after"],
        {
          code: "MISSING_KEY",
          message: "Nothing says how long a backup lives.",
          help: "Add `expires_after: 35 days`.",
        },
        check,
      );
    if (written.records !== undefined)
      refuse("records", "Backups have no records: nothing is erased in them.", "Remove `records`.");
  } else {
    if (written.covers !== undefined) refuse("covers", "`covers` is for `kind: backups`.", "Remove it.");
    if (written.expires_after !== undefined)
      refuse("expires_after", "`expires_after` is for `kind: backups`.", "Remove it.");
    if (![...check.names.records].some((id) => id.startsWith(`${name}.`))) {
      const help = "Add `records:`, or remove the system: nothing would be searched in it.";
      lack(path, ["records"], { code: "MISSING_KEY", message: `The system \`${name}\` has no records.`, help }, check);
    }
  }

  const read = Object.entries(records).map(([record, block]) =>
    readRecord(
      record,
      block,
      { ...above, system: name, kind, session, ...(follows === undefined ? {} : { follows }) },
      check,
    ),
  );
  if (!isBackup) checkPlaces(read, path, check);
  return {
    name,
    kind,
    rank: check.kinds.get(kind)?.rank ?? "third_party",
    connect: {
      ...(connect.secret === undefined ? {} : { secret: connect.secret }),
      ...(connect.file === undefined ? {} : { file: connect.file }),
      ...(connect.root === undefined ? {} : { root: connect.root }),
      ...(connect.unsafe_overwrite === undefined ? {} : { unsafeOverwrite: connect.unsafe_overwrite }),
      ...ownOf([...path, "connect"], check),
    },
    ...(written.owner === undefined ? {} : { owner: written.owner }),
    ...(written.environment === undefined ? {} : { environment: written.environment }),
    ...(written.recipient === undefined ? {} : { recipient: recipientOf(written.recipient) }),
    feeds,
    ...(written.copy_of === undefined ? {} : { copyOf: written.copy_of }),
    session,
    ...ownOf(path, check),
    records: read,
    covers,
    ...(expiresAfter === undefined ? {} : { expiresAfter }),
    at: check.position(path),
  };
}

function recipientOf({
  notify: _,
  ...recipient
}: NonNullable<WrittenSystem["recipient"]>): NonNullable<SystemBlock["recipient"]> {
  return recipient;
}
