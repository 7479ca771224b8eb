/** What `undo` needs of a record that was marked as deleted. */
import { z } from "zod";
import { Failure } from "../errors.ts";

/** A record's text (without its line end) before it was marked as deleted, and since. */
export interface RecordImage {
  readonly before: string;
  readonly after: string;
}

const IMAGE = z.strictObject({ before: z.string(), after: z.string() });

export function writeImage({ before, after }: RecordImage): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify({ before, after })));
}

/** `name`: of the record type. */
export function readImage(bytes: Uint8Array | undefined, name: string): RecordImage {
  if (bytes === undefined) throw new Failure("UNEXPECTED", `${name}: a record is to be given back that was never kept`);
  return IMAGE.parse(JSON.parse(Buffer.from(bytes).toString()));
}
