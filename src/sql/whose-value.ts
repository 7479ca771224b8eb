/** Which values of a row are the erased people's: a rule for a matched value acts on theirs and on nobody else's. */
import { sharedArrays } from "../record-files/json-path.ts";
import { whereTest } from "../record-files/where-test.ts";
import {
  datesAt,
  firstListBelow,
  isAtOrAbove,
  lastList,
  type Share,
  type Shares,
  spotsAt,
  valuesAt,
  wayOf,
} from "./json-column.ts";
import type { ColumnRef, Hits, MatchedRef, RecordTable, RowState } from "./record-table.ts";
import { texts, textsOrNull } from "./record-table.ts";

/** The texts that a column or path holds in this row: none for NULL, several for a list. */
export function textsIn(
  { column, path, separator }: ColumnRef,
  { values }: Pick<RowState, "values">,
): readonly string[] {
  const text = values.get(column.name) ?? null;
  if (text === null) return [];
  if (path !== undefined) return valuesAt(text, path).map(({ value }) => value);
  if (separator !== undefined) return text.split(separator);
  return column.shape === "array" ? texts(text) : [text];
}

/** As `textsIn`, of what a hold counts from: of several dates each that is missing is an empty text. */
export function datesOf(ref: ColumnRef, state: Pick<RowState, "values">): readonly string[] {
  const { column, path, separator } = ref;
  const text = state.values.get(column.name) ?? null;
  if (text !== null && path !== undefined) return datesAt(text, path);
  if (text !== null && separator === undefined && column.shape === "array")
    return textsOrNull(text).map((item) => item ?? "");
  return textsIn(ref, state);
}

/** Whether a list that the row was matched through holds somebody who is not among those it was matched for. */
export function isShared(table: RecordTable, state: RowState, hits: Hits): boolean {
  return table.matches.some((ref) => {
    const mine = hits.get(ref.name);
    const text = state.values.get(ref.column.name) ?? null;
    if (mine === undefined || mine.size === 0 || text === null) return false;
    if (ref.path !== undefined) {
      const list = lastList(ref.path);
      return list !== undefined && !allTheirs(table, text, list, [ref], hits);
    }
    const items =
      ref.separator === undefined ? (ref.column.shape === "array" ? textsOrNull(text) : []) : text.split(ref.separator);
    return items.some((item) => item !== null && item.trim() !== "" && !mine.has(item));
  });
}

/** Whether values that `all` asks for together, in one array of a JSON column, stand in one element of it: in two they are two people's. */
export function inOneElement(table: RecordTable, { values }: Pick<RowState, "values">, hits: Hits): boolean {
  if (table.target.record.match.mode !== "all") return true;
  const lists = Map.groupBy(table.matches, ({ column, path }) => {
    const list = path === undefined ? undefined : lastList(path);
    return list === undefined ? undefined : `${column.name}\n${list}`;
  });
  return [...lists].every(([name, refs]) => {
    const [first, ...more] = refs;
    const text = first === undefined ? undefined : values.get(first.column.name);
    if (name === undefined || first === undefined || more.length === 0 || text === undefined || text === null)
      return true;
    const list = lastList(first.path ?? "") ?? "";
    const inAll = more.reduce(
      (ways, ref) => ways.intersection(waysOf(table, text, list, [ref], hits)),
      waysOf(table, text, list, [first], hits),
    );
    return inAll.size > 0;
  });
}

/** Whether the list's elements, but for nulls, all hold one of the hits. */
function allTheirs(table: RecordTable, text: string, list: string, refs: readonly MatchedRef[], hits: Hits): boolean {
  const theirs = waysOf(table, text, list, refs, hits);
  return spotsAt(text, list).every(({ isNull, indexes }) => isNull || theirs.has(wayOf(indexes)));
}

/** Ways of the list's elements in which one of these paths holds a hit. */
function waysOf(
  table: RecordTable,
  text: string,
  list: string,
  refs: readonly MatchedRef[],
  hits: Hits,
): ReadonlySet<string> {
  const depth = list.split("[]").length - 1;
  return new Set(
    refs.flatMap((ref) => hitsAt(table, text, ref, hits).map((indexes) => wayOf(indexes.slice(0, depth)))),
  );
}

