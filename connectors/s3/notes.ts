/** What the eraser notes before its writes: digests and S3's own tokens; no key, no value. */
import { z } from "zod";
import type { UnitJournal } from "../../src/port/connector.ts";

const NOTE = z.discriminatedUnion("kind", [
  /** These records of the step were there when an attempt began; keyed digests of their keys. */
  z.strictObject({ kind: z.literal("present"), step: z.string(), records: z.array(z.string()) }),
  /** Objects that are about to be deleted: keyed digests of their keys and of the versions that are meant. */
  z.strictObject({
    kind: z.literal("objects"),
    step: z.string(),
    objects: z.array(z.strictObject({ name: z.string(), versions: z.array(z.string()) })),
  }),
  /** The probe object of our own that is about to be written. */
  z.strictObject({ kind: z.literal("probe"), bucket: z.string(), key: z.string() }),
  /** An object (keyed digest of its address), last seen as this version, is about to be replaced by bytes with this hash. */
  z.strictObject({
    kind: z.literal("put"),
    object: z.string(),
    base: z.string(),
    etag: z.string(),
    modified: z.string(),
    sha256: z.string(),
  }),
]);

export type Note = z.infer<typeof NOTE>;

export function readNotes(journal: UnitJournal): readonly Note[] {
  return journal.notes.flatMap((text) => {
    const note = NOTE.safeParse(json(text));
    return note.success ? [note.data] : [];
  });
}

/** The journal with what this attempt notes in its notes too. */
export function liveJournal(journal: UnitJournal): UnitJournal {
  const notes = [...journal.notes];
  return {
    notes,
    async note(text) {
      await journal.note(text);
      notes.push(text);
    },
    keepImages: async (step, images) => await journal.keepImages(step, images),
    at: (point) => journal.at(point),
  };
}

export async function writeNote(journal: UnitJournal, note: Note): Promise<void> {
  await journal.note(JSON.stringify(note));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
