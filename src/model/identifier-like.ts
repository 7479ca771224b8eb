/** An address: something, an at sign (also URL-encoded), something with a dot or a bracket. */
const ADDRESS = /[^\s@=:,;/]+(?:@|%40)[^\s@/]*[^\s@/.]/iu;
/** A telephone number: a plus or leading zeros and seven digits or more; or nine digits or more. Nothing but separators between them. */
const NUMBER = /^(?:\+|0{1,2})(?:[\s().\-/]*\d){7,15}$|^\(?(?:[\s().\-/]*\d){9,15}$/u;
const DATE = /^\d{4}-\d{2}-\d{2}/u;

/**
 * Whether a text that was typed may be an identifier of a person. Rather once too often: what is refused here can be
 * given in a file.
 */
export function looksLikeIdentifier(text: string): boolean {
  const plain = text.trim();
  return ADDRESS.test(plain) || (NUMBER.test(plain) && !DATE.test(plain));
}
