/** What `undo` needs of a document that was deleted or changed: its `_source` as it was, and as it was left. */
import { givenBack } from "../../src/documents/give-back.ts";
import { Failure } from "../../src/errors.ts";
import type { Change } from "../../src/model/rule-change.ts";

interface WholeImage {
  readonly before: string;
  /** Absent: it was deleted. */
  readonly after?: string;
}

/** What a document's id is called where another stands at it. */
export const ID_TAKEN = "_id";

export function wholeImage(before: string, after: string | undefined): Uint8Array {
  const image: WholeImage = { before, ...(after === undefined ? {} : { after }) };
  return new Uint8Array(Buffer.from(JSON.stringify(image)));
}

/** Whether the change gives back what was removed or changed, and no mark. */
export function isWhole(change: Change): change is Extract<Change, { kind: "restore" }> {
  return change.kind === "restore" && change.marker === undefined;
}

/**
 * The `_source` that gives a document back. `now`: of the one that is there; undefined where there is none. Undefined: it
 * is as it was. Else what stands in the way.
 */
export function wholeBack(
  { images }: Extract<Change, { kind: "restore" }>,
  key: string,
  now: string | undefined,
): { readonly text: string } | "changed" | "gone" | typeof ID_TAKEN | undefined {
  const bytes = images.get(key);
  if (bytes === undefined) throw new Failure("UNEXPECTED", "a document is to be given back that was never kept");
  const { before, after }: WholeImage = JSON.parse(Buffer.from(bytes).toString());
  if (now === before) return undefined;
  if (after === undefined) return now === undefined ? { text: before } : ID_TAKEN;
  return now === undefined ? "gone" : givenBack({ before, after }, now);
}
