import { normalize } from "node:path";
import type { Place, RecordType, SystemBlock } from "../model/datamap.ts";
import { markerColumns } from "../model/marker.ts";
import type { FieldRule } from "../model/field-rule.ts";
import type { Check } from "./check.ts";
import type { Path } from "./source.ts";

/** In a column of a table these come to the same. */
const EMPTIES: ReadonlySet<FieldRule["kind"]> = new Set(["clear", "remove", "unlink"]);

/**
 * Record types that lie in one place. They may: what more than one of them finds is acted on once. But two of them that
 * change one column in different ways cannot both be right. Where they find the same records by the same match that is
 * sure, and no plan is made; else the plan finds out.
 */
export function checkPlaces(records: readonly RecordType[], path: Path, check: Check): void {
  for (const record of records) {
    const { key, spots } = spotsOf(record.place);
    if (new Set(spots).size < spots.length)
      check.report({
        path: [...path, "records", record.name, key],
        part: "key",
        code: "DUPLICATE",
        message: "The same place is there twice.",
        help: "Remove one of them.",
      });
  }
  for (const [at, record] of records.entries()) {
    for (const other of records.slice(0, at))
      if (isOnePlace(record.place, other.place)) checkPair(other, record, path, check);
  }
}

/**
 * Two systems that are one under two names, with record types over one place: what one of them holds the other would not
 * hold. Other secrets may lead to one server too: that nobody can see in a map.
 */
export function checkSystemsApart(systems: readonly SystemBlock[], check: Check): void {
  for (const [at, system] of systems.entries()) {
    for (const other of systems.slice(0, at)) {
      if (!isOneSystem(system, other)) continue;
      for (const record of system.records) {
        const twin = other.records.find((one) => isOnePlace(record.place, one.place));
        if (twin === undefined) continue;
        check.report({
          path: ["systems", system.name, "records", record.name, spotsOf(record.place).key],
          part: "key",
          severity: "warning",
          code: "CONFLICT_POSSIBLE",
          message: `\`${twin.id}\` and \`${record.id}\` lie in one place, and in two systems: what one holds would not be held for the other.`,
          help: "Write both as record types of one system.",
        });
      }
    }
  }
}

function isOneSystem(one: SystemBlock, other: SystemBlock): boolean {
  if (one.kind !== other.kind) return false;
  const [a, b] = [one.connect, other.connect];
  if (a.secret !== undefined) return a.secret === b.secret;
  const [here, there] = [a.file ?? a.root, b.file ?? b.root];
  return here !== undefined && there !== undefined && plain(here) === plain(there);
}

/** `./data/` and `data` are one path. */
function plain(path: string): string {
  return normalize(path).replace(/(?<=.)\/$/u, "");
}

function checkPair(first: RecordType, second: RecordType, path: Path, check: Check): void {
  if (isApart(first, second)) return;
  const [one, two] = [changedColumns(first), changedColumns(second)];
  const clashing = [...two]
    .filter(([column, rule]) => one.has(column) && one.get(column) !== rule)
    .map(([column]) => column);
  const [column] = clashing;
  if (column === undefined) return;
  const sure = JSON.stringify([first.match, first.where]) === JSON.stringify([second.match, second.where]);
  check.report({
    path: [...path, "records", second.name, Object.hasOwn(second.fields, column) ? "fields" : "paths"],
    part: "key",
    severity: "warning",
    stopsPlan: sure,
    code: "CONFLICT",
    message: `\`${first.name}\` and \`${second.name}\` lie in one place and change \`${column}\` in different ways.`,
    help: sure
      ? "They find the same records: `plan` refuses this data map until they agree, or until `where` tells the records apart."
      : "`plan` refuses records that both of them find. Write the same rule in both, or tell the records apart with `where`.",
  });
}

/** Whether the constants of two record types fit no record together. */
function isApart({ where: one = {} }: RecordType, { where: other = {} }: RecordType): boolean {
  return Object.entries(one).some(([column, values]) => {
    const others = other[column];
    return others !== undefined && !others.some((value) => values.includes(value));
  });
}

/** column or path -> the change, as text; what stays is no change, and a record that goes whole has none. */
function changedColumns(record: RecordType): ReadonlyMap<string, string> {
  switch (record.do) {
    case "erase":
    case "remove-rows":
    case "keep":
    case "ask":
      return new Map();
    case "anonymise":
    case "redact":
    case "unlink":
      break;
    case "soft-delete":
      return new Map(record.marker === undefined ? [] : markerColumns(record.marker).map((name) => [name, "mark"]));
  }
  const changes = (
    rules: readonly (readonly [string, FieldRule])[],
    wordOf: (rule: FieldRule) => string,
  ): (readonly [string, string])[] =>
    rules.flatMap(([name, rule]) => (rule.kind === "keep" ? [] : [[name, wordOf(rule)] as const]));
  const inside = Object.entries(record.paths);
  const paths =
    record.in.length === 0
      ? inside
      : record.in.flatMap((column) => inside.map(([name, rule]) => [`${column}.${name}`, rule] as const));
  const isTable = record.place.kind === "table";
  return new Map([
    ...changes(Object.entries(record.fields), (rule) =>
      isTable && EMPTIES.has(rule.kind) ? "empty" : JSON.stringify(rule),
    ),
    ...changes(paths, (rule) => JSON.stringify(rule)),
  ]);
}

/** Exactly one place, as far as the map shows it: patterns that overlap are seen when a plan finds their records. */
function isOnePlace(one: Place, other: Place): boolean {
  if (one.kind !== other.kind) return false;
  const spots = spotsOf(other).spots;
  return spotsOf(one).spots.some((spot) => spots.includes(spot));
}

function spotsOf(place: Place): { readonly key: string; readonly spots: readonly string[] } {
  switch (place.kind) {
    case "table":
      return { key: "table", spots: [`${place.schema ?? "public"}.${place.table}`] };
    case "index":
      return { key: "index", spots: [place.pattern] };
    case "files":
      return { key: "files", spots: place.globs };
    case "keys":
      return { key: "keys", spots: place.templates };
  }
}
