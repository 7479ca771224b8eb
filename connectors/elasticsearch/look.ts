/** A planned document as it is now: whether it is still what was planned, and what is still to be changed in it. */
import { editsOf, type DocumentRule } from "../../src/documents/changes.ts";
import { applyEdits, parseJson, type TextEdit } from "../../src/documents/json-text.ts";
import { finder, type Hit } from "../../src/documents/matching.ts";
import { fieldName } from "../../src/documents/path.ts";
import { Failure } from "../../src/errors.ts";
import type { Operation, PlannedRecord } from "../../src/model/change.ts";
import { SAMPLE_STAMP } from "../../src/model/marker.ts";
import { keepsWhole } from "../../src/model/pre-image.ts";
import type { Change } from "../../src/model/rule-change.ts";
import type { Lookup, Target } from "../../src/model/search.ts";
import type { IO } from "../../src/port/connector.ts";
import type { Api } from "./api.ts";
import { allHits, fingerprintOf, ownChanges, rulesOf, shapeOf, type Document, type Shape } from "./document.ts";
import { pathOf } from "./field-values.ts";
import { indicesOf, patternOf, type ConcreteIndex } from "./indices.ts";
import { searchable } from "./mapping.ts";
import { marked, markIn, markShapeOf, markTexts, unmarked, type MarkShape } from "./marker.ts";
import { minimisingEdits } from "./minimise.ts";
import type { Fetched } from "./search.ts";
import { type ID_TAKEN, isWhole, wholeBack, wholeImage } from "./whole-image.ts";

export interface Look {
  readonly fingerprint: string;
  /** What tells that a document is as a unit left it. */
  readonly made: string;
  /** The document as it is to be. Absent: it is as wanted, or cannot be changed; never there for a deletion. */
  readonly after?: string;
  /** Why it cannot be changed so: a code. */
  readonly refused?: "changed" | "gone" | "marker_path" | typeof ID_TAKEN;
  /** What gives it back. */
  readonly image?: Uint8Array;
  /** Why nothing in its index can be changed now: a code. */
  readonly blocked?: string;
}

/** Undefined: the document's index is no longer behind the record type's pattern. */
export interface Looker {
  at(document: Fetched, record: PlannedRecord): Look | undefined;
  /** For a document that is not there, and is to be given back. */
  absent(index: string, record: PlannedRecord): Omit<Look, "fingerprint" | "made" | "image"> | undefined;
}

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
  const viewsOf = (index: ConcreteIndex) => {
    const views = known.get(index.name) ?? parts.map((part) => viewOf(index, part.target, part.change, part.lookups));
    known.set(index.name, views);
    return views;
  };
  const { change } = operation;
  const keeps = keepsWhole(target);
  return {
    at(document, record) {
      const index = indices.get(document.index);
      if (index === undefined) return undefined;
      const views = viewsOf(index);
      const [own] = views;
      if (own === undefined) return undefined;
      const fingerprint = fingerprintOf(io, own.shape, document);
      const now = sourceText(document);
      const blocked = index.blocked === undefined ? {} : { blocked: index.blocked };
      if (isWhole(change))
        return {
          fingerprint,
          made: io.digest(["whole", now]),
          ...blocked,
          ...backOf(wholeBack(change, record.key, now)),
        };
      const seen = {
        fingerprint,
        made:
          own.marking === undefined
            ? fingerprint
            : io.digest(["marks", ...markTexts(own.marking.marks, document.source)]),
        ...blocked,
      };
      if (change.kind === "delete") return keeps ? { ...seen, image: wholeImage(now, undefined) } : seen;
      const wanted = wantedOf(io, views, document, record);
      return {
        ...seen,
        ...wanted,
        ...(keeps && wanted.after !== undefined ? { image: wholeImage(now, wanted.after) } : {}),
      };
    },
    absent(index, record) {
      const known = indices.get(index);
      if (known === undefined || !isWhole(change)) return undefined;
      return {
        ...(known.blocked === undefined ? {} : { blocked: known.blocked }),
        ...backOf(wholeBack(change, record.key, undefined)),
      };
    },
  };
}

