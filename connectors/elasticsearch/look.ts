/** A planned document as it is now: whether it is still the person's, and what is still to be changed in it. */
import { Failure } from "../../src/errors.ts";
import type { Change, PlannedRecord } from "../../src/model/change.ts";
import type { Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import type { Api } from "./api.ts";
import { editsFor, minimisingEdits } from "./change.ts";
import { bearsTokens, matchAgain, rulesIn, rulesOf, shapeOf, type Document } from "./document.ts";
import { indicesOf, patternOf } from "./indices.ts";
import type { TextEdit } from "./json-text.ts";
import { searchable } from "./mapping.ts";

export interface Look {
  /** It still holds a value that it was found by, as far as its fingerprint can tell. */
  readonly matches: boolean;
  /** None: it is as wanted; never any for a deletion. */
  readonly edits: readonly TextEdit[];
}

/** Reads the mappings once, then looks at any number of documents. */
export async function looksAt(io: IO, api: Api, target: Target): Promise<(document: Document, record: PlannedRecord, change: Change) => Look> {
  const indices = new Map((await indicesOf(api, patternOf(target))).map((index) => [index.name, index]));
  return (document, record, change) => {
    const index = indices.get(document.index);
    if (index === undefined) throw new Failure("PLAN_STALE", `${target.record.id}: index ${document.index} is no longer behind ${patternOf(target)}.`);
    const columns = searchable(index, target.columns);
    const shape = shapeOf(target, index, columns);
    const { tokens, elements } = matchAgain(io, shape, record, document);
    const matches = tokens.length > 0 || !bearsTokens(record.fingerprint);
    switch (change.kind) {
      case "delete":
        return { matches, edits: [] };
      case "minimise":
        return { matches, edits: minimisingEdits(document.source, change.keepOnly, target.record) };
      case "fields": {
        const rules = rulesOf(index, rulesIn(change));
        return { matches, edits: editsFor(document.source, rules, columns, elements, (value) => io.pseudonym(value)) };
      }
      case "mark":
      case "restore":
        throw new Failure("ACTION_REFUSED", `${target.record.id}: documents are not marked as deleted yet.`);
    }
  };
}
