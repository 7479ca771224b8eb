/** Folders in which a table format keeps its own books: rewriting a file of theirs breaks the table. */
const BOOKS = [
  { folder: "_delta_log", format: "Delta Lake" },
  { folder: ".hoodie", format: "Apache Hudi" },
  { folder: "_symlink_format_manifest", format: "Delta Lake or Hive" },
  { folder: "metadata", format: "Apache Iceberg", holds: /^[^/]+\.metadata\.json$/u },
] as const;

/** The names to ask for in a folder, to tell whether it is a table. */
export const BOOK_FOLDERS: readonly string[] = BOOKS.map(({ folder }) => folder);

/** A folder (without its last slash; "" for the top) that is a table, and of which format. */
export interface Table {
  readonly folder: string;
  readonly format: string;
}

/** The table that this path is part of the books of. `path` is relative, with slashes, and names a file, or ends in a slash for a folder. */
export function tableOf(path: string): Table | null {
  const parts = path.split("/");
  for (const [at, part] of parts.entries()) {
    const book = BOOKS.find(({ folder }) => folder === part);
    if (book === undefined || at === parts.length - 1) continue;
    if ("holds" in book && !(parts.length === at + 2 && book.holds.test(parts[at + 1] ?? ""))) continue;
    return { folder: parts.slice(0, at).join("/"), format: book.format };
  }
  return null;
}
