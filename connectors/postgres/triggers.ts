import { texts } from "../../src/sql/record-table.ts";
import type { Catalog, Table } from "./catalog.ts";
import { readSource, type SourceFacts, type Write } from "./function-source.ts";
import type { Row, Session } from "./transaction.ts";

export type Verb = "insert" | "update" | "delete";

/** An enabled trigger of a table, or of one of its partitions. */
export interface Trigger {
  readonly name: string;
  /** Of the function. */
  readonly source: string;
  readonly language: string;
  readonly functionName: string;
  readonly before: boolean;
  readonly eachRow: boolean;
  readonly verbs: readonly Verb[];
  /** Fires only when one of these is set; empty: always. */
  readonly columns: readonly string[];
  /** Has a WHEN condition. */
  readonly conditional: boolean;
}

/** A rewrite rule that replaces or follows an UPDATE or DELETE. */
export interface Rule {
  readonly name: string;
  readonly verb: Verb;
  readonly instead: boolean;
  readonly conditional: boolean;
  readonly definition: string;
}

/** A table that a function may write to, as the catalog knows it. */
export interface Written {
  readonly write: Write;
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** Without its schema where the search path finds it. */
  readonly shown: string;
  readonly readsOld: boolean;
}

/** The tables whose triggers and rules fire for rows of this one. */
export function firingTables(catalog: Catalog, table: Table): readonly string[] {
  return [table, ...catalog.ancestors(table).filter(({ kind }) => kind === "p"), ...catalog.descendants(table)].map(
    ({ oid }) => oid,
  );
}

/** Triggers and rules as they are in the catalog, and what functions do: each asked once. */
export interface TriggerBook {
  /** Statements that read what the book knows of the tables it was opened for, for whoever asks more at once; none where it is known. */
  questions(): readonly string[];
  /** The rows that each of them gave. */
  answered(answers: readonly (readonly Row[])[]): void;
  triggersOf(session: Session, tables: readonly string[]): Promise<readonly Trigger[]>;
  rulesOf(session: Session, tables: readonly string[]): Promise<readonly Rule[]>;
  /** The tables that a function writes to, with the functions that it calls. */
  writtenBy(
    session: Session,
    source: string,
  ): Promise<{ readonly facts: SourceFacts; readonly written: readonly Written[] }>;
}

