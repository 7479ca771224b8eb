/** What would become of personal columns of a row that stays: `clear` where that can be, else something that fits the column. */
import type { Store, StoreColumn } from "../model/structure.ts";
import type { PersonalColumn, ProposedField } from "./proposal.ts";

/** A template needs room for its fresh part. */
const RANDOM = 20;

export function fieldsOf(
  store: Store,
  personal: readonly PersonalColumn[],
  fixed: ReadonlySet<string>,
): readonly ProposedField[] {
  return personal.flatMap((one): ProposedField[] => {
    const column = store.columns.find(({ name }) => name === one.column);
    if (column === undefined || fixed.has(one.column)) return [];
    if (column.generated) return [];
    const { rule, because } = ruleFor(store, column, one);
    const reason = because === "" ? one.reason : `${one.reason}; ${because}`;
    return [{ column: one.column, ...(rule === undefined ? {} : { rule }), reason }];
  });
}

function ruleFor(
  store: Store,
  column: StoreColumn,
  { kind }: PersonalColumn,
): { readonly rule?: string; readonly because: string } {
  const unique =
    store.uniques.some(({ columns, expressions }) =>
      expressions.length === 0 ? columns.length === 1 && columns[0] === column.name : false,
    ) || store.uniques.some(({ expressions }) => expressions.some((text) => text.includes(column.name)));
  const checked = store.checks.some(({ columns }) => columns.includes(column.name));
  const checks = checked ? "a CHECK constraint reads it" : "";
  if (column.nullable) return { rule: "clear", because: checks };
  const room = column.length ?? Infinity;
  const never = "NOT NULL";
  switch (column.shape) {
    case "text":
    case "other": {
      if (column.values !== undefined && column.values.length > 0) {
        const neutral = column.values.find((value) =>
          /^(?:unknown|other|none|undisclosed|n\/?a|x|divers|unbekannt|keine?|autre|otro|altro)$/iu.test(value),
        );
        return neutral === undefined
          ? { because: `${never}, and one of a few values: choose one` }
          : { rule: `{ set: ${JSON.stringify(neutral)} }`, because: never };
      }
      if (/^(?:inet|cidr|macaddr8?|citext|xml|point|ltree)/u.test(column.type) && column.type !== "citext")
        return column.type === "inet"
          ? { rule: '{ set: "0.0.0.0" }', because: never }
          : { because: `${never} and ${column.type}: say what it becomes` };
      if (unique && kind === "email")
        return room < RANDOM + 17
          ? short(never)
          : { rule: '{ template: "erased+:random@invalid" }', because: `unique and ${never}` };
      if (unique)
        return room < RANDOM + 7
          ? short(never)
          : { rule: '{ template: "erased-:random" }', because: `unique and ${never}` };
      if (kind === "email" && room >= 14)
        return { rule: '{ set: "erased@invalid" }', because: [never, checks].filter((text) => text !== "").join("; ") };
      if (kind === "birth") return { rule: room >= 6 ? "{ set: erased }" : '{ set: "" }', because: never };
      return {
        rule: room >= 6 ? "{ set: erased }" : '{ set: "" }',
        because: [never, checks].filter((text) => text !== "").join("; "),
      };
    }
    case "date":
      return { rule: "{ generalise: year }", because: never };
    case "number":
      return unique
        ? { because: `${never} and unique: say what it becomes` }
        : { rule: "{ set: 0 }", because: [never, checks].filter((text) => text !== "").join("; ") };
    case "json":
      return { rule: '{ set: "{}" }', because: never };
    case "array":
      return { rule: '{ set: "{}" }', because: never };
    case "boolean":
      return { rule: "{ set: false }", because: never };
    case "uuid":
      return unique
        ? { because: `${never} and unique: say what it becomes` }
        : { rule: '{ set: "00000000-0000-0000-0000-000000000000" }', because: never };
    case "bytes":
      return { because: `${never} and bytes: say what it becomes` };
  }
}

function short(never: string): { readonly because: string } {
  return { because: `unique, ${never} and too short for a template: say what it becomes` };
}
