/** What the eraser writes into a unit's notebook: keyed digests, counts and hashes, no names and no values. */
import type { UnitJournal } from "../../src/port/connector.ts";

/** A file about to replace another. */
export interface Intent {
  /** Inode and birth of the new file, before it is renamed. */
  readonly ino: string;
  readonly born: string;
  readonly sha256: string;
  /** Records it was changed in. */
  readonly changed: number;
}

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
    return intentIn(note);
  }, null);
  return {
    last,
    intend: async (book, intent) => await book.note(JSON.stringify({ file: name, ...intent })),
    withdraw: async (book) => await book.note(JSON.stringify({ file: name, withdrawn: true })),
  };
}

function intentIn(note: object): Intent | null {
  if (!("ino" in note) || !("born" in note) || !("sha256" in note) || !("changed" in note)) return null;
  const { ino, born, sha256, changed } = note;
  return typeof ino === "string" && typeof born === "string" && typeof sha256 === "string" && typeof changed === "number"
    ? { ino, born, sha256, changed }
    : null;
}
