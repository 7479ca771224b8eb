import type { DataMap, Follows, Hold, Match, RecordType, RoundUp, SystemBlock, Where } from "../model/datamap.ts";
import type { FieldRule, FieldRules } from "../model/field-rule.ts";

/** A rule of the data map as a person reads it. */
export interface RuleSentence {
  /** `system.record`, or the system's name for what is said of the whole system. */
  readonly record: string;
  readonly sentence: string;
  readonly file: string;
  readonly line: number;
}

/** Every rule as one plain sentence, in the order of the file. */
export function sentences(map: DataMap): RuleSentence[] {
  const heldWith = heldThrough(map);
  return map.systems.flatMap((system) => {
    const own = [...systemSentence(system), ...backupSentence(system)].map((sentence) => ({
      record: system.name,
      sentence,
      file: map.file,
      line: system.at.line,
    }));
    const rules = system.records.map((record) => ({
      record: record.id,
      sentence: ruleSentence(record, map, heldWith.get(record.id) ?? []),
      file: map.file,
      line: record.at.line,
    }));
    return [...own, ...rules];
  });
}

/** Who stands behind a system, where the map says so. */
function systemSentence({ name, owner, environment, recipient }: SystemBlock): string[] {
  const { name: receiver = "somebody else", role, country } = recipient ?? {};
  const parts = [
    ...(environment === "test" ? ["is a test environment"] : []),
    ...(recipient === undefined
      ? []
      : [
          `is run by ${receiver}${country === undefined ? "" : ` in ${country}`}${role === undefined ? "" : `, a ${role}`}`,
        ]),
    ...(owner === undefined ? [] : [`is answered for by ${owner}`]),
  ];
  return parts.length === 0 ? [] : [`${name} ${parts.join("; it ")}.`];
}

function backupSentence({ covers, expiresAfter }: SystemBlock): string[] {
  if (covers.length === 0) return [];
  return [
    `Nothing is erased in the backups of ${list(covers)}; each copy is gone ${expiresAfter?.text ?? "some time"} after it was made.`,
  ];
}

function ruleSentence(record: RecordType, map: DataMap, heldWith: readonly string[]): string {
  const unless = map.conditions.find(({ name }) => name === record.unless);
  const holds = record.holds.flatMap((use) =>
    map.holds.filter(({ name }) => name === use.hold).map((hold) => ({ hold, from: use.from })),
  );
  const what = `${subject(record)}${foundBy(record.match)}${onlyWhere(record.where)}${unless === undefined ? "" : `, unless ${unless.says}`}`;
  const changes = changesOf(record);
  const parts =
    holds.length === 0
      ? [
          record.do === "soft-delete"
            ? `${verb(record)} ${what}${hides(record)}`
            : `${verb(record)} ${what}${changes === "" || record.do === "erase" ? "" : `: ${changes}`}`,
        ]
      : [
          `Keep ${what}, ${list(
            holds.map(({ hold, from }) => until(hold, from)),
            "and in any case",
          )}${then(record, changes)}`,
        ];
  if (changes !== "" && record.do === "erase")
    parts.push(`where something that is kept still needs one, it stays and we ${changes}`);
  parts.push(...lifeCycle(record, changes));
  if (record.follows !== undefined) parts.push(copyOf(record.follows));
  if (record.shared === "erase") parts.push("what holds other people too goes whole");
  const lists = Object.entries(record.split ?? {}).map(
    ([column, separator]) => `${column} holds a list, split at ${JSON.stringify(separator)}`,
  );
  parts.push(...lists);
  if (record.created !== undefined) parts.push(`what came into being (${record.created}) after the request waits`);
  if (record.whileHeld?.keepOnly !== undefined)
    parts.push(
      `until then only ${list([...record.whileHeld.keepOnly, "the keys"])} stay${record.whileHeld.restrict ? ", with restricted access" : ""}`,
    );
  else if (record.whileHeld?.restrict === true) parts.push("until then access is restricted");
  const protects = [...new Set(record.holds.flatMap((use) => use.protects))];
  if (protects.length > 0) parts.push(`while they are kept, ${list(protects)} stay too`);
  if (heldWith.length > 0) parts.push(`what belongs to kept ${list(heldWith)} is kept with them`);
  return `${parts.join("; ")}.`;
}

