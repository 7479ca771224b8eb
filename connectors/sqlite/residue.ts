/** What SQLite keeps for now of rows that are deleted or changed, and how it lets go of it. */
import { statSync } from "node:fs";
import type { Residue } from "../../src/model/change.ts";
import { Refusal } from "../../src/sql/refusal.ts";
import type { FullText } from "./catalog.ts";
import { quoted } from "./database.ts";
import { effectsOf } from "./effects.ts";
import type { Place, Resolved } from "./resolved.ts";

const LARGEST = 1 << 30;

export function residueOf(place: Place, resolved: Resolved): Residue[] {
  return mechanismsOf(place, resolved).map((mechanism) => residue(resolved, mechanism));
}

/**
 * What our own transactions free is overwritten at once (`secure_delete`). What others freed before, such as the older
 * versions of a row, is not: only VACUUM writes the file anew without it.
 */
function mechanismsOf(place: Place, resolved: Resolved): readonly string[] {
  return [
    ...keptBeside(place),
    "free_space",
    ...(fullTextsOver(place, resolved).length > 0 ? ["full_text"] : []),
    ...samplesOf(place, resolved),
  ];
}

/** The log of changes, and the journal that some applications leave with what it held. */
function keptBeside({ database }: Place): readonly string[] {
  return [
    ...(sizeOf(`${database.path}-wal`) > 0 ? ["wal"] : []),
    ...(sizeOf(`${database.path}-journal`) > 0 ? ["rollback_journal"] : []),
  ];
}

/** Values that a fuller ANALYZE keeps. */
function samplesOf({ database }: Place, { table }: Resolved): readonly string[] {
  const kept = database.all("SELECT name FROM sqlite_schema WHERE name IN ('sqlite_stat3', 'sqlite_stat4')");
  return kept.some(
    ([name]) => database.all(`SELECT 1 FROM ${quoted(String(name))} WHERE tbl = ? LIMIT 1`, [table.name]).length > 0,
  )
    ? ["statistics"]
    : [];
}

function residue({ target: { record } }: Resolved, mechanism: string): Residue {
  return { system: record.system, record: record.id, mechanism, goneBy: null };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Full-text indexes that hold words of these rows: over the table, or written by its triggers. */
export function fullTextsOver(place: Place, { table, ...resolved }: Resolved): readonly FullText[] {
  const written = new Set(effectsOf(place, { ...resolved, table }).map((effect) => effect.table));
  return place.catalog.fullTexts.filter(
    (one) => one.table === table || one.content === table || written.has(one.table.name),
  );
}

/**
 * Lets go of what it can; says what is still left. A file that somebody else is reading is left as it is. `done`: what
 * this eraser has done for the file as a whole, once for all record types.
 */
export function flush(place: Place, resolved: Resolved, done: Set<"vacuum">): readonly Residue[] {
  const { database } = place;
  const left = new Set(samplesOf(place, resolved));
  const attempt = (mechanism: string, work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      left.add(mechanism);
    }
  };
  const fullTexts = fullTextsOver(place, resolved);
  for (const { table, content } of fullTexts) {
    const tell = (command: string) =>
      database.exec(`INSERT INTO main.${quoted(table.name)} (${quoted(table.name)}) VALUES ('${command}')`);
    attempt("full_text", () => {
      // where no trigger takes words out, those of rows that are gone are still there
      if (content !== undefined) tell("rebuild");
      tell("optimize");
    });
  }
  const words = fullTexts.length > 0;
  if (isRenumbered(place) || isLarge(place)) left.add("free_space");
  else if (words || !done.has("vacuum"))
    attempt("free_space", () => {
      database.exec("VACUUM");
      done.add("vacuum");
    });
  attempt("wal", () => database.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  for (const kept of keptBeside(place)) left.add(kept);
  return [...left].map((mechanism) => residue(resolved, mechanism));
}

/** The new file is put together in memory: a copy of everybody in a folder for temporary files would be worse than what is left. */
function isLarge({ database }: Place): boolean {
  return sizeOf(database.path) > LARGEST;
}

/** VACUUM gives the rows of a table that has neither key nor index new numbers: whoever keeps those would find other rows. */
function isRenumbered({ catalog }: Place): boolean {
  return [...catalog.tables.values()].some(
    ({ kind, rowid, numbered, indexes }) =>
      kind === "table" && rowid !== undefined && !numbered && indexes.length === 0,
  );
}