/** Where the person's values stand: only in those elements in which the constants stand too that the record type asks for in the same array. */
function hitsAt(table: RecordTable, text: string, ref: MatchedRef, hits: Hits): readonly (readonly number[])[] {
  const mine = hits.get(ref.name);
  const ways = valuesAt(text, ref.path ?? "").flatMap(({ value, indexes }) =>
    mine?.has(value) === true ? [indexes] : [],
  );
  const constants = besideIn(table, ref).map(({ path = "", values, arrays }) => {
    const passes = whereTest(values);
    const standing = spotsAt(text, path).filter(
      (one) => one.text !== null && passes({ text: one.text, number: one.isNumber }),
    );
    return { arrays, places: new Set(standing.map(({ indexes }) => wayOf(indexes.slice(0, arrays)))) };
  });
  return ways.filter((way) => constants.every(({ arrays, places }) => places.has(wayOf(way.slice(0, arrays)))));
}

/** Constants that must stand in the element in which a value is matched. A list of plain values is one thing: of which other value in it they stand beside says nothing. */
function besideIn({ narrowings }: RecordTable, { column, path }: MatchedRef) {
  const own = path?.replace(/\[\]$/u, "");
  return narrowings.flatMap((one) => {
    const arrays =
      own === undefined || one.path === undefined || one.column.name !== column.name ? 0 : sharedArrays(own, one.path);
    return arrays === 0 ? [] : [{ ...one, arrays }];
  });
}

/** The hits of a row without those that no element bears in which the record type's constants stand too. */
export function hitsBeside(table: RecordTable, { values }: Pick<RowState, "values">, hits: Hits): Hits {
  if (table.narrowings.length === 0) return hits;
  return new Map(
    [...hits].filter(([name]) => {
      const ref = table.matches.find((one) => one.name === name);
      const text = ref === undefined ? undefined : values.get(ref.column.name);
      if (ref === undefined || text === undefined || text === null || besideIn(table, ref).length === 0) return true;
      return hitsAt(table, text, ref, hits).length > 0;
    }),
  );
}

/**
 * How much of a JSON column belongs to those whose hits these are. A rule at or above a matched path acts where that
 * path holds a hit (or nothing); where it goes on through an array that holds others too, on the elements with a hit.
 * A rule beside a matched path, in the same array, acts in the elements with a hit. Everywhere else it acts.
 */
export function sharesIn(table: RecordTable, column: string, text: string, hits: Hits): Shares {
  const refs = table.matches.filter((ref) => ref.column.name === column && ref.path !== undefined);
  const enough = (said: readonly boolean[]) =>
    table.target.record.match.mode === "all" ? said.every(Boolean) : said.some(Boolean);
  return (path, indexes) => {
    const below = refs.filter((ref) => isAtOrAbove(path, ref.path ?? ""));
    const place = wayOf(indexes);
    const within = (ways: readonly (readonly number[])[]) =>
      ways.some((way) => wayOf(way.slice(0, indexes.length)) === place);
    if (below.length > 0) {
      if (enough(below.map((ref) => within(hitsAt(table, text, ref, hits)))))
        return ownPart(table, text, path, below, hits);
      // where nothing stands there, it is nobody else's
      const nobodys = !below.some((ref) => within(filledAt(text, ref)));
      return nobodys || isImage(table, below, path) ? "all" : "nothing";
    }
    const said = refs.flatMap((ref) => {
      const arrays = sharedArrays(path, ref.path ?? "");
      if (arrays === 0) return [];
      const here = wayOf(indexes.slice(0, arrays));
      return [hitsAt(table, text, ref, hits).some((way) => wayOf(way.slice(0, arrays)) === here)];
    });
    return said.length === 0 || enough(said) ? "all" : "nothing";
  };
}

function filledAt(text: string, { path = "" }: MatchedRef): readonly (readonly number[])[] {
  return spotsAt(text, path).flatMap(({ isNull, indexes }) => (isNull ? [] : [indexes]));
}

/** A row of an audit trail is an image of one record: what stands above the matched path goes, also where an older value stands there. */
function isImage({ target }: RecordTable, below: readonly MatchedRef[], path: string): boolean {
  return (
    target.record.auditOf.length > 0 &&
    below.every((ref) => ref.path !== path && firstListBelow(path, ref.path ?? "") === undefined)
  );
}

function ownPart(table: RecordTable, text: string, path: string, refs: readonly MatchedRef[], hits: Hits): Share {
  const lists = new Set(refs.flatMap((ref) => firstListBelow(path, ref.path ?? "") ?? []));
  for (const list of lists) {
    const inside = refs.filter((ref) => isAtOrAbove(list, ref.path ?? ""));
    if (!allTheirs(table, text, list, inside, hits)) return { list, ways: waysOf(table, text, list, inside, hits) };
  }
  return "all";
}
