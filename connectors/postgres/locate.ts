import { Failure } from "../../src/errors.ts";
import type { IO } from "../../src/port/connector.ts";
import type { Located, Lookup } from "../../src/model/search.ts";
import { canBe, castTo, comparison, foldsFor, folded, isArray, isAscii, pathTexts, spellings, textOf } from "./columns.ts";
import { isAsWantedRow } from "./changes.ts";
import { comparableIn, type MatchRef, type Resolved, type RowState, stateOf, stateTexts, textsIn, wantedValues } from "./resolved.ts";
import type { Row, Session } from "./session.ts";
import { type Binder, binder, chunks, equal, EQUALS, qualified, quoted, textsOrNull } from "./sql.ts";
import { refusedWhere, whereTexts } from "./where.ts";

const LOOKUPS = 5000;

/** A row that matches, for one subject. */
export interface Hit {
  readonly subject: number;
  readonly state: RowState;
  /** By matched column: the value that matched. */
  readonly hits: readonly (string | null)[];
}

/** Every matching row, once per subject, by ascending key within some thousand lookups. `filter`: SQL on `t`. */
export async function* hitsOf(session: Session, resolved: Resolved, lookups: readonly Lookup[], io: IO, filter = ""): AsyncGenerator<Hit> {
  const [refused] = refusedWhere(resolved.table, resolved.where);
  // looking on would be "no match" for a value that was never compared
  if (refused !== undefined) throw new Failure("TYPE_MISMATCH", `${resolved.target.record.id}: ${refused.message}`, { help: refused.help });
  for (const some of chunks([...grouped(lookups)], LOOKUPS)) {
    const bound = binder();
    const text = searchText(
      resolved,
      some.flatMap(([, mine]) => mine),
      bound,
      filter,
    );
    if (text === undefined) continue;
    const wanted = new Map(some.map(([subject, mine]) => [subject, resolved.matches.map((ref) => wantedValues(ref, mine))]));
    let last = "";
    for await (const rows of session.pages(text, bound.values)) {
      for (const row of rows) {
        const hit = hitOf(resolved, row, wanted, io);
        if (hit === undefined) continue;
        // several values, elements or columns may lead to the same row: they come one after the other
        const name = `${hit.subject} ${hit.state.key}`;
        if (name === last) continue;
        last = name;
        yield hit;
      }
    }
  }
}

export async function* locateRows(session: Session, resolved: Resolved, lookups: readonly Lookup[], io: IO): AsyncGenerator<Located> {
  const bySubject = grouped(lookups);
  let count = 0;
  for await (const { subject, state } of hitsOf(session, resolved, lookups, io)) {
    count += 1;
    if (count % 1000 === 0) io.progress(count);
    yield {
      subjects: [subject],
      key: state.key,
      address: JSON.stringify([resolved.table.schema, resolved.table.name, state.key]),
      fingerprint: state.fingerprint,
      values: exported(resolved, state),
      done: isAsWantedRow(resolved, state, bySubject.get(subject) ?? [], io),
    };
  }
  io.progress(count);
}

function grouped(lookups: readonly Lookup[]): ReadonlyMap<number, readonly Lookup[]> {
  return Map.groupBy(lookups, ({ subject }) => subject);
}

function exported({ exports }: Resolved, state: RowState): Record<string, readonly string[]> {
  return Object.fromEntries(exports.map((ref) => [ref.name, textsIn(ref, state)]));
}

function hitOf(resolved: Resolved, row: Row, wanted: ReadonlyMap<number, readonly ReadonlySet<string>[]>, io: IO): Hit | undefined {
  const subject = Number(row.at(-2));
  const hits = textsOrNull(row.at(-1));
  const mine = wanted.get(subject) ?? [];
  // the server's folds are at least as wide as ours: what it found is compared again
  const agreed = hits.map((hit, at) => {
    const ref = resolved.matches[at];
    return hit !== null && ref !== undefined && (decidedByServer(ref) || (mine[at]?.has(comparableIn(ref, hit)) ?? false));
  });
  const matches = resolved.target.record.match.mode === "all" ? agreed.every(Boolean) : agreed.some(Boolean);
  return matches ? { subject, state: stateOf(resolved, row, io), hits } : undefined;
}

function decidedByServer({ column, path }: MatchRef): boolean {
  return path === undefined && (column.loose || comparison(column.type.element ?? column.type) === "typed");
}

