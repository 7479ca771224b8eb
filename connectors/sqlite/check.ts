import { Failure } from "../../src/errors.ts";
import { markerColumns } from "../../src/model/marker.ts";
import { keepsWhole } from "../../src/model/pre-image.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { namedColumn } from "../../src/port/named-column.ts";
import { checkForeignKey } from "../../src/sql/check-foreign-key.ts";
import { unusedIgnores } from "../../src/sql/check-ignore.ts";
import { noInsertToPutBack, noKeyToPutBack } from "../../src/sql/check-restore.ts";
import { checkRules } from "../../src/sql/check-rules.ts";
import { judgeWrite } from "../../src/sql/check-writes.ts";
import { deletes, finding, updates } from "../../src/sql/findings.ts";
import type { Table } from "./catalog.ts";
import { isWritable, quoted } from "./database.ts";
import { effectsOf, firing, refusedIn } from "./effects.ts";
import { waysInto } from "./references.ts";
import { fullTextsOver } from "./residue.ts";
import { type Place, type Resolved, resolveTarget } from "./resolved.ts";

/** Everything that can be said before a row is looked at. */
export async function* checkTargets(place: Place, targets: readonly Target[]): AsyncGenerator<Finding> {
  const { block, catalog, database } = place;
  const resolved: Resolved[] = [];
  for (const target of targets) {
    try {
      resolved.push(resolveTarget(place, target));
    } catch (error) {
      if (!(error instanceof Failure) || !["TABLE_MISSING", "COLUMN_MISSING", "ACTION_REFUSED"].includes(error.code))
        throw error;
      yield {
        code: error.code,
        severity: "error",
        record: target.record.id,
        ...namedColumn(error),
        message: error.message,
        help: error.help,
      };
    }
  }
  const columns = [...catalog.tables.values()].flatMap((table) =>
    [...table.columns.keys()].map((column) => `${table.name}.${column}`),
  );
  yield* unusedIgnores(block, [...catalog.names, ...catalog.names.map((name) => `main.${name}`)], (entry) =>
    columns.includes(entry),
  );
  const writable = await isWritable(database.path);
  for (const one of resolved) {
    if (!writable && (deletes(one) || updates(one).length > 0))
      yield finding(
        one,
        "NOT_PERMITTED",
        "error",
        "the database's file and its folder may not be written to by this user",
        {
          help: "Grant the right to write both.",
        },
      );
    yield* checkRestore(place, one);
    yield* checkMatches(one);
    yield* checkFields(one);
    yield* checkMarker(one);
    yield* checkReferences(place, one);
    yield* checkTriggers(place, one);
    yield* checkFullText(place, one);
    yield* checkIndexes(place, one);
  }
}

function* checkMatches(resolved: Resolved): Generator<Finding> {
  for (const { column: named, path, match, separator } of resolved.matches) {
    const { name, declared, affinity } = resolved.columnOf(named.name);
    const never =
      /blob/iu.test(declared) ||
      (affinity === "number" && (separator !== undefined || ["email", "phone", "uuid"].includes(match.type)));
    if (path === undefined && match.type !== "edge" && never)
      yield finding(
        resolved,
        "TYPE_MISMATCH",
        "error",
        `column ${name} of table ${resolved.table.name} is ${declared}, which holds no value of identity type ${match.type}`,
        {
          column: name,
        },
      );
  }
}

function checkFields(resolved: Resolved): Generator<Finding> {
  const { table, catalog } = resolved;
  return checkRules(resolved, {
    unchangeable({ name, generated }) {
      const foreignKey = catalog.into(table).find(({ parentColumns }) => parentColumns.includes(name));
      const why = generated
        ? "is generated: it follows other columns"
        : foreignKey === undefined
          ? undefined
          : `is referenced by ${foreignKey.name}`;
      return why === undefined ? undefined : `column ${name} of ${table.name} ${why}`;
    },
    isText: ({ affinity, isDate, declared }) =>
      affinity === "text" || isDate || (affinity === "none" && !/blob/iu.test(declared)),
    isUnique: ({ name }) =>
      [table.key, ...table.indexes.flatMap((index) => (index.unique && index.whole ? [index.columns] : []))].some(
        (one) => one.length === 1 && one[0] === name,
      ),
  });
}

/** In a column without a type a number that is written as text stays text: the application would no longer know its own marks. */
function* checkMarker(resolved: Resolved): Generator<Finding> {
  const { rule } = resolved.target.changes;
  if (rule?.kind !== "mark") return;
  for (const name of markerColumns(rule.marker))
    if (resolved.columnOf(name).affinity === "none")
      yield finding(
        resolved,
        "FIELD_REFUSED",
        "error",
        `column ${name} of ${resolved.table.name} has no type: a mark would stand there as text, and what was there could not be given back as it was`,
        { column: name, help: "Declare the column with a type, or mark by another one." },
      );
}