/** record -> the held records through which it is found; what is reached through those is held with them too. */
export function heldThrough(map: DataMap): ReadonlyMap<string, readonly string[]> {
  const records = map.systems.flatMap((system) => system.records);
  const held = new Set(records.filter(({ holds }) => holds.length > 0).map(({ id }) => id));
  const through = (record: RecordType): string[] => [
    ...new Set(
      record.match.terms.flatMap(({ source }) =>
        source.kind === "column" && held.has(source.ref.record) ? [source.ref.record] : [],
      ),
    ),
  ];
  for (let grown = true; grown;) {
    const more = records.filter(
      ({ id, match }) =>
        !held.has(id) &&
        match.terms.length > 0 &&
        match.terms.every(({ source }) => source.kind === "column" && held.has(source.ref.record)),
    );
    for (const { id } of more) held.add(id);
    grown = more.length > 0;
  }
  return new Map(records.map((record) => [record.id, through(record)]));
}

function verb({ do: action }: RecordType): string {
  switch (action) {
    case "erase":
      return "Erase";
    case "anonymise":
      return "Anonymise";
    case "redact":
      return "Redact";
    case "remove-rows":
      return "Remove the rows of";
    case "soft-delete":
      return "Hide";
    case "unlink":
      return "Cut the link to the person in";
    case "keep":
      return "Keep";
    case "ask":
      return "Decide first what becomes of";
  }
}

/** By what a record is hidden. */
function hides({ marker }: RecordType): string {
  if (marker === undefined) return "";
  if (marker.kind === "delete_marker") return " by a delete marker";
  const value = marker.kind === "flag" ? marker.deleted : marker.kind === "status" ? (marker.deleted[0] ?? "") : "";
  return ` by setting ${marker.column}${value === "" ? "" : ` to ${value}`}`;
}

/** What the copy does by itself, and what is left to us. */
function copyOf({ source, replays }: Follows): string {
  return replays === "hard_delete"
    ? `as a copy it goes by itself where ${source} goes: we wait for that and look again, and what must stay here keeps ${source} too`
    : `as a copy it is marked by itself where ${source} is marked: we wait for that and look again, and erase it ourselves after ${source}`;
}

/** What becomes of it in time. */
function lifeCycle(record: RecordType, changes: string): readonly string[] {
  const { do: action, marker, restoreWindow, purge, schedule } = record;
  const gone =
    purge === undefined
      ? []
      : [
          `${purge.how === "erase" ? "erased" : `anonymised (${changes})`} ${purge.after.text} after ${action === "soft-delete" ? "it was hidden" : "the application has hidden it"}`,
        ];
  const live =
    marker?.kind === "timestamp" && marker.live !== null
      ? [`${marker.column} of ${marker.live} says that it lives`]
      : [];
  const due =
    schedule === undefined ? [] : [`also without a request, from ${schedule.after.text} after ${schedule.from} on`];
  return [...live, ...(restoreWindow === undefined ? [] : [`restorable for ${restoreWindow.text}`]), ...gone, ...due];
}

function then(record: RecordType, changes: string): string {
  const how = changes === "" || record.do === "erase" ? "" : `: ${changes}`;
  switch (record.do) {
    case "keep":
      return "";
    case "remove-rows":
      return ", then remove the rows";
    case "soft-delete":
      return `, then hide them${hides(record)}`;
    case "unlink":
      return `, then cut their link to the person${how}`;
    case "ask":
      return ", then decide what becomes of them";
    case "erase":
    case "anonymise":
    case "redact":
      return `, then ${record.do} them${how}`;
  }
}