/** One branch a matched column (`any`), or one with all of them (`all`). Undefined where no value can match. */
function searchText(resolved: Resolved, lookups: readonly Lookup[], bound: Binder, filter: string): string | undefined {
  const { table, matches, target, key } = resolved;
  const selected = stateTexts(resolved, "t");
  const select = (subject: string, hits: readonly string[]) =>
    [
      ...selected.map((text, at) => `${text} AS c${at}`),
      `${subject}::text AS s`,
      `pg_catalog.to_json(ARRAY[${hits.map((hit) => `${hit}::text`).join(", ")}]::text[])::text AS h`,
      ...key.parts.map((part, at) => `${part.sql("t")} AS o${at}`),
    ].join(", ");
  const also = [...whereTexts(resolved.where, bound), ...(filter === "" ? [] : [filter])];
  const from = `${qualified(table.schema, table.name)} AS t`;
  const branch = (used: readonly number[], hitsAt: (at: number) => string) => {
    const joins = used.map((at) => joinText(resolved, at, lookups, bound));
    if (joins.includes(undefined)) return undefined;
    const [first = 0, ...rest] = used;
    const conditions = [...rest.map((at) => `l${at}.s = l${first}.s`), ...also];
    return `SELECT ${select(
      `l${first}`.concat(".s"),
      matches.map((_, at) => hitsAt(at)),
    )} FROM ${from} ${joins.join(" ")}${conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`}`;
  };
  const all = matches.map((_, at) => at);
  const branches =
    target.record.match.mode === "all" ? [branch(all, (at) => `h${at}.v`)] : all.map((at) => branch([at], (other) => (other === at ? `h${at}.v` : "NULL")));
  const used = branches.filter((text) => text !== undefined);
  if (used.length === 0) return undefined;
  const columns = [...selected.map((_, at) => `c${at}`), "s", "h"].map((name) => `q.${name}`);
  return `SELECT ${columns.join(", ")} FROM (${used.join(" UNION ALL ")}) AS q ORDER BY ${key.parts.map((_, at) => `q.o${at}`).join(", ")}, q.s, q.h`;
}

/** Joins `t` with the values `l<at> (v, s)` of one matched column; `h<at> (v)` is the text that matched. */
function joinText({ matches, server }: Resolved, at: number, lookups: readonly Lookup[], bound: Binder): string | undefined {
  const ref = matches[at];
  if (ref === undefined) return undefined;
  const { match, column } = ref;
  const type = ref.path === undefined ? (column.type.element ?? column.type) : undefined;
  const folds = type === undefined ? match.fold : foldsFor(match, type);
  const values: string[] = [];
  const subjects: string[] = [];
  for (const lookup of lookups) {
    for (const value of lookup.values[match.column] ?? []) {
      if (type === undefined ? value.includes("\0") : !canBe(value, type)) continue;
      for (const spelling of spellings(comparableIn(ref, value), folds)) {
        values.push(spelling);
        subjects.push(String(lookup.subject));
      }
    }
  }
  if (values.length === 0) return undefined;
  // as char(n) an index on the column serves
  const typed = type !== undefined && (comparison(type) === "typed" || (type.name === "bpchar" && folds.length === 0));
  const array = `${bound.bind(values)}::text[]${typed ? `::${castTo(type)}[]` : ""}`;
  const wide = column.asciiOnly && server.wide !== "" && values.some((value) => !isAscii(value));
  const collate = !typed && !(wide && folds.includes("lowercase")) && ref.path === undefined && column.collation !== "" ? ` COLLATE ${column.collation}` : "";
  const rows = `ROWS FROM (pg_catalog.unnest(${array}), pg_catalog.unnest(${bound.bind(subjects)}::text[]::int4[])) AS l${at} (v, s)`;
  const same = (value: string) => {
    if (typed) return equal(value, type.equals, `l${at}.v`);
    const text =
      type === undefined || comparison(type) === "text" ? folded(type?.name === "name" ? `${value}::text` : value, folds, server, wide) : textOf(value, type);
    return equal(text, EQUALS, `l${at}.v${collate}`);
  };
  const stored = `t.${quoted(column.name)}`;
  if (ref.path !== undefined) {
    const { laterals, value } = pathTexts(ref, `j${at}`, bound);
    return `${laterals} CROSS JOIN LATERAL (SELECT ${value} #>> '{}' AS v) AS h${at} JOIN ${rows} ON ${same(`h${at}.v`)}`;
  }
  if (isArray(column)) {
    // says the same once more, in words that an index on the array understands
    const overlaps =
      folds.length === 0 && (typed || comparison(column.type.element ?? column.type) === "text")
        ? ` AND ${stored} OPERATOR(pg_catalog.&&) ${array}::${castTo(column.type)}`
        : "";
    return `CROSS JOIN LATERAL pg_catalog.unnest(${stored}) AS h${at} (v) JOIN ${rows} ON ${same(`h${at}.v`)}${overlaps}`;
  }
  return `JOIN ${rows} ON ${same(stored)} CROSS JOIN LATERAL (SELECT ${textOf(stored, column.type)} AS v) AS h${at}`;
}
