/** What the database is made of, as SQLite itself tells it. */
import { constants } from "node:sqlite";
import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Sampled, Store, StoreColumn, StoreTrigger, StoreView } from "../../src/model/structure.ts";
import type { IO, Survey } from "../../src/port/connector.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import { type Catalog, type ForeignKey, loadCatalog, type Table } from "./catalog.ts";
import { type Database, type Deed, isWritable, openToRead, quoted, type Row } from "./database.ts";
import { bracketsIn, withoutComments } from "./declared-text.ts";
import { failureOf } from "./errors.ts";

/** A file has one schema: `within` leaves nothing out. */
export async function openSurvey(block: SystemBlock, io: IO): Promise<Survey> {
  const database = await openToRead(block, io);
  const told = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw failureOf(error, block.name);
    }
  };
  return {
    async *stores() {
      const erase = await isWritable(database.path);
      yield* told(() => surveyed(database, block, erase));
    },
    async sample(store, most) {
      return await Promise.resolve(told(() => sampled(database, store, most)));
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  };
}

/** Longer texts have no more to say about what they are. */
const LONGEST = 300;

function sampled(database: Database, { name, columns }: Store, most: number): readonly Sampled[] {
  const some = columns.filter(({ shape }) => shape !== "bytes");
  if (some.length === 0 || most < 1) return [];
  const list = some.map((column) => `substr(CAST(${quoted(column.name)} AS TEXT), 1, ${LONGEST})`).join(", ");
  const rows = database.all(`SELECT ${list} FROM main.${quoted(name)} LIMIT ${Math.floor(most)}`);
  return some.flatMap((column, at) => {
    const values = rows.flatMap((row) => (typeof row[at] === "string" ? [row[at]] : []));
    return values.length === 0 ? [] : [{ column: column.name, values }];
  });
}

const VIEWS = "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY name";
const COLUMNS = 'SELECT name, type, "notnull", pk, hidden, dflt_value FROM pragma_table_xinfo(?) ORDER BY cid';
const INDEXES =
  "SELECT l.name, l.\"unique\", l.origin, l.partial, s.sql FROM pragma_index_list(?) l LEFT JOIN sqlite_schema s ON s.name = l.name AND s.type = 'index' ORDER BY l.name";
const INDEX_COLUMNS = "SELECT name FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno";

