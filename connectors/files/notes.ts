/** What the eraser writes into a unit's notebook: keyed digests and hashes, no names and no values. */
import { z } from "zod";
import type { UnitJournal } from "../../src/port/connector.ts";

/** A file about to replace another. */
const INTENT = z.object({
  file: z.string(),
  /** Inode and birth of the new file, before it is renamed. */
  ino: z.string(),
  born: z.string(),
  sha256: z.string(),
  /** Names of the records it was changed in: lengths and keyed digests. */
  changed: z.array(z.string()),
});

export type Intent = Omit<z.infer<typeof INTENT>, "file">;

/** The notes of one step about one file. */
export interface FileNotes {
  /** The last intent that was not withdrawn. */
  readonly last: Intent | null;
  intend(journal: UnitJournal, intent: Intent): Promise<void>;
  withdraw(journal: UnitJournal): Promise<void>;
}

/** `name` tells step and file apart: a keyed digest. */
export function fileNotes(journal: UnitJournal, name: string): FileNotes {
  const last = journal.notes.reduce<Intent | null>((known, text) => {
    const note: unknown = JSON.parse(text);
    if (typeof note !== "object" || note === null || !("file" in note) || note.file !== name) return known;
    const intent = INTENT.safeParse(note);
    return intent.success ? intent.data : null;
  }, null);
  return {
    last,
    intend: async (book, intent) => await book.note(JSON.stringify({ file: name, ...intent })),
    withdraw: async (book) => await book.note(JSON.stringify({ file: name, withdrawn: true })),
  };
}