/** `around`: tables (oids) that will be asked about; their triggers are read together. */
export function openTriggers(around: readonly string[]): TriggerBook {
  const loaded = new Map<string, { readonly triggers: Trigger[]; readonly rules: Rule[] }>();
  const written = new Map<string, { readonly facts: SourceFacts; readonly written: readonly Written[] }>();
  const unknown = (tables: readonly string[]) => [...new Set(tables.filter((oid) => !loaded.has(oid)))];
  const texts = (tables: readonly string[]) => {
    const oids = `'{${tables.join(",")}}'::oid[]`;
    return tables.length === 0 ? [] : [TRIGGERS.replace("$OIDS", oids), RULES.replace("$OIDS", oids)];
  };
  const take = (tables: readonly string[], [triggers = [], rules = []]: readonly (readonly Row[])[]) => {
    for (const oid of tables) loaded.set(oid, { triggers: [], rules: [] });
    for (const [oid, ...row] of triggers) loaded.get(oid ?? "")?.triggers.push(triggerOf(row));
    for (const [oid, ...row] of rules) loaded.get(oid ?? "")?.rules.push(ruleOf(row));
  };
  const load = async (session: Session, tables: readonly string[]) => {
    if (unknown(tables).length === 0) return;
    const wanted = unknown([...tables, ...around]);
    take(wanted, await session.several(texts(wanted).join("; ")));
  };
  return {
    questions: () => texts(unknown(around)),
    answered: (answers) => take(unknown(around), answers),
    async triggersOf(session, tables) {
      await load(session, tables);
      return tables.flatMap((oid) => loaded.get(oid)?.triggers ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async rulesOf(session, tables) {
      await load(session, tables);
      return tables.flatMap((oid) => loaded.get(oid)?.rules ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    async writtenBy(session, source) {
      const known = written.get(source);
      if (known !== undefined) return known;
      const facts = await factsOf(session, source);
      const made = { facts, written: await writtenTables(session, facts) };
      written.set(source, made);
      return made;
    },
  };
}

const TRIGGERS = `SELECT t.tgrelid::text, t.tgname::text, p.prosrc, l.lanname::text, p.proname::text, t.tgtype::text, (t.tgqual IS NOT NULL)::text,
    pg_catalog.to_json(ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])))::text
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgparentid = 0 AND t.tgrelid = ANY ($OIDS)`;

const RULES = `SELECT r.ev_class::text, r.rulename::text, r.ev_type::text, r.is_instead::text, (r.ev_qual::text <> '<>')::text, pg_catalog.pg_get_ruledef(r.oid)
  FROM pg_catalog.pg_rewrite r WHERE r.ev_class = ANY ($OIDS) AND r.ev_type IN ('2', '4') AND r.ev_enabled IN ('O', 'A')`;

function triggerOf([name, source, language, functionName, type, conditional, columns]: Row): Trigger {
  const bits = Number(type);
  return {
    name: name ?? "",
    source: source ?? "",
    language: language ?? "",
    functionName: functionName ?? "",
    before: (bits & 2) !== 0,
    eachRow: (bits & 1) !== 0,
    verbs: [
      ...((bits & 4) === 0 ? [] : ["insert" as const]),
      ...((bits & 8) === 0 ? [] : ["delete" as const]),
      ...((bits & 16) === 0 ? [] : ["update" as const]),
    ],
    columns: texts(columns),
    conditional: conditional === "true",
  };
}

function ruleOf([name, type, instead, conditional, definition]: Row): Rule {
  return {
    name: name ?? "",
    verb: type === "2" ? "update" : "delete",
    instead: instead === "true",
    conditional: conditional === "true",
    // what comes after DO is what the rule runs
    definition: (definition ?? "").replace(/^[\s\S]*?\bDO\b/iu, ""),
  };
}

const DEPTH = 5;

/** What a function does, with the functions of this database that it calls. */
async function factsOf(session: Session, source: string): Promise<SourceFacts> {
  const own = readSource(source);
  const all: SourceFacts[] = [own];
  const seen = new Set<string>();
  let calls = own.calls;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const fresh = calls.filter((name) => !seen.has(name));
    if (fresh.length === 0) break;
    for (const name of fresh) seen.add(name);
    const rows = await session.query(
      `SELECT p.prosrc FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
       WHERE p.proname = ANY ($1::text[]) AND l.lanname IN ('plpgsql', 'sql') AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`,
      [fresh],
    );
    const called = rows.map(([text]) => readSource(text ?? ""));
    all.push(...called);
    calls = called.flatMap((one) => one.calls);
  }
  return {
    writes: all.flatMap(({ writes }) => writes),
    calls: [...seen],
    dynamic: all.some(({ dynamic }) => dynamic),
    readsOld: all.some(({ readsOld }) => readsOld),
    returns: own.returns,
  };
}

/** The tables that these writes are about: those the search path finds, else any of that name. Oids are those of top tables. */
async function writtenTables(session: Session, { writes, readsOld }: SourceFacts): Promise<readonly Written[]> {
  const names = [...new Set(writes.map(({ table }) => table))];
  if (names.length === 0) return [];
  const rows = await session.query(
    `SELECT c.relname::text, n.nspname::text, coalesce(pg_catalog.pg_partition_root(c.oid), c.oid::regclass)::oid::text, pg_catalog.pg_table_is_visible(c.oid)::text
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
    [names],
  );
  return writes.flatMap((write) => {
    const named = rows.filter(
      ([name, schema]) => name === write.table && (write.schema === undefined || schema === write.schema),
    );
    const visible = named.filter(([, , , seen]) => seen === "true");
    return (visible.length > 0 ? visible : named).map(([name, schema, oid, seen]) => ({
      write,
      oid: oid ?? "",
      schema: schema ?? "",
      name: name ?? "",
      shown: seen === "true" ? (name ?? "") : `${schema}.${name}`,
      readsOld,
    }));
  });
}
