/**
 * Whether a text is nothing but two or more words that each begin with a capital, as names of people are written. Nobody
 * can tell a name from other words for sure: this is for places where a number or one of a few words is wanted.
 */
export function readsLikeName(text: string): boolean {
  const words = text.trim().split(/[\s,]+/u);
  return (
    words.length > 1 &&
    words.every((word) => /^\p{Lu}[\p{L}\p{M}'’.-]*$/u.test(word)) &&
    words.some((word) => /\p{Ll}/u.test(word))
  );
}
