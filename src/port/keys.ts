/**
 * Keys of the data map that several kinds of systems have, or that the core reads itself: a kind takes those of them that
 * it has, and adds its own. What they must look like, with a word on each.
 */
import { z } from "zod";

/** key -> what its value must look like. Every one has a description. */
export type Keys = Readonly<Record<string, z.ZodType>>;

/** A kind's keys, beside those that every system and record type has. */
export interface BlockKeys {
  /** Of `connect`. */
  readonly connect: Keys;
  /** Of the system. */
  readonly system: Keys;
  /** Of each of its record types. */
  readonly record: Keys;
}

const text = z.string().min(1);
const texts = z.array(text);

export const CONNECT = {
  secret: z.string().exactOptional().describe("Name of a secret. Its value never stands in this file."),
  read_secret: z
    .string()
    .exactOptional()
    .describe("Name of another secret, for reading. Not built yet: `plan` refuses a data map with it."),
  file: text.exactOptional().describe("sqlite: the database's file, relative to this file."),
  root: text.exactOptional().describe("Folder that all files lie in, relative to this file."),
  unsafe_overwrite: z
    .boolean()
    .exactOptional()
    .describe("s3: overwrite objects also where conditional writes are not honoured."),
};

export const SESSION = {
  session: z
    .record(text, z.string())
    .exactOptional()
    .describe("postgres: settings that audit triggers read; `:request` becomes the request's id."),
};

/** Where records lie. */
export const PLACE = {
  table: z
    .union([text, z.array(text).length(2)])
    .exactOptional()
    .describe("Table: `name`, `schema.name` or [schema, name]. Default: the record's own name."),
  index: text.exactOptional().describe("Search index, alias or pattern."),
  files: texts
    .min(1)
    .exactOptional()
    .describe("Globs of record files, relative to `connect.root`; for s3 `s3://bucket/…`."),
  keys: texts
    .min(1)
    .exactOptional()
    .describe(
      "Object keys with `:identity` or `:system.record.column` placeholders, `s3://bucket/exports/:customer_id.json`. They are the match. `/**` at the end: everything below.",
    ),
};

/** Of tables. */
export const TABLE = {
  audit_of: z
    .union([text, texts.min(1)])
    .exactOptional()
    .describe("The record (`system.record`), or records, whose audit trail this is."),
  cascades: texts.exactOptional().describe("Foreign keys whose ON DELETE CASCADE is accepted."),
};

/** Of record files. */
export const RECORD_FILE = {
  format: z
    .enum(["csv", "jsonl", "json", "parquet"])
    .exactOptional()
    .describe("Format of the files. Default: by their names."),
  dialect: z
    .strictObject({
      delimiter: z.string().min(1).exactOptional().describe("Between two cells, as in `;`."),
      quote: z.string().max(1).exactOptional().describe("Around a cell."),
      escape: z.string().max(1).exactOptional().describe("Before a quote within a cell."),
      header: z.boolean().exactOptional().describe("Whether the first line names the columns."),
      skip: z.number().int().min(0).exactOptional().describe("How many lines stand before the heading; they stay."),
    })
    .exactOptional()
    .describe("How the CSV files are written."),
  encoding: z
    .enum(["utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1"])
    .exactOptional()
    .describe("Encoding of the files. Default utf-8."),
};

/** Of objects. */
export const VERSIONS = {
  versions: z.enum(["all", "latest"]).exactOptional().describe("Which versions of an object go."),
};

/** The keys that the core reads. What a kind has beside them is its own, and goes to its connector as it was read. */
export const KNOWN = {
  connect: CONNECT,
  system: SESSION,
  record: { ...PLACE, ...TABLE, ...RECORD_FILE, ...VERSIONS },
} satisfies BlockKeys;
