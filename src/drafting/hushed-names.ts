/** Names of stores that go into a file meant for git: without what may be somebody's. */

const UUID = /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/iu;

/** Every part with an `@`, four digits or more, or the shape of an identity is `*` instead. */
export function hushedName(name: string): string {
  return name
    .split("/")
    .map((segment) =>
      segment.includes("@") || UUID.test(segment.replace(/\.[a-z]{1,8}$/iu, ""))
        ? starred(segment)
        : withoutNumbers(segment),
    )
    .join("/");
}

/** What a file is stays: `*.csv`. */
function starred(segment: string): string {
  const extension = /\.[a-z]{2,5}(?:\.gz)?$/iu.exec(segment)?.[0] ?? "";
  return /^\.(?:csv|tsv|jsonl|ndjson|json|parquet|pdf|txt|xml|png|jpe?g|zip)(?:\.gz)?$/iu.test(extension)
    ? `*${extension}`
    : "*";
}

function withoutNumbers(segment: string): string {
  return segment
    .split(/([._\-\s])/u)
    .map((part) => (part.replaceAll(/\D/gu, "").length > 3 ? "*" : part))
    .join("")
    .replaceAll(/\*(?:[._\-\s]\*)+/gu, "*");
}

/** For words in a comment: the same, of every name in them. */
export function hushedWords(text: string): string {
  return text
    .split(/(\s+)/u)
    .map((word) => (word.includes("@") || word.replaceAll(/\D/gu, "").length > 3 ? hushedName(word) : word))
    .join("");
}
