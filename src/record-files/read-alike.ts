/**
 * Record types over one file must read it in one way: a record is named by its content, and where two ways of reading
 * cut or decode it differently, what one of them holds is not known to the other.
 */
import type { Dialect, Marker, RecordType } from "../model/datamap.ts";
import { marksOf, SAMPLE_STAMP } from "../model/marker.ts";
import type { Finding, Target } from "../model/search.ts";
import { dialectOf, formatOf } from "./file-format.ts";

/** What of a record type says how a file is read. */
export type Reading = Pick<RecordType, "format" | "dialect" | "encoding" | "split">;

/** The keys of the data map in which two readings of the file of this name differ. `changing`: both change cells, so lists must be cut alike too. */
export function differencesIn(path: string, one: Reading, other: Reading, changing: boolean): readonly string[] {
  const differ = (read: (reading: Reading) => unknown) => JSON.stringify(read(one)) !== JSON.stringify(read(other));
  return [
    ...(differ((reading) => formatOf(reading, path)) ? ["format"] : []),
    ...(formatOf(one, path) === "csv" && differ((reading) => whole(dialectOf(reading, path))) ? ["dialect"] : []),
    ...(differ(({ encoding }) => encoding) ? ["encoding"] : []),
    ...(changing && differ(({ split = {} }) => Object.entries(split).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      ? ["split"]
      : []),
  ];
}

function whole({ delimiter = ",", quote = '"', escape = quote, header = true, skip = 0 }: Dialect): Required<Dialect> {
  return { delimiter, quote, escape, header, skip };
}

export interface ReadAlike {
  /** Says for the first target that reads this file in another way than an earlier one did; each pair of targets once. `name`: the file as it may be shown. */
  see(target: Target, path: string, name: string): Iterable<Finding>;
}

/** Over the files of all record types of one system. */
export function readAlike(): ReadAlike {
  const readers = new Map<string, Target[]>();
  const told = new Set<string>();
  return {
    *see(target, path, name) {
      const others = readers.get(path) ?? [];
      readers.set(path, [...others, target]);
      for (const other of others) {
        const pair = `${other.record.id} ${target.record.id}`;
        if (other.record.id !== target.record.id && !told.has(pair) && (clash(other, target) || clash(target, other))) {
          told.add(pair);
          yield {
            code: "CONFLICT",
            severity: "error",
            record: target.record.id,
            message: `one of ${other.record.id} and ${target.record.id} marks lines of ${name} as deleted, and the other changes them in another way`,
            help: "A marked line is known again by everything but its marker: let both mark it alike, or move one of them into a file of its own.",
          };
        }
        const keys =
          other.record.id === target.record.id
            ? []
            : differencesIn(path, other.record, target.record, changesCells(other) && changesCells(target));
        if (keys.length === 0 || told.has(pair)) continue;
        told.add(pair);
        yield {
          code: "CONFLICT",
          severity: "error",
          record: target.record.id,
          message: `${other.record.id} and ${target.record.id} read ${name} in two ways (${keys.join(", ")})`,
          help: "Give both the same: what one of them holds must be known to the other.",
        };
      }
    },
  };
}

/** Whether the first marks lines, and the second would change more in them than that. */
function clash({ changes: { rule: mark } }: Target, { changes: { rule } }: Target): boolean {
  if (mark?.kind !== "mark" || rule === undefined) return false;
  return rule.kind === "fields" || (rule.kind === "mark" && !sameMarker(mark.marker, rule.marker));
}

function sameMarker(one: Marker, other: Marker): boolean {
  return JSON.stringify([...marksOf(one, SAMPLE_STAMP)]) === JSON.stringify([...marksOf(other, SAMPLE_STAMP)]);
}

function changesCells({ changes }: Target): boolean {
  return changes.rule?.kind === "fields";
}
