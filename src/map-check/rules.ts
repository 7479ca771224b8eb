/** Rules and conditions held against what their columns can hold. */
import type { Condition, DataMap, RecordType } from "../model/datamap.ts";
import { nearest } from "../model/nearest.ts";
import type { Sampled, Store } from "../model/structure.ts";
import { type CheckFinding, checkFinding } from "./finding.ts";
import { columnOf, plain, type Reach, readsStore, type Surveyed } from "./reach.ts";

export function ruleFindings(
  map: DataMap,
  { block }: Surveyed,
  reaches: readonly Reach[],
  samples: ReadonlyMap<string, readonly Sampled[]>,
): readonly CheckFinding[] {
  return reaches.flatMap(({ store, records }) => [
    ...records.flatMap((record) => tombstones(map, record, store)),
    ...map.conditions
      .flatMap((condition) => usesOf(condition, records, readsStore(condition, block, store), store, block.name))
      .flatMap((use) => neverMet(map, use, store, samples.get(store.name) ?? [])),
  ]);
}

interface Use {
  readonly condition: Condition;
  /** Where it reads. */
  readonly record: string;
}

/** A condition is read in the record that waits for it, or in the table that it names. */
function usesOf(
  condition: Condition,
  records: readonly RecordType[],
  read: boolean,
  store: Store,
  system: string,
): readonly Use[] {
  if (condition.any !== undefined)
    return read ? [{ condition, record: records[0]?.id ?? `${system}.${store.name}` }] : [];
  return records.filter(({ unless }) => unless === condition.name).map(({ id }) => ({ condition, record: id }));
}

/** Conditions of a system's stores: what of them is to be sampled. */
export function isReadBy(condition: Condition, { store, records }: Reach, { block }: Surveyed): boolean {
  return usesOf(condition, records, readsStore(condition, block, store), store, block.name).length > 0;
}

/** Values that a column's own declaration does not let in; and, of those that it could hold, ones that are written otherwise there. */
function neverMet(map: DataMap, { condition, record }: Use, store: Store, sampled: readonly Sampled[]) {
  return Object.entries(condition.where).flatMap(([name, wanted]): CheckFinding[] => {
    const possible = possibleValues(store, name);
    const say = (message: string, help?: string) => [
      checkFinding(map, "CONDITION_NEVER", {
        record,
        column: name,
        line: condition.at.line,
        message: `the condition \`${condition.name}\` ${message}`,
        ...(help === undefined ? {} : { help }),
      }),
    ];
    if (possible !== undefined) {
      const missing = wanted.filter((value) => !possible.includes(value));
      if (missing.length === 0) return [];
      return say(
        `waits for \`${name}\` to be ${missing.map((value) => `\`${value}\``).join(" or ")}, which it can never be`,
        `It can be: ${possible.join(", ")}.`,
      );
    }
    const values = new Set(sampled.find((one) => plain(one.column) === plain(name))?.values ?? []);
    // a free text would tell what people wrote
    if (values.size === 0 || values.size > 20 || wanted.some((value) => values.has(value))) return [];
    const alike = wanted.flatMap((value) => {
      const other = [...values].find((one) => one.trim().toLowerCase() === value.trim().toLowerCase());
      return other === undefined ? [] : [{ value, other }];
    });
    const [first] = alike;
    return first === undefined
      ? []
      : say(
          `waits for \`${name}\` to be \`${first.value}\`, which no record there has`,
          `Records there have \`${first.other}\`: write it so.`,
        );
  });
}

/** What a column can hold, where its type or a constraint lists it. */
function possibleValues(store: Store, name: string): readonly string[] | undefined {
  const column = columnOf(store, name);
  if (column?.values !== undefined) return column.values;
  for (const { columns, text } of store.checks) {
    if (columns.length !== 1 || columns[0] !== name || /\bor\b/iu.test(text.replaceAll(/'(?:[^']|'')*'/gu, "")))
      continue;
    const list = /(?:=\s*any\s*\(+\s*array\s*\[|\bin\s*\()([^\])]*)/iu.exec(text)?.[1];
    if (list === undefined || /\bnot\b/iu.test(text)) continue;
    const values = [...list.matchAll(/'((?:[^']|'')*)'/gu)].map(([, value = ""]) => value.replaceAll("''", "'"));
    if (values.length > 0) return values;
  }
  return undefined;
}

/** What a rule writes, where a column's declaration says what it takes. The rest is proved by each kind of system itself. */
function tombstones(map: DataMap, record: RecordType, store: Store): readonly CheckFinding[] {
  return Object.entries(record.fields).flatMap(([name, rule]): CheckFinding[] => {
    if (rule.kind !== "set") return [];
    const column = columnOf(store, name);
    const value = String(rule.value);
    const say = (message: string, help?: string) => [
      checkFinding(map, "TOMBSTONE_BREAKS", {
        record: record.id,
        column: name,
        message,
        ...(help === undefined ? {} : { help }),
      }),
    ];
    const possible = possibleValues(store, name);
    if (possible !== undefined && !possible.includes(value)) {
      const meant = nearest(value, possible);
      return say(
        `\`${name}\` cannot hold what \`set\` writes`,
        `It can be: ${possible.join(", ")}.${meant === undefined ? "" : ` Did you mean \`${meant}\`?`}`,
      );
    }
    const alone = store.uniques.find(
      ({ columns, expressions, where }) =>
        where === undefined && expressions.length === 0 && columns.length === 1 && columns[0] === name,
    );
    if (alone !== undefined)
      return say(
        `\`set\` writes one value into every record, and \`${alone.name}\` lets it in once`,
        "Write `{ template: … }` with a `:random`, which is another one in each record.",
      );
    return column?.length !== undefined && value.length > column.length
      ? say(`\`${name}\` holds ${column.length} characters, and \`set\` writes ${value.length}`)
      : [];
  });
}