function subject(record: RecordType): string {
  const { place, name, system } = record;
  const called = record.called === undefined ? "" : ` (${record.called})`;
  const audit = record.auditOf.length === 0 ? "" : `, the audit trail of ${list(record.auditOf)},`;
  const versions = record.versions === "all" ? " in every version" : "";
  const where =
    place.kind === "files"
      ? `, files ${list(place.globs)}${versions},`
      : place.kind === "keys"
        ? `, objects ${list(place.templates)}${versions},`
        : "";
  return `${name}${called} in ${system}${where}${audit}`;
}

function foundBy({ mode, terms }: Match): string {
  const words = terms.map(({ column, source }) => {
    const by = source.kind === "identity" ? source.identity : `${source.ref.record}.${source.ref.column}`;
    return column.startsWith(":") ? `${by} in the key` : column === by ? column : `${column} = ${by}`;
  });
  return ` found by ${list(words, column(terms) || mode === "all" ? "and" : "or")}`;
}

/** Whether the terms are placeholders of a key: then they all count. */
function column(terms: Match["terms"]): boolean {
  return terms.some((term) => term.column.startsWith(":"));
}

function onlyWhere(where: Where = {}): string {
  const words = Object.entries(where).map(([column, values]) => `${column} is ${list(values, "or")}`);
  return words.length === 0 ? "" : ` where ${list(words)}`;
}

function until(hold: Hold, from: string): string {
  return `until ${periodWords(hold, from)}, because ${hold.says} (${hold.law.join("; ")})`;
}

/** As in "8 years after the end of the calendar year of issued_on". */
export function periodWords(hold: Hold, from: string): string {
  const day = hold.starts === undefined ? from : `the end of the relationship (${from})`;
  const start = hold.roundUpTo === undefined ? day : `the end of the ${yearOf(hold.roundUpTo)} of ${day}`;
  const never = hold.notBefore === undefined ? "" : ` and at least until ${hold.notBefore}`;
  const open = hold.suspended === undefined ? "" : `, and now until a person has looked, for ${hold.suspended}`;
  const longer = hold.suspension === undefined ? "" : `, and longer while ${hold.suspension}`;
  return `${hold.keepFor.text} after ${start}${never}${longer}${open}`;
}

function yearOf(to: RoundUp): string {
  switch (to.to) {
    case "calendar_year":
      return "calendar year";
    case "fiscal_year":
      return `fiscal year (${String(to.month).padStart(2, "0")}-${String(to.day).padStart(2, "0")})`;
  }
}

/** What a rule changes in a record that stays; empty: nothing. */
export function changesOf({ fields, paths, in: inside }: RecordType): string {
  const ofPaths = fieldWords(paths);
  return [fieldWords(fields), ofPaths === "" || inside.length === 0 ? ofPaths : `in ${list(inside)} ${ofPaths}`]
    .filter((words) => words !== "")
    .join(", and ");
}

function fieldWords(rules: FieldRules): string {
  const columns = new Map<string, string[]>();
  for (const [name, rule] of Object.entries(rules)) {
    const words = fieldWord(rule);
    columns.set(words, [...(columns.get(words) ?? []), name]);
  }
  return [...columns].map(([words, names]) => words.replace("…", list(names))).join(", ");
}

function fieldWord(rule: FieldRule): string {
  switch (rule.kind) {
    case "clear":
    case "remove":
    case "unlink":
    case "keep":
    case "pseudonymise":
      return `${rule.kind} …`;
    case "set":
      return `set … to ${JSON.stringify(rule.value)}`;
    case "generalise":
      return `keep only the ${rule.to} of …`;
    case "prefix":
      return `keep only the first ${rule.length === 1 ? "character" : `${rule.length} characters`} of …`;
    case "truncate":
      return `keep only the first ${rule.bits} bits of …`;
    case "template":
      return "write a fresh value into …";
  }
}

function list(words: readonly string[], last = "and"): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
