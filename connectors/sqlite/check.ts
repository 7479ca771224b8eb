import { Failure, isFailureCode } from "../../src/errors.ts";
import { nearest } from "../../src/model/nearest.ts";
import type { FieldRule } from "../../src/model/field-rule.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { deletes, finding, fits, isIgnored, minimisedNames, updates } from "../../src/sql/findings.ts";
import { changedFields } from "../../src/sql/record-table.ts";
import { leaves } from "../../src/sql/rule-values.ts";
import type { Column, Table } from "./catalog.ts";
import { isWritable, quoted } from "./database.ts";
import { type Effect, effectsOf } from "./effects.ts";
import { waysInto } from "./references.ts";
import { fullTextsOver } from "./residue.ts";
import { type Place, type Resolved, resolveTarget } from "./resolved.ts";

/** Everything that can be said before a row is looked at. */
export async function* checkTargets(place: Place, targets: readonly Target[]): AsyncGenerator<Finding> {
  const resolved: Resolved[] = [];
  for (const target of targets) {
    try {
      resolved.push(resolveTarget(place, target));
    } catch (error) {
      if (!(error instanceof Failure) || !["TABLE_MISSING", "COLUMN_MISSING", "ACTION_REFUSED"].includes(error.code)) throw error;
      if (isFailureCode(error.code)) yield { code: error.code, severity: "error", record: target.record.id, message: error.message, help: error.help };
    }
  }
  yield* checkIgnore(place);
  const writable = await isWritable(place.database.path);
  for (const one of resolved) {
    if (!writable && (deletes(one) || updates(one).length > 0))
      yield finding(one, "NOT_PERMITTED", "error", "the database's file and its folder may not be written to by this user", {
        help: "Grant the right to write both.",
      });
    yield* checkMatches(one);
    yield* checkFields(one);
    yield* checkReferences(place, one);
    yield* checkTriggers(place, one);
    yield* checkFullText(place, one);
    yield* checkIndexes(place, one);
  }
}

/** Entries of `map.ignore` that fit no table: what they were meant to declare is not declared. */
function* checkIgnore({ block, catalog }: Place): Generator<Finding> {
  const columns = [...catalog.tables.values()].flatMap((table) => [...table.columns.keys()].map((column) => `${table.name}.${column}`));
  for (const entry of block.ignore ?? []) {
    if ([...catalog.names, ...columns].some((name) => [name, `main.${name}`].some((one) => fits(entry, one)))) continue;
    const meant = nearest(entry, catalog.names);
    const help = meant === undefined ? {} : { help: `Did you mean \`${block.name}.${meant}\`?` };
    yield { code: "IGNORE_UNUSED", severity: "warning", record: `${block.name}.${entry}`, message: "nothing there fits this entry of map.ignore", ...help };
  }
}

function* checkMatches(resolved: Resolved): Generator<Finding> {
  for (const { column: named, path, match, separator } of resolved.matches) {
    const column = resolved.columnOf(named.name);
    const where = `column ${column.name} of table ${resolved.table.name}`;
    if (path !== undefined || match.type === "edge") continue;
    if (/blob/iu.test(column.declared))
      yield finding(resolved, "TYPE_MISMATCH", "error", `${where} is ${column.declared}, which holds no value of identity type ${match.type}`, {
        column: column.name,
      });
    else if (column.affinity === "number" && (separator !== undefined || ["email", "phone", "uuid"].includes(match.type)))
      yield finding(resolved, "TYPE_MISMATCH", "error", `${where} is ${column.declared}, which holds no value of identity type ${match.type}`, {
        column: column.name,
      });
  }
}

