import type { FieldRule } from "../../src/model/field-rule.ts";
import type { Finding } from "../../src/model/search.ts";
import { changedFields, texts } from "../../src/sql/record-table.ts";
import { leaves } from "../../src/sql/rule-values.ts";
import type { Column } from "./catalog.ts";
import { isText } from "./columns.ts";
import { checkRules } from "../../src/sql/check-rules.ts";
import type { CheckFacts } from "./check-facts.ts";
import { finding } from "../../src/sql/findings.ts";
import type { Resolved } from "./resolved.ts";
import { attempt } from "./session.ts";
import { binder, equal, EQUALS, quoted } from "./sql.ts";
import type { Session } from "./transaction.ts";

/** Whether the columns can be changed as the rules say, and would keep the table's constraints. */
export async function* checkFields(session: Session, resolved: Resolved, facts: CheckFacts): AsyncGenerator<Finding> {
  const { indexes } = resolved.table;
  const refused = new Set<string>();
  for (const one of checkRules(resolved, {
    unchangeable: (column) => unchangeable(resolved, column),
    isText: ({ type }, rule) => isText(type) || (rule.kind === "truncate" && ["inet", "cidr"].includes(type.name)),
    isUnique: ({ name }) =>
      indexes.some(({ unique, plain, columns }) => unique && plain && columns.length === 1 && columns[0] === name),
  })) {
    if (one.column !== undefined && one.severity === "error") refused.add(one.column);
    yield one;
  }
  for (const [name, rule] of Object.entries(changedFields(resolved.target.changes).fields)) {
    const column = resolved.table.columns.get(name);
    if (column !== undefined && rule.kind !== "keep" && !refused.has(name))
      yield* checkValue(facts, resolved, column, rule);
  }
  yield* checkConstraints(session, resolved, facts);
}

function unchangeable({ table, catalog }: Resolved, column: Column): string | undefined {
  const where = `column ${column.name} of ${table.shown}`;
  if (column.generated) return `${where} is generated: it follows other columns`;
  if (table.partitionKey.includes(column.name)) return `${where} decides the partition`;
  // whatever its ON UPDATE says: rows that were not planned would change, or keep this one from changing
  const foreignKey = catalog.into(table).find(({ parentColumns }) => parentColumns.includes(column.name));
  return foreignKey === undefined
    ? undefined
    : `${where} is referenced by ${catalog.table(foreignKey.child)?.shown ?? foreignKey.child} (${foreignKey.name})`;
}

function* checkValue(facts: CheckFacts, resolved: Resolved, column: Column, rule: FieldRule): Generator<Finding> {
  const value = leaves(resolved, column, rule);
  const where = `column ${column.name} of ${resolved.table.shown}`;
  const say = (message: string) => finding(resolved, "CONSTRAINT", "error", message, { column: column.name });
  if (value == null) return;
  if (column.length > 0 && Array.from(value).length > column.length)
    yield say(`${where} is ${column.declared}, too short for what \`${rule.kind}\` leaves`);
  else if (!facts.takes(column.declared, value))
    yield say(`${where} is ${column.declared}, which refuses what \`${rule.kind}\` leaves`);
}

/** A column that references other rows and gets one value in all of its own: there must be a row to reference. */
async function* checkForeignKeys(
  session: Session,
  resolved: Resolved,
  known: ReadonlyMap<string, string | null>,
): AsyncGenerator<Finding> {
  const { table, catalog } = resolved;
  const mine = new Set([table, ...catalog.ancestors(table).filter(({ kind }) => kind === "p")].map(({ oid }) => oid));
  for (const { name, child, columns, parentColumns, parentName, operators } of catalog.foreignKeys) {
    const values = columns.map((column) => known.get(column));
    if (!mine.has(child) || values.some((value) => value == null)) continue;
    const bound = binder();
    const same = parentColumns.map((column, at) => {
      const declared = table.columns.get(columns[at] ?? "")?.declared ?? "text";
      return equal(
        `p.${quoted(column)}`,
        operators[at] ?? EQUALS,
        `${bound.bind(values[at] ?? null)}::text::${declared}`,
      );
    });
    const [row] = await attempt(
      session,
      `SELECT (EXISTS (SELECT FROM ${parentName} AS p WHERE ${same.join(" AND ")}))::text`,
      bound.values,
    );
    if (row?.[0] === "false")
      yield finding(
        resolved,
        "CONSTRAINT",
        "error",
        `constraint ${name} of ${table.shown} refuses what the rule leaves in ${columns.join(", ")}: there is no such row in ${parentName.replaceAll('"', "")}`,
        { help: "Make the row that is to be referenced instead, or choose another rule." },
      );
  }
}

/** CHECK constraints over columns that all get a known value. */
async function* checkConstraints(
  session: Session,
  resolved: Resolved,
  { constraints }: CheckFacts,
): AsyncGenerator<Finding> {
  const known = new Map<string, string | null>();
  for (const [name, rule] of Object.entries(changedFields(resolved.target.changes).fields)) {
    const column = resolved.table.columns.get(name);
    const value = column === undefined ? undefined : leaves(resolved, column, rule);
    if (value !== undefined) known.set(name, value);
  }
  if (known.size === 0) return;
  yield* checkForeignKeys(session, resolved, known);
  for (const [, name, expression, used] of constraints.get(resolved.table.oid) ?? []) {
    const columns = texts(used).flatMap((column) => resolved.table.columns.get(column) ?? []);
    if (expression == null || !columns.every((column) => known.has(column.name))) continue;
    const bound = binder();
    const values = columns.map(
      (column) => `${bound.bind(known.get(column.name) ?? null)}::text::${column.declared} AS ${quoted(column.name)}`,
    );
    const [row] = await attempt(
      session,
      `SELECT (${expression})::text FROM (SELECT ${values.join(", ")}) AS one`,
      bound.values,
    );
    if (row?.[0] === "false")
      yield finding(
        resolved,
        "CONSTRAINT",
        "error",
        `constraint ${name} of ${resolved.table.shown} refuses what the rule leaves in ${columns.map((column) => column.name).join(", ")}`,
      );
  }
}
