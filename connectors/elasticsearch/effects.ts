/** What a unit has begun and made: in its notes, durably, before the server is asked for it. */
import type { IO, UnitJournal } from "../../src/port/connector.ts";

/** A write that is about to be asked for. */
export interface Begun {
  readonly key: string;
  readonly index: string;
  /** The document's fingerprint afterwards; none for a deletion. */
  readonly after?: string;
}

export interface Effects {
  /** Indices with changes of this attempt, or of one that may not have told searches. */
  readonly indices: ReadonlySet<string>;
  touch(index: string): void;
  /** An earlier attempt had begun with this record. */
  hadBegun(key: string): boolean;
  /** An earlier attempt was about to leave this record with this fingerprint. */
  hadMade(key: string, fingerprint: string): boolean;
  begin(writes: readonly Begun[]): Promise<void>;
  half(): void;
}

/** Notes hold keyed digests: neither ids nor values. */
export function effectsOf(io: IO, journal: UnitJournal): Effects {
  const markOf = (...parts: readonly string[]) => io.digest(["document", ...parts]).slice(0, 20);
  const before = new Set(journal.notes.flatMap(marksOf));
  const noted = new Set<string>();
  const indices = new Set<string>();
  let begun = false;
  let halved = false;
  const half = () => {
    if (!halved) journal.at("effect_half");
    halved = true;
  };
  return {
    indices,
    half,
    touch: (index) => void indices.add(index),
    hadBegun: (key) => before.has(markOf(key)),
    hadMade: (key, fingerprint) => before.has(markOf(key, fingerprint)),
    async begin(writes) {
      const marks = writes
        .flatMap(({ key, after }) => (after === undefined ? [markOf(key)] : [markOf(key), markOf(key, after)]))
        .filter((mark) => !noted.has(mark));
      if (marks.length > 0) await journal.note(JSON.stringify({ writes: marks }));
      for (const mark of marks) noted.add(mark);
      for (const { index } of writes) indices.add(index);
      if (begun) half();
      else journal.at("effect_begin");
      begun = true;
    },
  };
}

function marksOf(note: string): string[] {
  const said: unknown = JSON.parse(note);
  if (typeof said !== "object" || said === null || !("writes" in said) || !Array.isArray(said.writes)) return [];
  return said.writes.filter((mark) => typeof mark === "string");
}