function* checkFields(resolved: Resolved): Generator<Finding> {
  const { table, target, catalog } = resolved;
  const say = (code: "FIELD_REFUSED" | "CONSTRAINT", column: string, message: string) =>
    finding(resolved, code, "error", `column ${column} of ${table.name} ${message}`, { column });
  for (const name of updates(resolved)) {
    const foreignKey = catalog.into(table).find(({ parentColumns }) => parentColumns.includes(name));
    if (resolved.columnOf(name).generated) yield say("FIELD_REFUSED", name, "is generated: it follows other columns");
    else if (foreignKey !== undefined) yield say("FIELD_REFUSED", name, `is referenced by ${foreignKey.name}`);
  }
  for (const name of minimisedNames(resolved))
    if (resolved.columnOf(name).notNull) yield say("CONSTRAINT", name, "is NOT NULL, so it cannot be cleared while the record is held");
  for (const [name, rule] of Object.entries(changedFields(target.changes).fields)) {
    const column = resolved.columnOf(name);
    const value = rule.kind === "keep" ? undefined : leaves(resolved, column, rule);
    const alone = table.indexes.some((index) => index.unique && index.whole && index.columns.length === 1 && index.columns[0] === name);
    if (!isFor(rule, column)) yield say("FIELD_REFUSED", name, `is ${column.declared}: \`${rule.kind}\` is not for it`);
    else if (value === null && column.notNull) yield say("CONSTRAINT", name, `is NOT NULL, so \`${rule.kind}\` cannot clear it`);
    else if (rule.kind === "set" && (alone || table.key.join() === name)) yield say("CONSTRAINT", name, "is unique, so `set` works for one row only");
  }
}

function isFor(rule: FieldRule, { affinity, isDate, declared }: Column): boolean {
  const texts = affinity === "text" || isDate || (affinity === "none" && !/blob/iu.test(declared));
  return !["generalise", "truncate", "prefix", "template", "pseudonymise"].includes(rule.kind) || texts;
}

const WORDS = { no_action: "NO ACTION", restrict: "RESTRICT", cascade: "CASCADE", set_null: "SET NULL", set_default: "SET DEFAULT" } as const;

/** What a deletion would set off, at every level that a cascade reaches. */
function* checkReferences(place: Place, resolved: Resolved): Generator<Finding> {
  if (!deletes(resolved)) return;
  const { catalog, block } = place;
  const told = new Set<string>();
  for (const { foreignKey, segment, through } of waysInto(catalog, resolved.table)) {
    const { name, columns, onDelete, child } = foreignKey;
    if (told.has(name)) continue;
    told.add(name);
    if (through.length === 1 && !hasIndex(child, columns) && isLarge(place, child))
      yield finding(resolved, "INDEX_MISSING", "warning", `${name} has no index: every deletion reads the whole table`);
    if (segment.records.length > 0) continue;
    const what = `${name} references it, ON DELETE ${WORDS[onDelete]}`;
    if (!isIgnored(block, child) && !resolved.target.record.cascades.includes(name)) {
      yield onDelete === "no_action" || onDelete === "restrict"
        ? finding(resolved, "FOREIGN_KEY_UNDECLARED", "error", `${what}; the data map does not know that table`)
        : finding(resolved, "CASCADE_UNDECLARED", "error", `${what}; a deletion in ${resolved.table.name} changes rows that the data map does not know`);
    }
    if (onDelete === "set_null" && columns.some((column) => child.columns.get(column)?.notNull))
      yield finding(resolved, "CONSTRAINT", "error", `${what}, but ${columns.join(", ")} is NOT NULL: every deletion fails`);
  }
}

/** Triggers that a change of this record type sets off, as SQLite tells it: those that write where the data map does not look, and those that keep rows from going. */
function* checkTriggers(place: Place, resolved: Resolved): Generator<Finding> {
  for (const { name, table, sql } of place.catalog.triggers) {
    if (table !== resolved.table.name || !/\braise\s*\(\s*ignore\s*\)/iu.test(sql) || !(deletes(resolved) || updates(resolved).length > 0)) continue;
    const verb = /\b(delete|update|insert)\b/iu.exec(sql.slice(sql.toLowerCase().indexOf("trigger")))?.[1]?.toUpperCase() ?? "";
    if (verb === "INSERT" || (verb === "DELETE" && !deletes(resolved)) || (verb === "UPDATE" && updates(resolved).length === 0)) continue;
    yield /\b(?:when|where)\b/iu.test(sql)
      ? finding(resolved, "TRIGGER_PRESENT", "warning", `trigger ${name} of ${table} may stop a ${verb}`)
      : finding(resolved, "DELETE_SWALLOWED", "error", `trigger ${name} of ${table} stops every ${verb}`);
  }
  for (const effect of effectsOf(place, resolved)) {
    const said = judge(place, resolved, effect);
    if (said !== undefined) yield said;
  }
}

