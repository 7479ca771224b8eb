import type { Residue } from "../model/change.ts";
import type { DataMap } from "../model/datamap.ts";
import { addPeriod } from "../retention/civil-date.ts";

/** One line a system and mechanism, whatever the number of its record types: the last day counts, and no end is later than any. */
export function mergeResidue(all: Iterable<Residue>): readonly Residue[] {
  const merged = new Map<string, Residue>();
  for (const { system, mechanism, goneBy } of all) {
    const id = `${system}\n${mechanism}`;
    const known = merged.get(id);
    const later =
      known === undefined || known.goneBy === null
        ? known?.goneBy
        : goneBy === null || goneBy > known.goneBy
          ? goneBy
          : known.goneBy;
    merged.set(id, { system, mechanism, goneBy: known === undefined ? goneBy : (later ?? null) });
  }
  return [...merged.values()];
}

/** Declared backups that still hold what is erased today, each until its last copy has expired. */
export function backupResidue(map: DataMap, systems: ReadonlySet<string>, today: string): readonly Residue[] {
  return map.systems.flatMap((backup) =>
    backup.covers
      .filter((covered) => systems.has(covered))
      .map((covered) => ({
        system: covered,
        mechanism: `backups:${backup.name}`,
        goneBy: backup.expiresAfter === undefined ? null : addPeriod(today, backup.expiresAfter),
      })),
  );
}
