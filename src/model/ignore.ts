/** Whether an entry of `map.ignore` means this name: `erp.log_*`, where a star in the last part stands for anything but a dot. */
export function ignoreFits(entry: string, name: string): boolean {
  if (entry === name) return true;
  const last = entry.lastIndexOf(".") + 1;
  if (!entry.slice(last).includes("*") || !name.startsWith(entry.slice(0, last))) return false;
  const pattern = entry
    .slice(last)
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`))
    .join("[^.]*");
  return new RegExp(`^${pattern}$`, "su").test(name.slice(last));
}
