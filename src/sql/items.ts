import type { Also, PlannedRecord, Unit, Work } from "../model/change.ts";
import type { Change } from "../model/rule-change.ts";
import type { UnitTables } from "./dialect.ts";
import type { Assignments } from "./changes.ts";
import type { RecordTable, RowState } from "./record-table.ts";

/** A work with what the catalog says about it. */
export interface Job<T extends RecordTable> {
  readonly work: Work;
  readonly table: T;
  /** An audit trail whose source is in the same unit: done after it. */
  readonly trail: boolean;
}

/** A planned record and what is done to it. */
export interface Item<T extends RecordTable> {
  readonly job: Job<T>;
  readonly change: Change;
  readonly record: PlannedRecord;
  readonly also: readonly AlsoDone<T>[];
}

/** What another record type's rule changes in the same row. */
export interface AlsoDone<T extends RecordTable> extends Omit<Also, "target"> {
  readonly table: T;
}

/** A planned record whose row was read, and what its columns get. */
export interface Todo<T extends RecordTable> {
  readonly item: Item<T>;
  readonly state: RowState;
  readonly assignments: Assignments;
}

/** Records of one transaction. */
export type Batch<T extends RecordTable> = readonly Item<T>[];

const BATCH = 500;

export function jobsOf<T extends RecordTable>(unit: Unit, { works }: UnitTables<T>): readonly Job<T>[] {
  const records = new Set(unit.works.map(({ target }) => target.record.id));
  return unit.works.flatMap((work, at) => {
    const table = works[at];
    return table === undefined
      ? []
      : [{ work, table, trail: work.target.record.auditOf.some((source) => records.has(source)) }];
  });
}

/** Every planned record. */
export function itemsOf<T extends RecordTable>(jobs: readonly Job<T>[], tables: UnitTables<T>): readonly Item<T>[] {
  return jobs.flatMap((job) =>
    job.work.operations.flatMap(({ change, records, also = [] }) => {
      const others = also.map(({ target, ...rest }) => ({ ...rest, table: tables.also(job.table, target) }));
      return records.map((record) => ({ job, change, record, also: others }));
    }),
  );
}

/** In which number of an outcome a change is counted. */
export function countedAs(change: Change): "deleted" | "changed" | "minimised" {
  switch (change.kind) {
    case "delete":
      return "deleted";
    case "minimise":
      return "minimised";
    case "fields":
    case "mark":
    case "restore":
      return "changed";
  }
}

/** Cuts the records into batches; an audit trail's rows go with the last batch that has records of the same subject. */
export function batchesOf<T extends RecordTable>(items: readonly Item<T>[], onePiece: boolean): readonly Batch<T>[] {
  const leading = items.filter(({ job }) => !job.trail);
  const trails = items.filter(({ job }) => job.trail);
  if (leading.length === 0) return chunks(trails, BATCH);
  return withTrails(
    onePiece
      ? [leading]
      : chunks(trails.length === 0 ? leading : leading.toSorted((a, b) => firstSubject(a) - firstSubject(b)), BATCH),
    trails,
  );
}

/** A batch that failed, cut in two; undefined where it cannot be. */
export function halved<T extends RecordTable>(batch: Batch<T>, onePiece: boolean): readonly Batch<T>[] | undefined {
  const leading = batch.filter(({ job }) => !job.trail);
  const trails = batch.filter(({ job }) => job.trail);
  if (leading.length === 0) return trails.length < 2 ? undefined : cut(trails, Math.ceil(trails.length / 2));
  if (!onePiece)
    return leading.length < 2 ? undefined : withTrails(cut(leading, Math.ceil(leading.length / 2)), trails);
  const subjects = [...new Set(leading.map(firstSubject))].toSorted((a, b) => a - b);
  if (subjects.length < 2) return undefined;
  const first = new Set(subjects.slice(0, Math.ceil(subjects.length / 2)));
  return withTrails(
    [leading.filter((item) => first.has(firstSubject(item))), leading.filter((item) => !first.has(firstSubject(item)))],
    trails,
  );
}

function withTrails<T extends RecordTable>(
  batches: readonly (readonly Item<T>[])[],
  trails: readonly Item<T>[],
): Batch<T>[] {
  const last = new Map<number, number>();
  batches.forEach((batch, at) =>
    batch.forEach(({ record }) => record.subjects.forEach((subject) => last.set(subject, at))),
  );
  const more = batches.map((): Item<T>[] => []);
  for (const trail of trails)
    more[Math.max(...trail.record.subjects.map((subject) => last.get(subject) ?? 0), 0)]?.push(trail);
  return batches.map((batch, at) => [...batch, ...(more[at] ?? [])]);
}

function cut<T>(items: readonly T[], at: number): readonly (readonly T[])[] {
  return [items.slice(0, at), items.slice(at)];
}

function firstSubject({ record }: { readonly record: PlannedRecord }): number {
  return record.subjects[0] ?? 0;
}

/** A list cut into pieces of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
