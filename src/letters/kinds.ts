/** Letters to the person, by what they answer. */
export const LETTER_KINDS = ["ack", "identity", "extension", "partial", "final", "refusal"] as const;

export type LetterKind = (typeof LETTER_KINDS)[number];

export const LETTER_FORMATS = ["html", "txt"] as const;

export type LetterFormat = (typeof LETTER_FORMATS)[number];
