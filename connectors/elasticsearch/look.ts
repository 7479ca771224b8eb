/** A planned document as it is now: whether it is still what was planned, and what is still to be changed in it. */
import { editsOf, type DocumentRule } from "../../src/documents/changes.ts";
import type { TextEdit } from "../../src/documents/json-text.ts";
import { finder, type Hit } from "../../src/documents/matching.ts";
import { fieldName } from "../../src/documents/path.ts";
import { Failure } from "../../src/errors.ts";
import type { Operation, PlannedRecord } from "../../src/model/change.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { Lookup, Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import type { Api } from "./api.ts";
import { allHits, fingerprintOf, ownChanges, pathOf, rulesOf, shapeOf, type Document, type Shape } from "./document.ts";
import { indicesOf, patternOf, type ConcreteIndex } from "./indices.ts";
import { searchable } from "./mapping.ts";
import { minimisingEdits } from "./minimise.ts";

export interface Look {
  readonly fingerprint: string;
  /** None: it is as wanted; never any for a deletion. */
  readonly edits: readonly TextEdit[];
}

/** Undefined: the document's index is no longer behind the record type's pattern. */
export type Looker = (document: Document, record: PlannedRecord) => Look | undefined;

/**
 * Reads the mappings once, then looks at any number of documents. Without `lookups` nobody can tell whose the values of a
 * document are, and all of them are taken for the person's.
 */
export async function looksAt(
  io: IO,
  api: Api,
  target: Target,
  operation: Operation,
  lookups: readonly Lookup[] | undefined,
): Promise<Looker> {
  const parts = [{ target, change: operation.change, lookups }, ...(operation.also ?? [])];
  const indices = new Map((await indicesOf(api, patternOf(target))).map((index) => [index.name, index]));
  const known = new Map<string, readonly View[]>();
  const viewsOf = (name: string) => {
    const index = indices.get(name);
    const views =
      known.get(name) ??
      (index === undefined ? [] : parts.map((part) => viewOf(index, part.target, part.change, part.lookups)));
    known.set(name, views);
    return views;
  };
  return (document, record) => {
    const [own, ...also] = viewsOf(document.index);
    if (own === undefined) return undefined;
    const fingerprint = fingerprintOf(io, own.shape, document);
    if (operation.change.kind === "delete") return { fingerprint, edits: [] };
    const changes = [own, ...also].flatMap((view) =>
      ownChanges(io, view.shape, document, view.rules, view.hitsOf(document, record)),
    );
    const cleared = own.kept === undefined ? [] : minimisingEdits(document.source, own.kept);
    return { fingerprint, edits: [...cleared, ...editsOf(changes)] };
  };
}

interface View {
  readonly shape: Shape;
  readonly rules: readonly DocumentRule[];
  /** `minimise`: the fields that stay. */
  readonly kept?: readonly string[];
  hitsOf(document: Document, record: PlannedRecord): readonly Hit[];
}

function viewOf(index: ConcreteIndex, target: Target, change: Change, lookups: readonly Lookup[] | undefined): View {
  if (change.kind === "mark" || change.kind === "restore")
    throw new Failure("ACTION_REFUSED", `${target.record.id}: documents are not marked as deleted yet.`);
  const shape = shapeOf(target, index, searchable(index, target.columns));
  const find = lookups === undefined ? undefined : finder(shape.matching, lookups);
  const kept =
    change.kind === "minimise" ? [...change.keepOnly, ...target.record.holds.map(({ from }) => from)] : undefined;
  return {
    shape,
    rules: rulesOf(index, change),
    ...(kept === undefined ? {} : { kept: kept.map((name) => fieldName(pathOf(index, name))) }),
    hitsOf: (document, record) =>
      find === undefined ? allHits(shape, document) : (find(document, record.subjects)?.hits ?? []),
  };
}
