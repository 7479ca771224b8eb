/** Places that keep people and that an erasure here does not reach. */
import type { Finding, Lookup } from "../../src/model/search.ts";
import type { Table } from "./catalog.ts";
import { folded, isCitext, isText, jsonbText, textOf } from "./columns.ts";
import { finding } from "../../src/sql/findings.ts";
import { comparableIn, type MatchRef, type Resolved, valuesFor } from "./resolved.ts";

import { type Binder, binder, literal, qualified, quoted } from "./sql.ts";
import type { Session } from "./transaction.ts";

/** What separates values in a cell that holds several, or words around one. */
const BETWEEN = String.raw`[\s,;|<>()"'\[\]{}:=]+`;
/** Telephone numbers are written with spaces and brackets in them. */
const BETWEEN_NUMBERS = String.raw`[,;|<>"'\[\]{}:=]+|\s{2,}|\s+[[:alpha:]]+[.:]?\s*`;
/** Shorter texts stand in too many cells by chance. */
const SHORTEST = 8;
/** A table with more rows is not read whole for this. */
const LARGEST = 2_000_000;

/** Materialised views over the table, or over one of its family. */
export function viewsOf({ table, catalog }: Resolved): readonly Table[] {
  const found = new Set<Table>();
  const queue = [table, ...catalog.ancestors(table), ...catalog.descendants(table)];
  const seen = new Set(queue);
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    for (const view of one.views.flatMap((oid) => catalog.table(oid) ?? [])) {
      if (view.kind === "m" && view.filled) found.add(view);
      if (!seen.has(view)) queue.push(view);
      seen.add(view);
    }
  }
  return [...found];
}

/** Cells of matched columns, and materialised views, in which one of these people's identifiers stands and no search finds it. */
export async function* gapsIn(
  session: Session,
  resolved: Resolved,
  lookups: readonly Lookup[],
): AsyncGenerator<Finding> {
  // what nothing is done to is not judged: a condition, a look for identities
  if (resolved.target.changes.rule === undefined || lookups.length === 0) return;
  yield* cellGaps(session, resolved, lookups);
  yield* viewGaps(session, resolved, lookups);
}

/** Matched columns whose values can be told in a longer text. */
function tellable(
  resolved: Resolved,
  lookups: readonly Lookup[],
): readonly { readonly ref: MatchRef; readonly values: readonly string[] }[] {
  return resolved.matches.flatMap((ref) => {
    if (!["email", "phone", "uuid", "string"].includes(ref.match.type)) return [];
    const values = [
      ...new Set(
        lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)).map((value) => comparableIn(ref, value)),
      ),
    ];
    const long = values.filter((value) => value.length >= SHORTEST && !value.includes("\0"));
    return long.length === 0 ? [] : [{ ref, values: long }];
  });
}

async function* cellGaps(session: Session, resolved: Resolved, lookups: readonly Lookup[]): AsyncGenerator<Finding> {
  const { table, catalog } = resolved;
  const columns = tellable(resolved, lookups).filter(
    ({ ref }) => ref.path !== undefined || (ref.type !== undefined && isText(ref.type)) || ref.separator !== undefined,
  );
  if (columns.length === 0) return;
  const rows = [table, ...catalog.descendants(table)].reduce((sum, one) => sum + Math.max(one.rows, 0), 0);
  if (rows > LARGEST) {
    for (const { ref } of columns)
      yield gap(
        resolved,
        ref,
        `${ref.name} of ${table.shown} is not read for cells that hold more than one value: the table is too large`,
        false,
      );
    return;
  }
  const bound = binder();
  const counts = columns.map(
    ({ ref, values }) => `(SELECT pg_catalog.count(*)::text FROM (${cellText(resolved, ref, values, bound)}) AS cell)`,
  );
  const [found = []] = await session.query(`SELECT ${counts.join(", ")}`, bound.values);
  for (const [at, { ref }] of columns.entries()) {
    const count = Number(found[at] ?? 0);
    if (count > 0)
      yield gap(
        resolved,
        ref,
        `${count === 1 ? "a cell" : `${count} cells`} of ${ref.name} of ${table.shown} ${count === 1 ? "holds" : "hold"} an identifier among others: what is more than the value is not matched`,
        true,
      );
  }
}

function gap(resolved: Resolved, ref: MatchRef, message: string, holdsIdentifier: boolean): Finding {
  return finding(resolved, "GAP", "warning", message, {
    column: ref.column.name,
    help: `Look at them by hand, or say what separates the values: split: { ${ref.name}: ", " }.`,
    gap: { where: `${resolved.table.shown}.${ref.name}`, holdsIdentifier },
  });
}

