/**
 * Gives back what was changed in a document, whatever else became of it since: value by value, told by what the change
 * left there. What nobody changed but us comes back to the last character.
 */
import { applyEdits, canonical, parseJson, type JsonNode, type JsonObjectNode, type TextEdit } from "./json-text.ts";

export interface Changed {
  readonly before: string;
  readonly after: string;
}

/** The document as it was; undefined where it is so already, `changed` where a value that the change left is another by now. */
export function givenBack({ before, after }: Changed, now: string): { readonly text: string } | "changed" | undefined {
  if (now === before) return undefined;
  const [old, left, there] = [parseJson(before), parseJson(after), parseJson(now)];
  // written again by somebody, and still all that we left
  if (canonical(there) === canonical(left)) return { text: before };
  const text = valueBack({ before, now }, old, left, there);
  return text === undefined ? "changed" : text === now.slice(there.start, there.end) ? undefined : { text };
}

type Texts = Pick<Changed, "before"> & { readonly now: string };

/** The text of the value as it is to be; undefined where it is neither what it was nor what we left. */
function valueBack(texts: Texts, old: JsonNode, left: JsonNode, there: JsonNode): string | undefined {
  const now = canonical(there);
  if (canonical(old) === canonical(left) || now === canonical(old)) return texts.now.slice(there.start, there.end);
  if (now === canonical(left)) return texts.before.slice(old.start, old.end);
  if (old.kind === "object" && left.kind === "object" && there.kind === "object")
    return [old, left, there].every(hasEachOnce) ? membersBack(texts, old, left, there) : undefined;
  if (old.kind !== "array" || left.kind !== "array" || there.kind !== "array") return undefined;
  const { items } = there;
  if (old.items.length !== items.length || left.items.length !== items.length) return undefined;
  const edits: TextEdit[] = [];
  for (const [at, item] of items.entries()) {
    const [was, ours] = [old.items[at], left.items[at]];
    const text = was === undefined || ours === undefined ? undefined : valueBack(texts, was, ours, item);
    if (text === undefined) return undefined;
    edits.push({ start: item.start - there.start, end: item.end - there.start, text });
  }
  return applyEdits(texts.now.slice(there.start, there.end), edits);
}

function membersBack(
  texts: Texts,
  old: JsonObjectNode,
  left: JsonObjectNode,
  there: JsonObjectNode,
): string | undefined {
  const [was, ours, now] = [old, left, there].map(membersIn);
  if (was === undefined || ours === undefined || now === undefined) return undefined;
  const values = new Map([...now].map(([key, { start, end }]) => [key, texts.now.slice(start, end)]));
  for (const key of new Set([...was.keys(), ...ours.keys()])) {
    const [before, after, here] = [was.get(key), ours.get(key), now.get(key)];
    const isOurs = before === undefined || after === undefined || canonical(before) !== canonical(after);
    if (!isOurs) continue;
    if (before !== undefined && after !== undefined) {
      const text = here === undefined ? undefined : valueBack(texts, before, after, here);
      if (text === undefined) return undefined;
      values.set(key, text);
    } else if (before !== undefined) {
      if (here !== undefined && canonical(here) !== canonical(before)) return undefined;
      if (here === undefined) values.set(key, texts.before.slice(before.start, before.end));
    } else if (after !== undefined && here !== undefined) {
      if (canonical(here) !== canonical(after)) return undefined;
      values.delete(key);
    }
  }
  if (values.size === now.size && now.keys().every((key) => values.has(key)))
    return applyEdits(
      texts.now.slice(there.start, there.end),
      there.members.map(({ key, value: { start, end } }) => ({
        start: start - there.start,
        end: end - there.start,
        text: values.get(key) ?? "",
      })),
    );
  return `{${[...values].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",")}}`;
}

function membersIn({ members }: JsonObjectNode): ReadonlyMap<string, JsonNode> {
  return new Map(members.map(({ key, value }) => [key, value]));
}

/** Readers do not agree on which of two members with one key counts. */
function hasEachOnce({ members }: JsonObjectNode): boolean {
  return new Set(members.map(({ key }) => key)).size === members.length;
}
