/** What all checks of a look need of the catalog: asked in one message, however many record types there are. */
import { changedFields } from "../../src/sql/record-table.ts";
import { leaves } from "../../src/sql/rule-values.ts";
import { RELATIONS, type Relation, relationsOf } from "./check-ignore.ts";
import type { Place, Resolved } from "./resolved.ts";
import { attempt, attemptAll } from "./session.ts";
import { literal } from "./sql.ts";
import type { Row } from "./transaction.ts";

export interface CheckFacts {
  /** Everything in the database's own schemas that rows can be read from. */
  readonly relations: readonly Relation[];
  /** The server writes statements with their values into its log. */
  readonly logsValues: boolean;
  /** It counts what statements write. */
  readonly counts: boolean;
  /** Tables (oids) with a publication that sends their rows elsewhere. */
  readonly published: readonly { readonly oid: string; readonly name: string }[];
  /** By table (oid): name, expression and columns of each CHECK constraint. */
  readonly constraints: ReadonlyMap<string, readonly Row[]>;
  /** Whether a column that is declared so takes this value. */
  takes(declared: string, value: string): boolean;
}

export async function checkFacts({ session, triggers }: Place, resolved: readonly Resolved[]): Promise<CheckFacts> {
  const family = resolved.flatMap(({ table, catalog }) => [
    table,
    ...catalog.ancestors(table),
    ...catalog.descendants(table),
  ]);
  const oids = (some: readonly { readonly oid: string }[]) => `'{${some.map(({ oid }) => oid).join(",")}}'::oid[]`;
  const texts = [
    RELATIONS,
    SETTINGS,
    PUBLISHED.replace("$OIDS", oids(family)),
    CONSTRAINTS.replace("$OIDS", oids(resolved.map(({ table }) => table))),
    ...triggers.questions(),
  ];
  const values = [...valuesIn(resolved)];
  const all = values.map(({ declared, value }) => `(${literal(value)}::text::${declared})::text`);
  const whole = await attemptAll(session, [...texts, ...(all.length === 0 ? [] : [`SELECT ${all.join(", ")}`])]);
  const [relations = [], settings = [], published = [], constraints = [], ...told] =
    whole ?? (await session.several(texts.join("; ")));
  triggers.answered(told);
  const refused = new Set<string>();
  // one of them is not taken: which?
  if (whole === undefined)
    for (const [at, one] of values.entries())
      if ((await attempt(session, `SELECT ${all[at]}`)).length === 0) refused.add(nameOf(one));
  return {
    relations: relationsOf(relations),
    logsValues: settings[0]?.[0] === "true",
    counts: settings[0]?.[1] === "on",
    published: published.map(([oid, name]) => ({ oid: oid ?? "", name: name ?? "" })),
    constraints: Map.groupBy(constraints, ([oid]) => oid ?? ""),
    takes: (declared, value) => !refused.has(nameOf({ declared, value })),
  };
}

interface DeclaredValue {
  readonly declared: string;
  readonly value: string;
}

/** What the rules leave in columns, each once. Constants of the data map, of nobody. */
function valuesIn(resolved: readonly Resolved[]): Iterable<DeclaredValue> {
  const values = new Map<string, DeclaredValue>();
  for (const one of resolved) {
    for (const [name, rule] of Object.entries(changedFields(one.target.changes).fields)) {
      const column = one.table.columns.get(name);
      if (column === undefined || rule.kind === "keep") continue;
      const value = leaves(one, column, rule);
      if (value != null) values.set(nameOf({ declared: column.declared, value }), { declared: column.declared, value });
    }
  }
  return values.values();
}

function nameOf({ declared, value }: DeclaredValue): string {
  return `${declared}\n${value}`;
}

const SETTINGS = `SELECT (pg_catalog.current_setting('log_parameter_max_length', true) IS DISTINCT FROM '0'
    AND (pg_catalog.current_setting('log_statement') IN ('mod', 'all') OR pg_catalog.current_setting('log_min_duration_statement') <> '-1'))::text, pg_catalog.current_setting('track_counts')`;

const PUBLISHED = `SELECT DISTINCT c.oid::text, p.pubname::text FROM pg_catalog.pg_publication p, LATERAL pg_catalog.pg_get_publication_tables(p.pubname::text) AS t JOIN pg_catalog.pg_class c ON c.oid = t.relid
  WHERE c.oid = ANY ($OIDS) ORDER BY 2`;

const CONSTRAINTS = `SELECT c.conrelid::text, c.conname::text, pg_catalog.pg_get_expr(c.conbin, c.conrelid), pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)))::text
  FROM pg_catalog.pg_constraint c WHERE c.conrelid = ANY ($OIDS) AND c.contype = 'c' AND pg_catalog.cardinality(c.conkey) > 0`;