/** What it takes to put back what is removed or changed: rows that can be named, and inserted again. */
function* checkRestore({ catalog }: Place, resolved: Resolved): Generator<Finding> {
  const { table, target } = resolved;
  if (!keepsWhole(target)) return;
  if (table.key.length === 0) yield noKeyToPutBack(resolved, table.name);
  if (!deletes(resolved)) return;
  const taken = waysInto(catalog, table).flatMap(({ foreignKey: { onDelete }, segment }) =>
    onDelete === "cascade" && segment.records.length === 0 ? [segment.table.name] : [],
  );
  const tables = new Set([table.name, ...taken]);
  for (const { name, table: of, sql } of catalog.triggers)
    if (
      tables.has(of) &&
      /\bbefore\s+insert\b/iu.test(sql) &&
      /\braise\s*\(\s*ignore\s*\)/iu.test(sql) &&
      !/\b(?:when|where)\b/iu.test(sql)
    )
      yield noInsertToPutBack(resolved, `trigger ${name} of ${of} stops every INSERT`);
}

/** What a deletion would set off, at every level that a cascade reaches. */
function* checkReferences(place: Place, resolved: Resolved): Generator<Finding> {
  if (!deletes(resolved)) return;
  const ways = new Map(waysInto(place.catalog, resolved.table).map((way) => [way.foreignKey, way]));
  for (const { foreignKey, segment, through } of ways.values()) {
    const { name, columns, child } = foreignKey;
    yield* checkForeignKey(place.block, resolved, foreignKey, segment, child);
    if (through.length === 1 && !hasIndex(child, columns) && isLarge(place, child))
      yield finding(resolved, "INDEX_MISSING", "warning", `${name} has no index: every deletion reads the whole table`);
  }
}

/** Triggers that a change of this record type sets off, as SQLite tells it: those that write where the data map does not look, and those that keep rows from going. */
function* checkTriggers(place: Place, resolved: Resolved): Generator<Finding> {
  const { catalog, block } = place;
  for (const verb of refusedIn(place, resolved))
    yield finding(
      resolved,
      "CONSTRAINT",
      "error",
      `SQLite takes no ${verb} in ${resolved.table.name}: a foreign key leads to columns that are not unique, or a trigger is broken`,
      {
        help: "Mend the schema: give the referenced columns a unique index, or drop the key or trigger.",
      },
    );
  for (const { name, table, sql, verb } of firing(place, resolved)) {
    if (!/\braise\s*\(\s*ignore\s*\)/iu.test(sql)) continue;
    yield /\b(?:when|where)\b/iu.test(sql)
      ? finding(resolved, "TRIGGER_PRESENT", "warning", `trigger ${name} of ${table} may stop a ${verb}`)
      : finding(resolved, "DELETE_SWALLOWED", "error", `trigger ${name} of ${table} stops every ${verb}`);
  }
  for (const { trigger, verb, table, readsOld } of effectsOf(place, resolved)) {
    // an index of its own
    if (catalog.fullTexts.some((one) => one.table.name === table && one.content === resolved.table)) continue;
    const said = judgeWrite(block, resolved, {
      what: `trigger ${trigger}`,
      verb,
      to: { schema: "main", name: table, shown: table },
      readsOld,
      own: table === resolved.table.name,
      records: block.records.filter(({ place: at }) => at.kind === "table" && at.table === table),
    });
    if (said !== "trail") yield said;
    if (table === resolved.table.name && resolved.target.changes.rule?.kind === "mark")
      yield finding(
        resolved,
        "TRIGGER_CHANGES",
        "warning",
        `trigger ${trigger} of ${table} may change more of a row than its marker`,
      );
  }
}

/** An index over the table from which no trigger takes the words of a row that goes. */
function* checkFullText(place: Place, resolved: Resolved): Generator<Finding> {
  const written = new Set(effectsOf(place, resolved).map(({ table }) => table));
  for (const { table, content } of fullTextsOver(place, resolved)) {
    if (content !== resolved.table || written.has(table.name)) continue;
    yield finding(
      resolved,
      "GAP",
      "warning",
      `full-text index ${table.name} keeps the words of rows of ${resolved.table.name} that go or change`,
      {
        help: "`expunge verify ID --purge` builds it anew; a trigger would keep it right.",
        gap: { where: table.name, holdsIdentifier: false },
      },
    );
  }
}

/** Matched columns that no index serves. */
function* checkIndexes(place: Place, resolved: Resolved): Generator<Finding> {
  const { matches, table } = resolved;
  if (!isLarge(place, table)) return;
  for (const { name, column, path, match } of matches) {
    if (path === undefined && match.fold.length === 0 && hasIndex(table, [column.name])) continue;
    yield finding(
      resolved,
      "INDEX_MISSING",
      "warning",
      `no index serves the search in ${name} of ${table.name}: the whole table is read`,
      {
        column: column.name,
      },
    );
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
