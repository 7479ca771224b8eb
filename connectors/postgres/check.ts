import { Failure } from "../../src/errors.ts";
import type { SystemBlock } from "../../src/model/datamap.ts";
import type { Finding, Target } from "../../src/model/search.ts";
import { checkFields } from "./check-fields.ts";
import { checkIndexes } from "./check-indexes.ts";
import { checkReferences } from "./check-references.ts";
import { checkRights } from "./check-rights.ts";
import { checkTriggers } from "./check-triggers.ts";
import { checkMatches } from "./check-matches.ts";
import { finding } from "./findings.ts";
import { foreignKeysInto, recordsByTable } from "./links.ts";
import { type Resolved, resolveTargets } from "./resolved.ts";
import type { Session } from "./session.ts";

/** Everything the catalog can say before a row is looked at. */
export async function* checkTargets(session: Session, block: SystemBlock, targets: readonly Target[]): AsyncGenerator<Finding> {
  const resolved: Resolved[] = [];
  for (const target of targets) {
    try {
      resolved.push(...(await resolveTargets(session, [target])));
    } catch (error) {
      if (!(error instanceof Failure) || !["TABLE_MISSING", "COLUMN_MISSING", "ACTION_REFUSED"].includes(error.code)) throw error;
      yield { code: error.code, severity: "error", record: target.record.id, message: error.message, help: error.help };
    }
  }
  const records = await recordsByTable(session, block);
  const into = await foreignKeysInto(
    session,
    resolved.map(({ table }) => table.root),
  );
  const [first] = resolved;
  if (first !== undefined) yield* checkLogging(session, first);
  for (const one of resolved) {
    yield* checkRights(one);
    yield* checkMatches(one);
    yield* checkFields(
      session,
      one,
      into.filter(({ parentRoot }) => parentRoot === one.table.root),
    );
    const reached = yield* checkReferences(session, block, one, records);
    yield* checkTriggers(session, block, one, records, reached);
    yield* checkViews(session, one);
    yield* checkLargeObjects(one);
    yield* checkIndexes(session, one);
  }
}

/** A server that logs statements with their values writes identifiers into its log. */
async function* checkLogging(session: Session, resolved: Resolved): AsyncGenerator<Finding> {
  const [row] = await session.query(
    `SELECT (pg_catalog.current_setting('log_parameter_max_length', true) IS DISTINCT FROM '0'
      AND (pg_catalog.current_setting('log_statement') IN ('mod', 'all') OR pg_catalog.current_setting('log_min_duration_statement') <> '-1'))::text`,
  );
  if (row?.[0] === "true")
    yield finding(resolved, "GAP", "warning", "the server logs statements with their values: its log will hold the identifiers that are searched", {
      help: "Set log_parameter_max_length = 0 for the role.",
    });
}

/** A row only names its large objects: they stay when it goes. */
function* checkLargeObjects(resolved: Resolved): Generator<Finding> {
  for (const { name, type } of resolved.table.columns.values())
    if (type.schema === "pg_catalog" && type.name === "oid")
      yield finding(resolved, "GAP", "warning", `large objects that column ${name} of ${resolved.table.shown} may name stay`, {
        column: name,
        help: "Unlink them in a trigger (lo_manage), or run vacuumlo.",
      });
}

async function* checkViews(session: Session, resolved: Resolved): AsyncGenerator<Finding> {
  const rows = await session.query(
    `WITH RECURSIVE dependent (oid) AS (SELECT $1::oid UNION SELECT r.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN dependent ON d.refobjid = dependent.oid
        WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass)
     SELECT n.nspname::text || '.' || c.relname::text FROM dependent JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' ORDER BY 1`,
    [resolved.table.oid],
  );
  for (const [view] of rows)
    yield finding(resolved, "GAP", "warning", `materialised view ${view} keeps the old rows of ${resolved.table.shown} until it is refreshed`, {
      help: "REFRESH MATERIALIZED VIEW after the run.",
    });
}
