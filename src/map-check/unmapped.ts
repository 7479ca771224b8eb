/** What nobody decided about: columns without a rule, tables that lead to a record type, stores that keep copies beside the data. */
import type { DataMap } from "../model/datamap.ts";
import type { Store } from "../model/structure.ts";
import { listed } from "./changed.ts";
import { type CheckFinding, checkFinding } from "./finding.ts";
import { ignoresOf, isUsed, type Reach, readsStore, type Surveyed } from "./reach.ts";

/** Whole words of a name: `email_outbox`, `OutboxMessage`, `delayed_jobs`. */
const SIDE =
  /(?:^|_)(?:outbox|outboxes|inbox_?messages?|jobs?|queued?|queues?|sessions?|deliver(?:y|ies)|dead_?letters?|dlq|webhooks?|webhook_?events?|mail_?log|sent_?mails?|email_?log)(?:_|$)/u;

export function unmappedFindings(map: DataMap, surveyed: Surveyed, reaches: readonly Reach[]): readonly CheckFinding[] {
  const { block } = surveyed;
  const byName = new Map(reaches.map((reach) => [reach.store.name, reach]));
  return reaches
    .filter(({ counted, ignored }) => counted && !ignored)
    .flatMap((reach): CheckFinding[] => {
      const { store, records } = reach;
      const columns = store.columns.map(({ name }) => name).filter((name) => reach.stateOf(name) === "unmapped");
      const [first] = records;
      if (first !== undefined)
        return columns.map((column) =>
          checkFinding(map, "COLUMN_UNMAPPED", {
            record: first.id,
            column,
            // nothing names it there
            line: first.at.line,
            message: `no rule reaches \`${column}\``,
          }),
        );
      if (map.conditions.some((condition) => readsStore(condition, block, store)) && columns.length === 0) return [];
      const record = `${block.name}.${store.name}`;
      if (store.columns.length > 0 && columns.length === 0) return [];
      const references = referenceFindings(map, record, reach, byName);
      const side = isSideStore(store)
        ? [
            checkFinding(map, "SIDE_STORE", {
              record,
              message: `\`${store.name}\` is neither a record type nor ignored`,
            }),
          ]
        : [];
      const more = columns.length === 0 ? "" : ` (${listed(columns)})`;
      const none = { record, line: block.at.line, message: `no record type names ${wordOf(store)}${more}` };
      return references.length + side.length > 0
        ? [...references, ...side]
        : [checkFinding(map, "COLUMN_UNMAPPED", none)];
    });
}

function wordOf({ kind }: Store): string {
  return kind === "table" || kind === "view" ? "this table" : kind === "index" ? "this index" : `these ${kind}`;
}

export function isSideStore({ name, kind }: Store): boolean {
  if (kind === "view") return false;
  const last = name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("/")) + 1);
  const words = last
    .replaceAll(/([a-z0-9])([A-Z])/gu, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "_");
  return SIDE.test(words);
}

/** One finding a table, for each record type it leads to. */
function referenceFindings(
  map: DataMap,
  record: string,
  { store }: Reach,
  byName: ReadonlyMap<string, Reach>,
): readonly CheckFinding[] {
  return store.references.flatMap((reference) => {
    const [parent] = byName.get(reference.to)?.records ?? [];
    if (parent === undefined || reference.to === store.name) return [];
    const keys = reference.columns.join(", ");
    return [
      checkFinding(map, "REFERENCE_UNMAPPED", {
        record,
        at: parent.id,
        column: reference.columns[0] ?? keys,
        message: `\`${reference.name}\` (${keys}) leads to ${parent.id}, and the data map does not know this table`,
        help: `Add it, found by \`match: { ${reference.columns[0] ?? keys}: ${parent.id}.${reference.toColumns[0] ?? "id"} }\`, or list it in map.ignore.`,
      }),
    ];
  });
}

/** Entries of map.ignore that mean nothing there. */
export function unusedIgnores(map: DataMap, { block, stores }: Surveyed): readonly CheckFinding[] {
  return ignoresOf(map, block)
    .filter((entry) => !isUsed(entry, stores))
    .map(({ text }) =>
      checkFinding(map, "IGNORE_UNUSED", {
        record: `${block.name}.${text}`,
        message: "nothing there fits this entry of map.ignore",
      }),
    );
}
