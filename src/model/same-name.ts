/** What nobody sees in a name: ignorable and formatting characters, spaces of any kind, the empty braille cell. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{White_Space}\u2800]/gu;

/**
 * Whether two names that were typed are one person's: characters that nobody sees, forms that only look another way
 * (NFKC), case and spaces make no other person.
 */
export function sameName(one: string, other: string): boolean {
  return seenOf(one) === seenOf(other);
}

/** Whether anything of a name can be seen. */
export function isSeen(name: string): boolean {
  return seenOf(name) !== "";
}

/** Upper case first: it folds letters that lower case leaves apart (ß, ſ, final sigma). */
function seenOf(name: string): string {
  return name.normalize("NFKC").replaceAll(UNSEEN, "").toUpperCase().toLowerCase().normalize("NFKC");
}
