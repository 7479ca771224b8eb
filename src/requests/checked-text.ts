import { Failure } from "../errors.ts";
import { looksLikeIdentifier } from "../ledger/identifier-lint.ts";
import { readsLikeName } from "../model/name-like.ts";
import { masked } from "../model/shown.ts";
import type { Subject } from "../model/subject.ts";
import type { Reads } from "../state/state.ts";

const LONGEST = 500;

/** Why a text that people write beside a request (a reason, a method) will not do; undefined where it will. Never repeats it. */
export function whyNotText(typed: string): string | undefined {
  const text = typed.trim();
  if (!/[\p{L}\p{N}]/u.test(text)) return "It must say something.";
  // copied from a line of help, it would stand in the proof as what somebody did
  if (/^(?:TEXT|REASON|METHOD|WORDS?)$/u.test(text))
    return "That word stands for what is to be written: say it in words of your own.";
  if (text.length > LONGEST) return `It may have ${LONGEST} characters.`;
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return "It must be one line, without control characters.";
  if (looksLikeIdentifier(text))
    return "It looks as if it held an identifier of a person: an address, or a number of nine digits or more.";
  return undefined;
}

/** The words that the ledger knows for a way of checking, and their like: a method may be said in others too. */
const WAYS =
  /(?<!\p{L})(?:account|brief|call|card|chat|counter|document|eid|e-?mail|id(?!\p{L})|ident|in[ _-]?person|letter|login|mail|meeting|office|online|passport|person|phone|portal|post|sms|token|video|visit|web)/iu;

/** A number, or letters and digits in one, as documents bear them; years and small numbers are none. */
const DOCUMENT_NUMBER =
  /(?<![\p{L}\p{N}])(?=[\p{L}\p{N}-]*\p{N}[\p{L}\p{N}-]*\p{N}[\p{L}\p{N}-]*\p{N}[\p{L}\p{N}-]*\p{N})[\p{L}\p{N}-]{5,}(?![\p{L}\p{N}])/u;

/** Why a text will not do as the way in which an identity was checked. Never repeats it. */
export function whyNotMethod(typed: string): string | undefined {
  const why = whyNotText(typed);
  if (why !== undefined) return why;
  if (DOCUMENT_NUMBER.test(typed)) return `It holds a number, as of a document: say only how, as in ${METHODS_SAID}.`;
  if (readsLikeName(typed) && !WAYS.test(typed))
    return `It reads like somebody's name: say only how, as in ${METHODS_SAID}.`;
  return undefined;
}

const METHODS_SAID = "account, document, email, in person, letter, phone, video";

/** The text without spaces around. Throws USAGE, IDENTIFIER_IN_ARGUMENTS; what was typed is not repeated. */
export function checkedText(
  flag: string,
  typed: string,
  whyNot: (typed: string) => string | undefined = whyNotText,
): string {
  const why = whyNot(typed);
  if (why === undefined) return typed.trim();
  const message = `${flag}: ${why.charAt(0).toLowerCase()}${why.slice(1).replace(/\.$/u, "")}`;
  if (looksLikeIdentifier(typed))
    throw new Failure("IDENTIFIER_IN_ARGUMENTS", message, {
      help: "Say it without: it is kept with the request for years.",
    });
  throw new Failure("USAGE", message);
}

/** Throws IDENTIFIER_IN_ARGUMENTS where a text that is kept in clear holds an identifier of these people, whatever it looks like. */
export function refuseTheirs(flag: string, text: string, subjects: readonly Subject[]): void {
  const plain = masked(text);
  const values = subjects.flatMap(({ identifiers }) => Object.values(identifiers).flat());
  if (masked(plain, values) !== plain)
    throw new Failure("IDENTIFIER_IN_ARGUMENTS", `${flag} holds an identifier that the request is about`, {
      help: "Say it without: it is kept with the request for years.",
    });
}

/** The same, of the people of a request that has not ended. */
export async function refuseTheirsOf({ sealed }: Reads, id: string, flag: string, text: string): Promise<void> {
  if (await sealed.exists(id)) refuseTheirs(flag, text, await sealed.subjects(id));
}