function backOf(back: ReturnType<typeof wholeBack>): Pick<Look, "after" | "refused"> {
  if (back === undefined) return {};
  return typeof back === "string" ? { refused: back } : { after: back.text };
}

type Marking = Extract<Change, { kind: "mark" | "restore" }> & { readonly marks: MarkShape };

interface View {
  readonly shape: Shape;
  readonly rules: readonly DocumentRule[];
  /** `minimise`: the fields that stay. */
  readonly kept?: readonly string[];
  /** Where the change is one of marks. */
  readonly marking?: Marking;
  /** What is marked is kept, so that it can be given back. */
  readonly keepsImages: boolean;
  hitsOf(document: Document, record: PlannedRecord): readonly Hit[];
}

function viewOf(index: ConcreteIndex, target: Target, change: Change, lookups: readonly Lookup[] | undefined): View {
  const shape = shapeOf(target, index, searchable(index, target.columns));
  const find = lookups === undefined ? undefined : finder(shape.matching, lookups);
  const kept =
    change.kind === "minimise" ? [...change.keepOnly, ...target.record.holds.map(({ from }) => from)] : undefined;
  return {
    shape,
    rules: rulesOf(index, change),
    ...(kept === undefined ? {} : { kept: kept.map((name) => fieldName(pathOf(index, name))) }),
    ...((change.kind === "mark" || change.kind === "restore") && change.marker !== undefined
      ? { marking: { ...change, marks: markShapeOf(index, change.marker) } }
      : {}),
    keepsImages: target.record.restoreWindow !== undefined,
    hitsOf: (document, record) =>
      find === undefined ? allHits(shape, document) : (find(document, record.subjects)?.hits ?? []),
  };
}

/** What a document is to be when all of its record types have changed it. */
function wantedOf(
  io: IO,
  views: readonly View[],
  document: Fetched,
  record: PlannedRecord,
): Pick<Look, "after" | "refused" | "image"> {
  const before = sourceText(document);
  const edits = [
    ...views.slice(0, 1).flatMap(({ kept }) => (kept === undefined ? [] : minimisingEdits(document.source, kept))),
    ...editsOf(
      views.flatMap((view) => ownChanges(io, view.shape, document, view.rules, view.hitsOf(document, record))),
    ),
  ];
  let text = applyEdits(
    before,
    edits.map((edit) => shifted(edit, -document.source.start)),
  );
  let isChanged = edits.length > 0;
  let image: Uint8Array | undefined;
  for (const { marking, keepsImages } of views) {
    if (marking === undefined) continue;
    const next = markingOf(marking, text, record.key);
    if (typeof next !== "object") {
      if (next !== undefined) return { refused: next };
      continue;
    }
    isChanged = true;
    text = next.text;
    if (keepsImages && image === undefined) image = next.image;
  }
  return {
    ...(isChanged ? { after: text } : {}),
    ...(image === undefined ? {} : { image }),
  };
}

/** Undefined: the document is as wanted. */
function markingOf(
  marking: Marking,
  text: string,
  key: string,
): { readonly text: string; readonly image?: Uint8Array } | "changed" | "marker_path" | undefined {
  if (marking.kind === "mark") {
    // who marked it before, or when, is not ours to change
    if (markIn(marking.marks, parseJson(text)) !== undefined) return undefined;
    return marked(marking.marks, text, marking.stamp ?? SAMPLE_STAMP) ?? "marker_path";
  }
  const bytes = marking.images.get(key);
  if (bytes === undefined) throw new Failure("UNEXPECTED", "a record is to be given back that was never kept");
  return unmarked(marking.marks, text, bytes);
}

/** `_source` as it is stored. */
export function sourceText({ text, source }: Fetched): string {
  return text.slice(source.start, source.end);
}

function shifted({ start, end, text }: TextEdit, by: number): TextEdit {
  return { start: start + by, end: end + by, text };
}
