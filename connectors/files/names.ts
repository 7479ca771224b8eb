/** Our own files beside the originals begin so, and are never taken for data. */
export const TEMP_PREFIX = ".expunge-";

/** Names that editors, sync clients and people give to copies of a file; an archive of it too. */
export function isCopyOf(name: string, original: string): boolean {
  if (name === original || name.startsWith(TEMP_PREFIX)) return false;
  const dot = original.indexOf(".", 1);
  const [stem, extension] = dot === -1 ? [original, ""] : [original.slice(0, dot), original.slice(dot)];
  if (name.startsWith(original)) return /^(?:~|\.(?:bak|orig|old|save|backup|swp|tmp|copy|gz|zip|zst|xz|bz2|7z|\d+))+$/iu.test(name.slice(original.length));
  if (name === `.${original}.swp` || name === `#${original}#` || name === `.#${original}`) return true;
  if (!name.startsWith(stem) || !name.endsWith(extension)) return false;
  const between = name.slice(stem.length, name.length - extension.length);
  return /^(?: \(\d+\)|\(\d+\)| - copy(?: \(\d+\))?| copy(?: \d+)?|_copy|_bak|_backup|_old|\.bak|\.old|-old|-backup)$/iu.test(between);
}