/** undefined: the declared audit trail of this record type, or an index of its own. */
function judge({ block, catalog }: Place, resolved: Resolved, { trigger, verb, table, readsOld }: Effect): Finding | undefined {
  const { id } = resolved.target.record;
  const what = `trigger ${trigger}`;
  const shown = { schema: "main", name: table, shown: table };
  const records = block.records.filter(({ place }) => place.kind === "table" && place.table === table);
  const [record] = records;
  if (catalog.fullTexts.some((one) => one.table.name === table && one.content === resolved.table)) return undefined;
  if (record === undefined)
    return isIgnored(block, shown)
      ? finding(resolved, "TRIGGER_PRESENT", "warning", `${what} writes to ${table}, which the data map ignores`)
      : finding(resolved, "TRIGGER_UNDECLARED", "error", `${what} writes to ${table}, which is not in the data map`);
  if (records.some(({ auditOf }) => auditOf.includes(id))) return undefined;
  const trail = records.find(({ auditOf }) => auditOf.length > 0);
  if (trail !== undefined && verb === "insert")
    return finding(resolved, "TRIGGER_UNDECLARED", "error", `${what} adds rows to ${trail.id}, which is only the audit trail of ${trail.auditOf.join(", ")}`, {
      help: `Say so in the data map: audit_of: [${[...trail.auditOf, id].join(", ")}].`,
    });
  if (verb === "insert" && readsOld && table !== resolved.table.name)
    return finding(resolved, "TRIGGER_UNDECLARED", "error", `${what} copies rows into ${record.id}, which is a record without audit_of: ${id}`);
  return finding(resolved, "TRIGGER_PRESENT", "warning", `${what} writes to ${record.id}`);
}

/** An index over the table from which no trigger takes the words of a row that goes. */
function* checkFullText(place: Place, resolved: Resolved): Generator<Finding> {
  const written = new Set(effectsOf(place, resolved).map(({ table }) => table));
  for (const { table, content } of fullTextsOver(place, resolved)) {
    if (content !== resolved.table || written.has(table.name)) continue;
    yield finding(resolved, "GAP", "warning", `full-text index ${table.name} keeps the words of rows of ${resolved.table.name} that go or change`, {
      help: "`expunge verify ID --purge` builds it anew; a trigger would keep it right.",
      gap: { where: table.name, holdsIdentifier: false },
    });
  }
}

/** Matched columns that no index serves. */
function* checkIndexes(place: Place, resolved: Resolved): Generator<Finding> {
  const { matches, table } = resolved;
  if (!isLarge(place, table)) return;
  for (const { name, column, path, match } of matches) {
    if (path === undefined && match.fold.length === 0 && hasIndex(table, [column.name])) continue;
    yield finding(resolved, "INDEX_MISSING", "warning", `no index serves the search in ${name} of ${table.name}: the whole table is read`, {
      column: column.name,
    });
  }
}

/** Below a thousand rows nobody misses an index. */
function isLarge({ database }: Place, { name }: Table): boolean {
  return database.all(`SELECT 1 FROM main.${quoted(name)} LIMIT 1 OFFSET 1000`).length > 0;
}

/** An index, or a key, whose leading columns are these, in any order. */
function hasIndex({ key, indexes }: Table, columns: readonly string[]): boolean {
  return [key, ...indexes.flatMap((index) => (index.whole ? [index.columns] : []))].some((one) =>
    columns.every((column) => one.slice(0, columns.length).includes(column)),
  );
}
