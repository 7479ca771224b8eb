import { Failure } from "../../src/errors.ts";
import { nearest } from "../../src/model/nearest.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { namedColumn } from "../../src/port/named-column.ts";
import { checkFields } from "./check-fields.ts";
import { checkIgnore, relations } from "./check-ignore.ts";
import { checkIndexes } from "./check-indexes.ts";
import { checkMatches } from "./check-matches.ts";
import { checkReferences } from "./check-references.ts";
import { checkRights } from "./check-rights.ts";
import { checkTriggers } from "./check-triggers.ts";
import { finding } from "../../src/sql/findings.ts";
import { viewsOf } from "./gaps.ts";
import { type Place, type Resolved, resolveTarget } from "./resolved.ts";

/** Everything the catalog can say before a row is looked at. */
export async function* checkTargets(place: Place, targets: readonly Target[]): AsyncGenerator<Finding> {
  const resolved: Resolved[] = [];
  for (const target of targets) {
    try {
      resolved.push(await resolveTarget(place, target));
    } catch (error) {
      if (!(error instanceof Failure) || !["TABLE_MISSING", "COLUMN_MISSING", "ACTION_REFUSED"].includes(error.code))
        throw error;
      const help = error.code === "TABLE_MISSING" ? ((await meantBy(place, target)) ?? error.help) : error.help;
      yield {
        code: error.code,
        severity: "error",
        record: target.record.id,
        ...namedColumn(error),
        message: error.message,
        help,
      };
    }
  }
  yield* checkIgnore(place);
  yield* checkServer(place, resolved);
  for (const one of resolved) {
    yield* checkRights(one);
    yield* checkMatches(one);
    yield* checkFields(place.session, one);
    yield* checkReferences(place, one);
    yield* checkTriggers(place, one);
    yield* checkCopies(one);
    yield* checkLargeObjects(one);
    yield* checkIndexes(one);
  }
}

/** The table that may have been meant by one that is not there. */
async function meantBy({ session }: Place, { record }: Target): Promise<string | undefined> {
  if (record.place.kind !== "table") return undefined;
  const { schema, table } = record.place;
  const meant = nearest(
    schema === undefined ? table : `${schema}.${table}`,
    (await relations(session)).flatMap(({ names }) => names),
  );
  return meant === undefined ? undefined : `Did you mean \`${meant}\`?`;
}

/** What the server writes or sends elsewhere by itself. */
async function* checkServer({ session }: Place, resolved: readonly Resolved[]): AsyncGenerator<Finding> {
  const [first] = resolved;
  if (first === undefined) return;
  const oids = resolved.flatMap(({ table, catalog }) =>
    [table, ...catalog.ancestors(table), ...catalog.descendants(table)].map(({ oid }) => oid),
  );
  const [settings = [], published = []] = await session.several(
    `SELECT (pg_catalog.current_setting('log_parameter_max_length', true) IS DISTINCT FROM '0'
        AND (pg_catalog.current_setting('log_statement') IN ('mod', 'all') OR pg_catalog.current_setting('log_min_duration_statement') <> '-1'))::text, pg_catalog.current_setting('track_counts');
     SELECT DISTINCT c.oid::text, p.pubname::text FROM pg_catalog.pg_publication p, LATERAL pg_catalog.pg_get_publication_tables(p.pubname::text) AS t JOIN pg_catalog.pg_class c ON c.oid = t.relid
       WHERE c.oid = ANY ('{${oids.join(",")}}'::oid[]) ORDER BY 2`,
  );
  const [logs, counts] = settings[0] ?? [];
  if (logs === "true")
    yield finding(
      first,
      "GAP",
      "warning",
      "the server logs statements with their values: its log will hold the identifiers that are searched",
      {
        help: "Set log_parameter_max_length = 0 for the role.",
        gap: { where: "server log", holdsIdentifier: false },
      },
    );
  if (counts !== "on")
    yield finding(
      first,
      "GAP",
      "warning",
      "the server does not count what statements write (track_counts): copies that triggers make are not noticed",
      {
        help: "Set track_counts = on.",
        gap: { where: "track_counts", holdsIdentifier: false },
      },
    );
  for (const one of resolved) {
    const family = new Set(
      [one.table, ...one.catalog.ancestors(one.table), ...one.catalog.descendants(one.table)].map(({ oid }) => oid),
    );
    for (const name of new Set(
      published.flatMap(([oid, publication]) => (family.has(oid ?? "") ? [publication ?? ""] : [])),
    ))
      yield finding(
        one,
        "GAP",
        "warning",
        `publication ${name} sends the rows of ${one.table.shown} to its subscribers`,
        {
          help: "Declare each subscriber as a system of its own, or see that it takes deletions too.",
          gap: { where: `publication ${name}`, holdsIdentifier: false },
        },
      );
  }
}

/** A row only names its large objects: they stay when it goes. */
function* checkLargeObjects(resolved: Resolved): Generator<Finding> {
  for (const { name, type } of resolved.table.columns.values())
    if (type.schema === "pg_catalog" && type.name === "oid")
      yield finding(
        resolved,
        "GAP",
        "warning",
        `large objects that column ${name} of ${resolved.table.shown} may name stay`,
        {
          column: name,
          help: "Unlink them in a trigger (lo_manage), or run vacuumlo.",
          gap: { where: `large objects of ${resolved.table.shown}.${name}`, holdsIdentifier: false },
        },
      );
}

/** Rows that are kept elsewhere under this table's name. */
function* checkCopies(resolved: Resolved): Generator<Finding> {
  const { table, catalog } = resolved;
  for (const view of viewsOf(resolved).toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    yield finding(
      resolved,
      "GAP",
      "warning",
      `materialised view ${view.schema}.${view.name} keeps the old rows of ${table.shown} until it is refreshed`,
      {
        help: "REFRESH MATERIALIZED VIEW after the run.",
        gap: { where: `${view.schema}.${view.name}`, holdsIdentifier: false },
      },
    );
  for (const part of catalog.descendants(table).filter(({ kind }) => kind === "f"))
    yield finding(
      resolved,
      "GAP",
      "warning",
      `${part.shown} is a part of ${table.shown} that lies on another server: what is kept there is not known here`,
      {
        help: "Declare that server as a system of its own.",
        gap: { where: part.shown, holdsIdentifier: false },
      },
    );
}
