/** What `undo` needs of a row that was marked: what its marker's columns held before, and what they hold since. */
import { Failure } from "../errors.ts";
import type { Marker } from "../model/datamap.ts";
import { markerColumns } from "../model/marker.ts";
import type { RowState } from "./record-table.ts";
import { Refusal } from "./refusal.ts";

type Cells = Readonly<Record<string, string | null>>;

interface RowImage {
  readonly before: Cells;
  readonly after: Cells;
}

export function imageOf(marker: Marker, before: RowState, after: RowState): Uint8Array {
  const columns = markerColumns(marker);
  const image: RowImage = { before: cells(before, columns), after: cells(after, columns) };
  return new Uint8Array(Buffer.from(JSON.stringify(image)));
}

/** What gives a row back as it was. Throws `Refusal` where it is neither as it was nor as the mark left it. */
export function givenBack(
  marker: Marker,
  images: ReadonlyMap<string, Uint8Array>,
  state: Pick<RowState, "key" | "values">,
): ReadonlyMap<string, string | null> {
  const bytes = images.get(state.key);
  if (bytes === undefined) throw new Failure("UNEXPECTED", "a record is to be given back that was never kept");
  const { before, after }: RowImage = JSON.parse(Buffer.from(bytes).toString());
  const columns = markerColumns(marker);
  const isAs = (wanted: Cells): boolean => columns.every((name) => (state.values.get(name) ?? null) === wanted[name]);
  if (isAs(before)) return new Map();
  if (!isAs(after)) throw new Refusal("changed");
  return new Map(columns.map((name) => [name, before[name] ?? null]));
}

function cells({ values }: RowState, columns: readonly string[]): Cells {
  return Object.fromEntries(columns.map((name) => [name, values.get(name) ?? null]));
}
