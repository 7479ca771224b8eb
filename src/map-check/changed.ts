/** What is new, gone, or of another type since somebody accepted the structure. What the data map reaches already is nothing new. */
import type { DataMap } from "../model/datamap.ts";
import { ignoreFits } from "../model/ignore.ts";
import { nameForGit } from "../model/name-for-git.ts";
import type { Store } from "../model/structure.ts";
import type { CoverageCode } from "./codes.ts";
import { type CheckFinding, checkFinding } from "./finding.ts";
import type { Lock, LockedStore } from "./lock.ts";
import type { Reach, Surveyed } from "./reach.ts";

export function changedFindings(
  map: DataMap,
  { block }: Surveyed,
  reaches: readonly Reach[],
  lock: Lock,
): readonly CheckFinding[] {
  const accepted = lock.systems[block.name]?.stores ?? {};
  const there = new Map(reaches.map((reach) => [nameForGit(reach.store.name), reach]));
  const known = acceptedNames(reaches, Object.keys(accepted));
  const mapped = new Set(known.values());
  const gone = Object.entries(accepted)
    .filter(([name, { kind }]) => (kind === "table" || kind === "index") && !there.has(name) && !mapped.has(name))
    .filter(([name]) => !isIgnored(map, `${block.name}.${name}`))
    .map(([name, { kind }]) =>
      checkFinding(map, "TABLE_GONE", {
        record: `${block.name}.${name}`,
        message: `the ${kind} is not there any more`,
      }),
    );
  const found = reaches
    .filter((reach) => reach.counted && !reach.ignored)
    .flatMap((reach) => {
      const before = accepted[known.get(reach) ?? nameForGit(reach.store.name)];
      return before === undefined
        ? newStore(map, block.name, reach, Object.keys(accepted))
        : columnFindings(map, block.name, reach, before);
    });
  return [...gone, ...found];
}

/**
 * The names under which record types' tables were accepted, where those are other ones now: whether a table has its schema
 * before its name hangs on the role's rights and search_path, and not on the table. What a table is now its own check says.
 */
function acceptedNames(reaches: readonly Reach[], accepted: readonly string[]): ReadonlyMap<Reach, string> {
  const now = new Set(reaches.map(({ store }) => nameForGit(store.name)));
  const free = accepted.filter((name) => !now.has(name));
  return new Map(
    reaches.flatMap((reach): [Reach, string][] => {
      const name = nameForGit(reach.store.name);
      if (reach.records.length === 0 || reach.store.kind !== "table" || accepted.includes(name)) return [];
      const [same, ...more] = free.filter((other) => name.endsWith(`.${other}`) || other.endsWith(`.${name}`));
      return same === undefined || more.length > 0 ? [] : [[reach, same]];
    }),
  );
}

function isIgnored({ ignore }: DataMap, name: string): boolean {
  return ignore.some((entry) => ignoreFits(entry, name));
}

function newStore(map: DataMap, system: string, reach: Reach, accepted: readonly string[]): readonly CheckFinding[] {
  const { store, records } = reach;
  if (records.length > 0) return [];
  const columns = store.columns.map(({ name }) => name);
  if (columns.length > 0 && columns.every((name) => reach.stateOf(name) === "ignored")) return [];
  const more = columns.length === 0 ? "" : `, with ${listed(columns)}`;
  return [
    checkFinding(map, newCode(store, accepted), {
      record: `${system}.${store.name}`,
      message: `${KINDS[store.kind]} that the data map does not know${more}`,
    }),
  ];
}

const KINDS = {
  table: "a table",
  view: "a view",
  index: "an index",
  objects: "objects",
  files: "files",
} as const;

function newCode({ kind, name }: Store, accepted: readonly string[]): CoverageCode {
  if (kind === "table" || kind === "view" || kind === "index") return "TABLE_NEW";
  if (kind === "objects") return "PREFIX_NEW";
  // in a folder of a bucket where nothing was, the folder is what is new
  const folder = nameForGit(name.slice(0, name.lastIndexOf("/") + 1));
  const isKnown = folder === "" || accepted.some((other) => other.startsWith(folder));
  return isKnown ? "FILE_NEW" : "PREFIX_NEW";
}

function columnFindings(map: DataMap, system: string, reach: Reach, before: LockedStore): readonly CheckFinding[] {
  const { store, records } = reach;
  const record = records[0]?.id ?? `${system}.${store.name}`;
  const codes = codesOf(store);
  const now = Map.groupBy(store.columns, ({ name }) => nameForGit(name));
  const added = store.columns
    .filter(({ name }) => before.columns[nameForGit(name)] === undefined && reach.stateOf(name) === "unmapped")
    .map(({ name, type }) =>
      checkFinding(map, codes.added, {
        record,
        column: name,
        message: `\`${name}\`${type === "" ? "" : ` (${type})`} is new, and no rule reaches it`,
      }),
    );
  const gone =
    // a path that no line has just now may come again tomorrow, and a file that cannot be read says so itself
    store.format === "jsonl" || (store.format === "csv" && now.size === 0)
      ? []
      : Object.keys(before.columns)
          .filter((name) => !now.has(name) && !isIgnored(map, `${system}.${store.name}.${name}`))
          .map((name) =>
            checkFinding(map, codes.gone, { record, column: name, message: `\`${name}\` is not there any more` }),
          );
  const retyped = [...now].flatMap(([name, columns]) => {
    const [was, is] = [before.columns[name], [...new Set(columns.map(({ type }) => type))].toSorted().join(" or ")];
    if (
      was === undefined ||
      was === is ||
      columns.every((one) => isIgnored(map, `${system}.${store.name}.${one.name}`))
    )
      return [];
    const message = `\`${name}\` is ${is}, and was ${was}`;
    return [checkFinding(map, "COLUMN_RETYPED", { record, column: name, message })];
  });
  return [...added, ...gone, ...retyped];
}

interface ColumnCodes {
  readonly added: CoverageCode;
  readonly gone: CoverageCode;
}

export function codesOf({ kind }: Pick<Store, "kind">): ColumnCodes {
  switch (kind) {
    case "table":
    case "view":
      return { added: "COLUMN_NEW", gone: "COLUMN_GONE" };
    case "index":
      return { added: "FIELD_NEW", gone: "FIELD_GONE" };
    case "objects":
    case "files":
      return { added: "HEADER_NEW", gone: "HEADER_GONE" };
  }
}

/** A few names, and how many more. */
export function listed(names: readonly string[], most = 5): string {
  const some = names.slice(0, most).join(", ");
  return names.length > most ? `${some} and ${names.length - most} more` : some;
}
