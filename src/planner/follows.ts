/** Copies that follow by themselves: which of the found ones go, or are marked, with what they are copies of. */
import type { DataMap, RecordType } from "../model/datamap.ts";
import type { Disposition, SourceRecord } from "../model/plan.ts";
import { typesById } from "./deciding.ts";
import type { OwnDecisions } from "./decide.ts";
import { type Findings, type FoundRecord, valuesAt } from "./found.ts";
import { parentsByValue } from "./held-with.ts";
import { changesMade } from "./references.ts";
import type { OneDecisionEach } from "./same-record.ts";

type Following = Extract<Disposition, { kind: "waiting" }>;

/** Why a copy waits that goes by itself. */
const FOLLOWS = "follows";

export function isFollowing(disposition: Disposition): disposition is Following {
  return disposition.kind === "waiting" && disposition.reason === FOLLOWS;
}

/**
 * Takes the copies out of what is acted on that are free to go and follow by themselves: those of which every record that
 * they are copies of goes (or is marked) by this plan. All others keep what was decided. `decided` is changed in place.
 */
export function followSources(
  map: DataMap,
  found: Findings,
  decided: OwnDecisions,
  once: Pick<OneDecisionEach, "elsewhere">,
): void {
  const types = typesById(map);
  const scope: Scope = { types, found, decided, once };
  for (const { type, records } of found.values()) {
    const mine = decided.get(type.id);
    if (type.follows === undefined || mine === undefined) continue;
    const sources = sourcesOf(scope, type, type.follows.source);
    for (const [key, disposition] of mine) {
      const record = records.get(key);
      if (record === undefined || !isFree(scope, type, disposition)) continue;
      const its = sources(record);
      if (its.length > 0 && its.every((source) => takesAlong(scope, type, source)))
        mine.set(key, { kind: "waiting", reason: FOLLOWS, sources: its });
    }
  }
}

interface Scope {
  readonly types: ReadonlyMap<string, RecordType>;
  readonly found: Findings;
  readonly decided: OwnDecisions;
  readonly once: Pick<OneDecisionEach, "elsewhere">;
}

/** What would be done to it is what it does by itself. */
function isFree({ types }: Scope, type: RecordType, disposition: Disposition): boolean {
  if (disposition.kind !== "act" || disposition.change !== "rule") return false;
  const kind = type.follows?.replays === "hard_delete" ? "delete" : "mark";
  return changesMade({ types }, type, disposition).every((change) => change.kind === kind);
}

/** Whether the copy's own system does by itself what becomes of this source. */
function takesAlong({ types, decided }: Scope, { follows }: RecordType, { record, key }: SourceRecord): boolean {
  const source = types.get(record);
  const disposition = decided.get(record)?.get(key);
  if (source === undefined || disposition === undefined) return false;
  const goesLater = source.purge?.how === "erase";
  // hidden already: it goes on its day, and its mark was told long ago
  if (disposition.kind === "waiting" && disposition.reason === "marked")
    return follows?.replays === "hard_delete" && goesLater;
  if (disposition.kind !== "act") return false;
  const changes = changesMade({ types }, source, disposition);
  if (changes.length === 0) return false;
  if (follows?.replays === "soft_delete") return changes.every(({ kind }) => kind === "mark");
  return changes.every(({ kind }) => kind === "delete" || (kind === "mark" && goesLater));
}

/** What a found copy is a copy of: by the values that lead to it, else whatever of the source its people have. */
function sourcesOf(
  { found, once }: Scope,
  type: RecordType,
  source: string,
): (record: FoundRecord) => readonly SourceRecord[] {
  const there = found.get(source);
  if (there === undefined) return () => [];
  const byPerson = new Map<number, string[]>();
  for (const { key, subjects } of there.records.values())
    for (const person of subjects) byPerson.set(person, [...(byPerson.get(person) ?? []), key]);
  const edges = type.match.terms.flatMap(({ column, source: from }) =>
    from.kind === "column" && from.ref.record === source
      ? [{ column, byValue: parentsByValue(there.records, from.ref.column) }]
      : [],
  );
  const counted = (key: string): SourceRecord => {
    const elsewhere = once.elsewhere.get(source)?.get(key);
    return elsewhere === undefined ? { record: source, key } : { record: elsewhere.record, key: elsewhere.key };
  };
  return (record) => {
    const led = edges.flatMap(({ column, byValue }) =>
      valuesAt(record.values, column).flatMap((value) => byValue.get(value) ?? []),
    );
    const keys = led.length > 0 ? led : record.subjects.flatMap((person) => byPerson.get(person) ?? []);
    return [...new Set(keys)].toSorted().map(counted);
  };
}
