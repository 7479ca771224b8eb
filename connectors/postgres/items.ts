import type { Change, PlannedRecord, Unit, Work } from "../../src/model/change.ts";
import type { Lookup } from "../../src/model/search.ts";
import type { ForeignKey } from "./links.ts";
import type { Resolved } from "./resolved.ts";
import { chunks } from "./sql.ts";

/** A work with what the catalog says about it. */
export interface Job {
  readonly work: Work;
  readonly resolved: Resolved;
  /** An audit trail whose source is in the same unit: done after it. */
  readonly trail: boolean;
}

/** A planned record and what is done to it. */
export interface Item {
  readonly job: Job;
  readonly change: Change;
  readonly record: PlannedRecord;
}

/** Records of one transaction. */
export type Batch = readonly Item[];

const BATCH = 500;

export function jobsOf(unit: Unit, resolved: readonly Resolved[]): readonly Job[] {
  const records = new Set(unit.works.map(({ target }) => target.record.id));
  return unit.works.flatMap((work, at) => {
    const mine = resolved[at];
    const source = work.target.record.auditOf;
    return mine === undefined ? [] : [{ work, resolved: mine, trail: source.some((one) => records.has(one)) }];
  });
}

/** Every planned record. */
export function itemsOf(jobs: readonly Job[]): readonly Item[] {
  return jobs.flatMap((job) => job.work.operations.flatMap(({ change, records }) => records.map((record) => ({ job, change, record }))));
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

/** Whether the leading records must be done in one statement: they reference each other. */
export function inOnePiece(jobs: readonly Job[], foreignKeys: readonly ForeignKey[]): boolean {
  const leading = jobs.filter(({ trail }) => !trail).map(({ resolved }) => resolved.table.root);
  return leading.length > 1 || foreignKeys.some(({ childRoot, parentRoot }) => childRoot === parentRoot && leading.includes(parentRoot));
}

/** Cuts the records into batches; an audit trail's rows go with the last batch that has records of the same subject. */
export function batchesOf(items: readonly Item[], onePiece: boolean): readonly Batch[] {
  const leading = items.filter(({ job }) => !job.trail);
  const trails = items.filter(({ job }) => job.trail);
  if (leading.length === 0) return chunks(trails, BATCH);
  return withTrails(
    onePiece ? [leading] : chunks(trails.length === 0 ? leading : leading.toSorted((a, b) => firstSubject(a) - firstSubject(b)), BATCH),
    trails,
  );
}

/** A batch that failed, cut in two; undefined where it cannot be. */
export function halved(batch: Batch, onePiece: boolean): readonly Batch[] | undefined {
  const leading = batch.filter(({ job }) => !job.trail);
  const trails = batch.filter(({ job }) => job.trail);
  if (leading.length === 0) return trails.length < 2 ? undefined : cut(trails, Math.ceil(trails.length / 2));
  if (!onePiece) return leading.length < 2 ? undefined : withTrails(cut(leading, Math.ceil(leading.length / 2)), trails);
  const subjects = [...new Set(leading.map(firstSubject))].toSorted((a, b) => a - b);
  if (subjects.length < 2) return undefined;
  const first = new Set(subjects.slice(0, Math.ceil(subjects.length / 2)));
  return withTrails([leading.filter((item) => first.has(firstSubject(item))), leading.filter((item) => !first.has(firstSubject(item)))], trails);
}

export function lookupsOf({ work }: Job, subjects: readonly number[]): readonly Lookup[] {
  return work.lookups.filter(({ subject }) => subjects.includes(subject));
}

function withTrails(batches: readonly (readonly Item[])[], trails: readonly Item[]): Batch[] {
  const last = new Map<number, number>();
  batches.forEach((batch, at) => batch.forEach(({ record }) => record.subjects.forEach((subject) => last.set(subject, at))));
  const more = batches.map((): Item[] => []);
  for (const trail of trails) more[Math.max(...trail.record.subjects.map((subject) => last.get(subject) ?? 0), 0)]?.push(trail);
  return batches.map((batch, at) => [...batch, ...(more[at] ?? [])]);
}

function cut(items: readonly Item[], at: number): readonly (readonly Item[])[] {
  return [items.slice(0, at), items.slice(at)];
}

function firstSubject({ record }: Item): number {
  return record.subjects[0] ?? 0;
}
