import type { Target } from "../../../src/model/search.ts";
import { markerColumns } from "../../../src/model/marker.ts";
import type { IO } from "../../../src/port/connector.ts";
import { type Row, valuesIn } from "./database.ts";

export function tableOf({ record }: Target): string {
  if (record.place.kind !== "table") throw new Error("records in memory lie in tables");
  return record.place.table;
}

export function keyOf(id: string): string {
  return JSON.stringify([id]);
}

export function idOf(key: string): string {
  const parsed: unknown = JSON.parse(key);
  const id: unknown = Array.isArray(parsed) ? parsed[0] : undefined;
  if (typeof id !== "string") throw new Error("no key of a row in memory");
  return id;
}

export function addressOf(table: string, id: string): string {
  return JSON.stringify([table, id]);
}

/** Over what match, filter, holds, conditions and the rule read, and over nothing else. */
export function fingerprintOf(target: Target, row: Row, io: Pick<IO, "digest">): string {
  const { rule } = target.changes;
  const fields =
    rule?.kind === "fields" ? Object.keys(rule.fields) : rule?.kind === "mark" ? markerColumns(rule.marker) : [];
  const columns = new Set([
    ...target.columns.map(({ column }) => column),
    ...Object.keys(target.where ?? {}),
    ...target.exports,
    ...fields,
  ]);
  return io.digest(
    [...columns]
      .toSorted()
      .flatMap((column) => [
        column,
        row[column] === undefined || row[column] === null ? null : JSON.stringify(valuesIn(row, column)),
      ]),
  );
}