/** Cells that are longer than one of the values and hold it, set off from the rest. */
function cellText(resolved: Resolved, ref: MatchRef, values: readonly string[], bound: Binder): string {
  const { table, server } = resolved;
  const stored = `t.${quoted(ref.column.name)}`;
  const phone = ref.match.type === "phone";
  const lower = ref.type !== undefined && isCitext(ref.type) ? (["lowercase"] as const) : [];
  const fold = (text: string) => folded(text, [...ref.folds, "trim", ...lower], server, true);
  const list = `${bound.bind(values)}::text[]`;
  const [from, cell] =
    ref.path !== undefined
      ? // as loosely as possible: a list where an object is expected, and the other way round
        [
          `pg_catalog.jsonb_path_query(${jsonbText(stored, ref.column.type)}, ${bound.bind(laxPath(ref.path))}::text::pg_catalog.jsonpath) AS p (v)`,
          "(p.v #>> '{}')",
        ]
      : ref.column.shape === "array"
        ? [`pg_catalog.unnest(${stored}) AS p (v)`, "p.v::text"]
        : ref.separator !== undefined
          ? [
              `pg_catalog.unnest(pg_catalog.string_to_array(${stored}::text, ${bound.bind(ref.separator)})) AS p (v)`,
              "p.v",
            ]
          : ["(SELECT 1) AS p (v)", `${stored}::text`];
  const pattern = literal(phone ? BETWEEN_NUMBERS : BETWEEN);
  const words = `pg_catalog.regexp_split_to_table(${cell}, ${pattern}) AS word (w)`;
  const inside = `EXISTS (SELECT FROM ${words} WHERE pg_catalog.btrim(${fold("word.w")}, '.') = ANY (${list}))`;
  // a path that only loosely leads there is a gap whatever else stands in the cell
  const missed =
    ref.path === undefined ? `${fold(cell)} <> ALL (${list})` : `NOT (${exactText(resolved, ref, list, bound)})`;
  const whole = ref.path === undefined ? "" : `${fold(cell)} = ANY (${list}) OR `;
  return `SELECT DISTINCT t.tableoid, t.ctid FROM ${qualified(table.schema, table.name)} AS t CROSS JOIN LATERAL ${from} WHERE ${missed} AND (${whole}(${cell} ~ ${pattern} AND ${inside}))`;
}

/** The exact path finds one of the values in the row. */
function exactText({ server }: Resolved, ref: MatchRef, list: string, bound: Binder): string {
  const strict = bound.bind(strictPath(ref.path ?? ""));
  const value = folded("(e.v #>> '{}')", ref.folds, server, true);
  return `EXISTS (SELECT FROM pg_catalog.jsonb_path_query(${jsonbText(`t.${quoted(ref.column.name)}`, ref.column.type)}, ${strict}::text::pg_catalog.jsonpath, '{}', true) AS e (v) WHERE ${value} = ANY (${list}))`;
}

function laxPath(path: string): string {
  return `lax ${steps(path)}`;
}

function strictPath(path: string): string {
  return `strict ${steps(path)}`;
}

function steps(path: string): string {
  const keys = path.split(".").flatMap((part) => {
    const brackets = /(?:\[\])*$/u.exec(part)?.[0] ?? "";
    const key = part.slice(0, part.length - brackets.length);
    return [...(key === "" ? [] : [`.${JSON.stringify(key)}`]), "[*]".repeat(brackets.length / 2)];
  });
  return `$${keys.join("")}`;
}

async function* viewGaps(session: Session, resolved: Resolved, lookups: readonly Lookup[]): AsyncGenerator<Finding> {
  const columns = tellable(resolved, lookups);
  for (const view of viewsOf(resolved)) {
    const where = `${view.schema}.${view.name}`;
    const seen = [...view.columns.values()];
    if (seen.some(({ mayRead }) => !mayRead)) {
      yield finding(
        resolved,
        "GAP",
        "warning",
        `materialised view ${where} cannot be read: nobody can say whom it keeps`,
        {
          help: "Grant SELECT on it, or refresh it after the run.",
          gap: { where, holdsIdentifier: false },
        },
      );
      continue;
    }
    const bound = binder();
    const texts = columns.flatMap(({ ref, values }) => {
      const fold = (text: string) => folded(text, [...ref.folds, "trim", "lowercase"], resolved.server, true);
      const list = `${bound.bind(values.map((value) => value.toLowerCase()))}::text[]`;
      const pattern = literal(ref.match.type === "phone" ? BETWEEN_NUMBERS : BETWEEN);
      return seen.map((column) => {
        const cell = `t.${quoted(column.name)}::text`;
        const inside = `EXISTS (SELECT FROM pg_catalog.regexp_split_to_table(${cell}, ${pattern}) AS word (w) WHERE pg_catalog.btrim(${fold("word.w")}, '.') = ANY (${list}))`;
        return `(${fold(cell)} = ANY (${list}) OR ${inside})`;
      });
    });
    // values of edges and short ones stand in the column that bears the same name
    for (const ref of resolved.matches) {
      const column = view.columns.get(ref.column.name);
      const values = [...new Set(lookups.flatMap((lookup) => valuesFor(lookup, ref.match.column)))].filter(
        (value) => !value.includes("\0"),
      );
      if (column === undefined || column.shape !== "scalar" || ref.path !== undefined || values.length === 0) continue;
      texts.push(`${textOf(`t.${quoted(column.name)}`, column.type)} = ANY (${bound.bind(values)}::text[])`);
    }
    if (texts.length === 0) continue;
    const [row] = await session.query(
      `SELECT (EXISTS (SELECT FROM ${qualified(view.schema, view.name)} AS t WHERE ${texts.join(" OR ")}))::text`,
      bound.values,
    );
    if (row?.[0] === "true")
      yield finding(
        resolved,
        "GAP",
        "warning",
        `materialised view ${where} keeps rows of ${resolved.table.shown} with an identifier that is searched for`,
        {
          help: "REFRESH MATERIALIZED VIEW after the run.",
          gap: { where, holdsIdentifier: true },
        },
      );
  }
}
