/** Words of the data map in the languages that letters are written in. */
export const LANGUAGES = ["en", "de", "fr"] as const;

export type Language = (typeof LANGUAGES)[number];

export type InLanguages = { readonly [L in Language]?: string };

/** A text as the data map gives it, read: the one that every page shows, and those of each language where it has several. */
export function readWords(written: string | InLanguages): { readonly text: string; readonly translated?: InLanguages } {
  if (typeof written === "string") return { text: written };
  const [first = ""] = LANGUAGES.flatMap((language) => written[language] ?? []);
  return { text: first, translated: written };
}
