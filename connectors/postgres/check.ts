import { Failure } from "../../src/errors.ts";
import { nearest } from "../../src/model/nearest.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { namedColumn } from "../../src/port/named-column.ts";
import { type CheckFacts, checkFacts } from "./check-facts.ts";
import { checkFields } from "./check-fields.ts";
import { checkIgnore } from "./check-ignore.ts";
import { checkIndexes } from "./check-indexes.ts";
import { checkMatches } from "./check-matches.ts";
import { checkReferences } from "./check-references.ts";
import { checkRestore } from "./check-restore.ts";
import { checkRights } from "./check-rights.ts";
import { checkTriggers } from "./check-triggers.ts";
import { finding } from "../../src/sql/findings.ts";
import { viewsOf } from "./gaps.ts";
import { type Place, type Resolved, resolveTarget } from "./resolved.ts";

/** Everything the catalog can say before a row is looked at. */
export async function* checkTargets(place: Place, targets: readonly Target[]): AsyncGenerator<Finding> {
  const resolved: Resolved[] = [];
  const missing: { readonly target: Target; readonly error: Failure }[] = [];
  for (const target of targets) {
    try {
      resolved.push(await resolveTarget(place, target));
    } catch (error) {
      if (!(error instanceof Failure) || !["TABLE_MISSING", "COLUMN_MISSING", "ACTION_REFUSED"].includes(error.code))
        throw error;
      missing.push({ target, error });
    }
  }
  const facts = await checkFacts(place, resolved);
  for (const { target, error } of missing) {
    const meant = error.code === "TABLE_MISSING" ? meantBy(facts, target) : undefined;
    const help = meant ?? error.help;
    const { code, message } = error;
    yield { code, severity: "error", record: target.record.id, ...namedColumn(error), message, help };
  }
  yield* checkIgnore(place, facts.relations);
  yield* checkServer(facts, resolved);
  for (const one of resolved) {
    // reading, erasing and putting back may want the same right
    const said = new Set<string>();
    for await (const finding of checksOf(place, one, facts)) {
      const text = JSON.stringify(finding);
      if (!said.has(text)) yield finding;
      said.add(text);
    }
  }
}

async function* checksOf(place: Place, one: Resolved, facts: CheckFacts): AsyncGenerator<Finding> {
  yield* checkRights(one);
  yield* checkRestore(place, one);
  yield* checkMatches(one);
  yield* checkFields(place.session, one, facts);
  yield* checkReferences(place, one);
  yield* checkTriggers(place, one);
  yield* checkCopies(one);
  yield* checkLargeObjects(one);
  yield* checkIndexes(one);
}

/** The table that may have been meant by one that is not there. */
function meantBy({ relations }: CheckFacts, { record }: Target): string | undefined {
  if (record.place.kind !== "table") return undefined;
  const { schema, table } = record.place;
  const meant = nearest(
    schema === undefined ? table : `${schema}.${table}`,
    relations.flatMap(({ names }) => names),
  );
  return meant === undefined ? undefined : `Did you mean \`${meant}\`?`;
}

/** What the server writes or sends elsewhere by itself. */
function* checkServer(facts: CheckFacts, resolved: readonly Resolved[]): Generator<Finding> {
  const [first] = resolved;
  if (first === undefined) return;
  if (facts.logsValues)
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
  if (!facts.counts)
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
      facts.published.flatMap((publication) => (family.has(publication.oid) ? [publication.name] : [])),
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
