/** Our own files beside the originals begin so, and are never taken for data. */
export const TEMP_PREFIX = ".expunge-";

/** What rotation, editors and downloads put behind a whole name. */
const BEHIND =
  /^(?:~|[._-](?:bak|backup|orig|old|prev|new|save|swp|swo|tmp|temp|part|filepart|crdownload|rej|copy|gz|zip|zst|xz|bz2|7z|\d+|\d{4}-\d{2}-\d{2}(?:[T_.-]\d[\d.:-]*)?))+$/iu;
/** What comes between a name and its ending. */
const BETWEEN =
  /^(?: ?\(\d+\)|[ ._-]+\(?(?:(?:another|\d+(?:st|nd|rd|th)) )?(?:copy|kopie|copie|copia|c\u00f3pia|kopia|kopi)(?: ?\(?\d+\)?)?\)?|[._-](?:bak|backup|old|orig|prev)| \([^)]*(?:conflict|konflikt|conflit|conflicto)[^)]*\)|[._-](?:sync-)?conflict[._-].*)$/iu;
/** What comes before a whole name. */
const BEFORE =
  /^(?:(?:copy(?: \(\d+\))? of|kopie(?: \(\d+\))? von|copie(?: \(\d+\))? de|copia(?: \(\d+\))? (?:di|de)|c\u00f3pia de) |~\$|\.~lock\.|\.#|#)$/iu;

/** Names that editors, sync clients, log rotation and people give to copies of a file; an archive of it too. */
export function isCopyOf(name: string, original: string): boolean {
  if (name === original || name.startsWith(TEMP_PREFIX)) return false;
  if (name.startsWith(original)) return BEHIND.test(name.slice(original.length));
  if (name === `.${original}.swp`) return true;
  const before = name.indexOf(original);
  if (before > 0 && BEFORE.test(name.slice(0, before)) && /^#?$/u.test(name.slice(before + original.length)))
    return true;
  const dot = original.indexOf(".", 1);
  const [stem, extension] = dot === -1 ? [original, ""] : [original.slice(0, dot), original.slice(dot)];
  return (
    name.startsWith(stem) &&
    name.endsWith(extension) &&
    BETWEEN.test(name.slice(stem.length, name.length - extension.length))
  );
}

/** A name as it looks: without case, and composed. */
export function alikeName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
