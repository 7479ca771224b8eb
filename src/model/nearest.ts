/** A little more than a letter left out: `filds` is `fields` before it is `files`. */
const REPLACED = 1.1;

/** The candidate nearest to the text, if it is near enough to be meant. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(text);
  let best: { name: string; distance: number } | undefined;
  for (const name of candidates) {
    const distance = wanted === plain(name) ? 0 : editDistance(wanted, plain(name));
    if (distance <= Math.max(REPLACED, name.length / 3) && (best === undefined || distance < best.distance))
      best = { name, distance };
  }
  return best?.name;
}

/** `Did you mean X?` and what is known, or only the latter. */
export function didYouMean(text: string, candidates: Iterable<string>, otherwise: string): string {
  const all = [...candidates];
  const name = nearest(text, all);
  if (name !== undefined) return `Did you mean \`${name}\`?`;
  if (all.length === 0 || all.length > 30) return otherwise;
  return `${otherwise} Known: ${all.map((candidate) => `\`${candidate}\``).join(", ")}.`.trimStart();
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[-_ ]/gu, "");
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  if (a.length > 200 || b.length > 200) return 200;
  let [before, above]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : REPLACED);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (before[j - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
