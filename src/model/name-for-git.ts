import { looksLikeIdentifier } from "./identifier-like.ts";

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/giu;

/**
 * A name of a table, column, index, file or object as it may stand in a file that is kept in git: without the parts that
 * hold an at sign, four digits or more, or look like an identifier; a star stands for each.
 */
export function nameForGit(name: string): string {
  return name
    .split("/")
    .map((part) => withoutPerson(part))
    .join("/");
}

function withoutPerson(part: string): string {
  const ending = fileEnding(part);
  const stem = part.slice(0, part.length - ending.length);
  if (/@|%40/iu.test(part) || looksLikeIdentifier(stem)) return `*${ending}`;
  const words = part
    .replaceAll(UUID, "*")
    .split(/([_.\-\s[\]]+)/u)
    .map((word) => ((word.match(/\d/gu) ?? []).length >= 4 ? "*" : word));
  return words.join("").replaceAll(/(?<![^_.\-\s])(?:\d+[_.\-\s])*\*(?:[_.\-\s]?(?:\*|\d+(?![^_.\-\s])))*/gu, "*");
}

/** Of an address the last part is no ending: only those of record files and their kind are kept. */
function fileEnding(part: string): string {
  return (
    /\.(?:csv|tsv|jsonl|ndjson|json|parquet|xml|pdf|png|jpe?g|txt|eml)(?:\.(?:gz|zst|zip))?$/iu.exec(part)?.[0] ?? ""
  );
}