function surveyed(database: Database, block: SystemBlock, erase: boolean): readonly Store[] {
  const catalog = loadCatalog(database, block);
  const may = { read: true, erase };
  const views = database.all(VIEWS).map(([name, sql]) => viewOf(database, String(name), String(sql)));
  const copies = new Set(
    catalog.fullTexts.flatMap(({ table, content }) => (content === undefined ? [] : [table.name])),
  );
  const keys = Map.groupBy(catalog.foreignKeys, ({ child }) => child.name);
  const stores = [...catalog.tables.values()].map((table): Store => {
    const indexes = table.kind === "virtual" ? [] : indexesOf(database, table.name);
    return {
      kind: copies.has(table.name) ? "view" : "table",
      name: table.name,
      ...(table.name.includes(".") ? { parts: ["main", table.name] as const } : {}),
      columns: columnsOf(database, table.name, table),
      key: table.key,
      uniques: indexes.flatMap(({ unique, primary, name, columns, expressions, where, constraint }) =>
        unique && !primary
          ? [
              {
                name,
                columns: columns.flatMap((one) => one ?? []),
                expressions,
                ...(where === undefined ? {} : { where }),
                constraint,
              },
            ]
          : [],
      ),
      references: (keys.get(table.name) ?? []).map(referenceOf),
      indexed: [
        ...new Set([
          ...(table.numbered ? table.key : []),
          ...indexes.flatMap(({ columns, where }) => (where === undefined && columns[0] != null ? [columns[0]] : [])),
        ]),
      ],
      checks: checksOf(table),
      triggers: triggersOf(database, catalog, table),
      readers: views.filter(({ reads }) => reads.has(table.name)).map(({ view }) => view),
      may,
    };
  });
  const asStores = views.map(({ view, columns }): Store => ({
    kind: "view",
    name: view.name,
    columns,
    key: [],
    uniques: [],
    references: [],
    indexed: [],
    checks: [],
    triggers: [],
    readers: views.filter(({ reads }) => reads.has(view.name)).map((one) => one.view),
    may: { read: true, erase: false },
  }));
  return [...stores, ...asStores].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function columnsOf(database: Database, name: string, table: Table | undefined): readonly StoreColumn[] {
  return database.all(COLUMNS, [name]).flatMap((row: Row): StoreColumn[] => {
    const [column, type, notNull, , hidden, preset] = row;
    // 1: a virtual table's own, such as a rank
    if (hidden === 1n) return [];
    const declared = String(type ?? "");
    const length = /char[a-z ]*\(\s*(\d+)\s*\)/iu.exec(declared)?.[1];
    return [
      {
        name: String(column),
        type: declared,
        shape: shapeOf(declared),
        nullable: !(table?.columns.get(String(column))?.notNull ?? notNull === 1n),
        generated: hidden === 2n || hidden === 3n,
        // SQLite keeps longer texts too: the number is what the application means
        ...(length === undefined ? {} : { length: Number(length) }),
        ...(typeof preset === "string" ? { default: preset } : {}),
      },
    ];
  });
}

function shapeOf(declared: string): StoreColumn["shape"] {
  if (/json/iu.test(declared)) return "json";
  if (/uuid|guid|uniqueidentifier/iu.test(declared)) return "uuid";
  if (/bool|^bit$/iu.test(declared)) return "boolean";
  if (/date|time/iu.test(declared)) return "date";
  if (/char|clob|text|string/iu.test(declared)) return "text";
  if (/int|num|real|floa|doub|dec|money/iu.test(declared)) return "number";
  return /blob|binary/iu.test(declared) ? "bytes" : "other";
}

function indexesOf(database: Database, table: string) {
  return database.all(INDEXES, [table]).map(([name, unique, origin, partial, sql]) => {
    const columns = database
      .all(INDEX_COLUMNS, [String(name)])
      .map(([column]) => (column === null || column === undefined ? null : String(column)));
    const text = typeof sql === "string" ? withoutComments(sql) : "";
    const parts = bracketsIn(text.slice(text.search(/\bon\b/iu)))[0]?.items ?? [];
    const where = partial === 1n ? /\bwhere\b([\s\S]*)$/iu.exec(text)?.[1]?.trim() : undefined;
    return {
      name: String(name),
      unique: unique === 1n,
      primary: origin === "pk",
      constraint: origin === "u",
      columns,
      expressions: columns.flatMap((column, at) => (column === null ? [parts[at]?.trim() ?? ""] : [])),
      ...(partial === 1n ? { where: where ?? "" } : { where: undefined }),
    };
  });
}

function referenceOf({ name, columns, parent, parentColumns, onDelete }: ForeignKey): Store["references"][number] {
  return {
    name,
    columns,
    to: parent.name,
    toColumns: parentColumns,
    onDelete: onDelete === "no_action" ? "restrict" : onDelete,
  };
}

/** CHECK constraints, read from the statement that made the table: SQLite lists them nowhere. */
function checksOf({ sql, columns }: Table): Store["checks"] {
  const text = withoutComments(sql);
  return [...text.matchAll(/(?:\bconstraint\s+("[^"]+"|\w+)\s+)?\bcheck\s*(?=\()/giu)].flatMap((found) => {
    const [inner] = bracketsIn(text.slice(found.index + found[0].length));
    if (inner === undefined) return [];
    const words = new Set(inner.text.match(/[\w$\u0080-\uffff]+/gu)?.map((word) => word.toLowerCase()));
    return [
      {
        name: (found[1] ?? "").replaceAll('"', ""),
        columns: [...columns.keys()].filter((name) => words.has(name.toLowerCase())),
        text: `CHECK (${inner.text})`,
      },
    ];
  });
}

const WRITES = new Set<number>([constants.SQLITE_INSERT, constants.SQLITE_UPDATE, constants.SQLITE_DELETE]);

function triggersOf(database: Database, { triggers }: Catalog, table: Table): readonly StoreTrigger[] {
  const mine = triggers.filter((one) => one.table.toLowerCase() === table.name.toLowerCase());
  if (mine.length === 0) return [];
  const name = `main.${quoted(table.name)}`;
  const columns = [...table.columns.values()].flatMap((one) => (one.generated ? [] : [quoted(one.name)]));
  const deeds = [
    `INSERT INTO ${name} (${columns.join(", ")}) SELECT ${columns.join(", ")} FROM ${name} WHERE 0`,
    `UPDATE ${name} SET ${columns.map((one) => `${one} = NULL`).join(", ")} WHERE 0`,
    `DELETE FROM ${name} WHERE 0`,
  ].flatMap((text) => deedsOf(database, text));
  return mine.map(({ name: trigger, sql }) => {
    const verb = /\b(insert|update|delete)\b[\s\S]*?\bon\b/iu.exec(withoutComments(sql))?.[1]?.toLowerCase();
    const written = deeds.filter((deed) => deed.trigger === trigger && WRITES.has(deed.code) && deed.schema === "main");
    return {
      name: trigger,
      on: verb === "insert" || verb === "update" || verb === "delete" ? [verb] : [],
      writes: [...new Set(written.map((deed) => deed.table).filter((one) => !one.startsWith("sqlite_")))].toSorted(),
      sets: [],
    };
  });
}

/** Nothing of what SQLite would not do. */
function deedsOf(database: Database, text: string): readonly Deed[] {
  try {
    return database.authorised(text);
  } catch (error) {
    if (error instanceof Refusal && !error.contention) return [];
    if (
      error instanceof Failure &&
      ["TABLE_MISSING", "COLUMN_MISSING", "ACTION_REFUSED", "NOT_PERMITTED"].includes(error.code)
    )
      return [];
    throw error;
  }
}

interface SurveyedView {
  readonly view: StoreView;
  readonly columns: readonly StoreColumn[];
  readonly reads: ReadonlySet<string>;
}

function viewOf(database: Database, name: string, source: string): SurveyedView {
  const deeds = deedsOf(database, `SELECT * FROM main.${quoted(name)}`);
  const reads = deeds.filter(({ code, table }) => code === constants.SQLITE_READ && table !== name);
  return {
    view: { name, kind: "view", source },
    // a view over what is not there any more has none
    columns: deeds.length === 0 ? [] : columnsOf(database, name, undefined),
    reads: new Set(reads.map(({ table }) => table)),
  };
}
