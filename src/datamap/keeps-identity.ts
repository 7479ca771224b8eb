import type { ColumnRef, DataMap, RecordType } from "../model/datamap.ts";
import type { Check } from "./check.ts";
import type { Path } from "./source.ts";

/**
 * Warns where records are anonymised and keep an identity that they are found by. A field rule for it, `keep` too, says
 * what is meant. `isRead`: whether nothing at this path was left out for being wrong.
 */
export function checkKeptIdentities(
  { identities, systems }: Pick<DataMap, "identities" | "systems">,
  isRead: (path: Path) => boolean,
  check: Check,
): void {
  const records = new Map(systems.flatMap((system) => system.records.map((record) => [record.id, record] as const)));
  for (const record of records.values()) {
    const path = ["systems", record.system, "records", record.name];
    const purged = record.do !== "anonymise" && record.purge?.how === "anonymise";
    if ((record.do !== "anonymise" && !purged) || !isRead([...path, "fields"]) || !isRead([...path, "paths"])) continue;
    const ruled = ruledColumns(record);
    for (const { column, source } of record.match.terms) {
      const identity = source.kind === "identity" ? source.identity : identityBehind(source.ref, records, identities);
      // a row that was hidden and stays keeps its own key: what leads here by it has a rule of its own
      const isOwnKey = identities.some(({ foundIn }) => foundIn?.record === record.id && foundIn.column === column);
      if (identity === undefined || (purged && isOwnKey) || ruled.some((one) => reaches(one, column))) continue;
      check.report({
        path: [...path, purged ? "purge" : "do"],
        part: "value",
        severity: "warning",
        code: "KEEPS_IDENTITY",
        message: `\`${record.name}\` are anonymised, but \`${column}\` still holds the person's ${identity}.`,
        help: `Say what becomes of it: \`fields: { ${column}: clear }\`, or \`keep\` where it is meant to stay.`,
      });
    }
  }
}

/** Columns and paths that a rule names, as a match would name them. */
function ruledColumns({ fields, paths, in: columns }: RecordType): readonly string[] {
  const inside = Object.keys(paths);
  return [
    ...Object.keys(fields),
    ...(columns.length === 0 ? inside : columns.flatMap((column) => inside.map((path) => `${column}.${path}`))),
  ];
}

/** Whether a rule for this column or path is one for the matched one: itself, or what holds it. */
function reaches(ruled: string, column: string): boolean {
  return column === ruled || column.startsWith(`${ruled}.`) || column.startsWith(`${ruled}[`);
}

/** The identity whose values stand in a column of another record. */
function identityBehind(
  ref: ColumnRef,
  records: ReadonlyMap<string, RecordType>,
  identities: DataMap["identities"],
): string | undefined {
  const looked = identities.find(({ foundIn }) => foundIn?.record === ref.record && foundIn.column === ref.column);
  if (looked !== undefined) return looked.name;
  const term = records
    .get(ref.record)
    ?.match.terms.find(({ column, source }) => column === ref.column && source.kind === "identity");
  return term?.source.kind === "identity" ? term.source.identity : undefined;
}
