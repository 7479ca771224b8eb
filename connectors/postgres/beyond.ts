/** What triggers and rules set off that a rollback does not take back. A reading of their sources, not a parser. */
import type { Beyond } from "../../src/port/connector.ts";
import { readSource } from "./function-source.ts";
import { waysInto } from "./references.ts";
import type { Place, Resolved } from "./resolved.ts";
import type { Session } from "./transaction.ts";
import { firingTables } from "./triggers.ts";

interface Source {
  /** As it is told. */
  readonly name: string;
  readonly text: string;
  readonly language: string;
}

/** Extensions whose functions in C only reckon. */
const RECKONING =
  /^(?:pgcrypto|uuid-ossp|citext|hstore|ltree|pg_trgm|unaccent|btree_gin|btree_gist|cube|intarray|isn|fuzzystrmatch|tablefunc|earthdistance|seg|moddatetime|autoinc|insert_username|refint|postgis|vector|pg_stat_statements|plpgsql)$/u;
const READ = new Set(["plpgsql", "sql", "internal"]);
const DEPTH = 8;

/** Follows what changes of this record type may set off, whatever the verb: rather once too often. */
export async function beyondTarget(place: Place, { table }: Resolved): Promise<Beyond> {
  const { session, catalog, block, triggers } = place;
  const out = new Set<string>();
  const stays = new Set<string>();
  const seen = new Set<string>();
  // rows of these are deleted or changed with its own
  const behind = waysInto(catalog, block, table).flatMap(({ foreignKey, segment }) =>
    foreignKey.onDelete === "no_action" || foreignKey.onDelete === "restrict" ? [] : [segment.table],
  );
  let tables = [table, ...behind].flatMap((one) => firingTables(catalog, one));
  for (let depth = 0; depth < DEPTH && tables.length > 0; depth += 1) {
    const fresh = [...new Set(tables)].filter((oid) => !seen.has(oid));
    for (const oid of fresh) seen.add(oid);
    const fired = await triggers.triggersOf(session, fresh);
    const rules = await triggers.rulesOf(session, fresh);
    const sources: readonly Source[] = [
      ...fired.map(({ functionName, source, language }) => ({ name: functionName, text: source, language })),
      ...rules.map(({ name, definition }) => ({ name, text: definition, language: "sql" })),
    ];
    const next: string[] = [];
    for (const source of sources) {
      await follow(session, source, { out, stays });
      next.push(...(await triggers.writtenBy(session, source.text)).written.map(({ oid }) => oid));
    }
    tables = next;
  }
  for (const name of await foreignOf(session, [...seen])) out.add(`a trigger writes to the foreign table ${name}`);
  return { out: [...out].toSorted(), stays: [...stays].toSorted() };
}

async function follow(
  session: Session,
  source: Source,
  { out, stays }: { readonly out: Set<string>; readonly stays: Set<string> },
): Promise<void> {
  const known = new Set<string>();
  let sources = [source];
  for (let depth = 0; depth < DEPTH && sources.length > 0; depth += 1) {
    const calls = new Set<string>();
    for (const { name, text, language } of sources) {
      if (!READ.has(language) && language !== "c")
        out.add(`${name}() is written in ${language}, which may do anything`);
      if (/\bcopy\b[\s\S]*\b(?:program|to\s*'|from\s*')/iu.test(text))
        out.add(`${name}() copies to or from outside (COPY)`);
      if (/\bdblink/iu.test(text)) out.add(`${name}() uses dblink`);
      if (/\bexecute\b/iu.test(text) && readSource(text).dynamic)
        stays.add(`${name}() puts statements together as it runs, which cannot be read`);
      if (/\bnotify\b|\bpg_notify\b/iu.test(text))
        stays.add(`${name}() sends a NOTIFY, which is not sent in a rehearsal`);
      if (/\b(?:nextval|setval)\s*\(/iu.test(text))
        stays.add(`${name}() takes numbers of a sequence, which stay taken`);
      for (const call of readSource(text).calls) if (!known.has(call)) calls.add(call);
    }
    for (const call of calls) known.add(call);
    const rows =
      calls.size === 0
        ? []
        : await session.query(
            `SELECT DISTINCT p.proname::text, p.prosrc, l.lanname::text, coalesce(e.extname::text, ''), p.provolatile::text
             FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
             LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
             LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
             WHERE p.proname = ANY ($1::text[]) AND (p.pronamespace <> 'pg_catalog'::regnamespace OR p.proname ~ '^(lo_export|lo_import|pg_file_|pg_read_|pg_write_)')`,
            [[...calls]],
          );
    sources = [];
    for (const [name = "", text = "", language = "", extension = ""] of rows.map((row) =>
      row.map((one) => one ?? ""),
    )) {
      if (/^(?:lo_export|lo_import|pg_file_|pg_write_)/u.test(name)) out.add(`${name}() writes files`);
      else if (language === "c" && !RECKONING.test(extension))
        out.add(`${name}() is written in C${extension === "" ? "" : ` (${extension})`}, which may do anything`);
      else sources.push({ name, text, language });
    }
  }
}

async function foreignOf(session: Session, oids: readonly string[]): Promise<readonly string[]> {
  const rows = await session.query(
    "SELECT c.relname::text FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::text[]::oid[]) AND c.relkind = 'f' ORDER BY 1",
    [oids],
  );
  return rows.map(([name]) => name ?? "");
}
