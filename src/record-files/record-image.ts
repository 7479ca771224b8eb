/** What `undo` needs of a record that was marked as deleted, removed or changed. */
import { z } from "zod";
import { Failure } from "../errors.ts";
import { partsOf } from "./record-name.ts";

/** A record's text (without its line end) before it was marked as deleted, and since. */
export interface RecordImage {
  readonly before: string;
  readonly after: string;
}

/** Where in a rewritten file a record stands, or stood. Names of records: length and keyed checksum, line end included. */
export interface Place {
  /** How many of its records stand before. */
  readonly at: number;
  /** The records around it; `^` and `$` where there is none. */
  readonly prev: string;
  readonly next: string;
  /** Of a removed record: length and keyed checksum of what lies between these two and is no record (headings, blank lines). */
  readonly gap: string;
  /** Bytes of that before it. */
  readonly offset: number;
  /** Its order among those that were removed there. */
  readonly nth: number;
}

/** A record's text with its line end before it was removed (`after`: null) or changed, and since; and where. */
export interface PlacedImage {
  readonly before: string;
  readonly after: string | null;
  readonly place: Place;
  /** Which of several rewritings of its file that was: the last one is taken back first. */
  readonly turn: number;
}

/** What a rewriting knows of it. */
export type Placed = Omit<PlacedImage, "turn">;

const MARK = z.strictObject({ before: z.string(), after: z.string() });
const PLACED = z.strictObject({
  before: z.string(),
  after: z.string().nullable(),
  place: z.strictObject({
    at: z.number(),
    prev: z.string(),
    next: z.string(),
    gap: z.string(),
    offset: z.number(),
    nth: z.number(),
  }),
  turn: z.number(),
});
const IMAGE = z.union([PLACED, MARK]);

/** `turn`: of the rewriting. */
export function writeImage(image: RecordImage | Placed, turn: number): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify("place" in image ? { ...image, turn } : image)));
}

/** What is written of a place. */
const PLACE_BYTES = 160;

/** About how much it takes to keep the records of these names. */
export function imageBytes(ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + 2 * Number(partsOf(id).length) + PLACE_BYTES, 0);
}

/** `name`: of the record type. */
export function readImage(bytes: Uint8Array | undefined, name: string): RecordImage | PlacedImage {
  if (bytes === undefined) throw new Failure("UNEXPECTED", `${name}: a record is to be given back that was never kept`);
  return IMAGE.parse(JSON.parse(Buffer.from(bytes).toString()));
}

export function isPlaced(image: RecordImage | PlacedImage): image is PlacedImage {
  return "place" in image;
}
