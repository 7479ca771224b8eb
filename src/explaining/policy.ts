/** The data map as a policy: what a lawyer asks of each record type. No connection is made. */
import { changesOf, heldThrough, periodWords, sentences } from "../datamap/sentences.ts";
import type { DataMap, RecordType, SystemBlock } from "../model/datamap.ts";
import type { ExplainedHold, Policy, PolicyRule } from "../model/explained.ts";
import { holdEnd } from "../retention/hold-end.ts";

/** `today`: civil date at the controller. */
export function policyOf(map: DataMap, today: string): Policy {
  const said = new Map(sentences(map).map(({ record, sentence }) => [record, sentence]));
  const heldWith = heldThrough(map);
  const all = map.systems.flatMap((system) => system.records.map((record) => ({ system, record })));
  return {
    controller: map.controller.name,
    as_of: today,
    map_owner: map.owner ?? null,
    map_review_by: map.reviewBy ?? null,
    rules: all.map(({ system, record }) => ({
      record: record.id,
      called: record.called ?? null,
      sentence: said.get(record.id) ?? "",
      restorable: restorable(record),
      on_request: onRequest(record),
      on_schedule: onSchedule(record),
      holds: holdsOf(map, record, today),
      waits: map.conditions.find(({ name }) => name === record.unless)?.says ?? null,
      held_with: heldWith.get(record.id) ?? [],
      audit_trail: all.flatMap(({ record: other }) => (other.auditOf.includes(record.id) ? [other.id] : [])),
      audit_of: record.auditOf,
      copies: copiesOf(map, system, record),
      owner: system.owner ?? null,
      file: map.file,
      line: record.at.line,
    })),
  };
}

/** A copy that marks itself is brought back where its source is. */
function restorable({ restoreWindow, follows }: RecordType): string | null {
  if (restoreWindow !== undefined) return restoreWindow.text;
  return follows === undefined ? null : `with ${follows.source}, which it follows`;
}

export function onRequest(record: RecordType): string {
  const changes = changesOf(record);
  const how = changes === "" ? "" : `: ${changes}`;
  switch (record.do) {
    case "erase":
      return changes === "" ? "erased" : `erased; where something that is kept needs one, it stays and we ${changes}`;
    case "remove-rows":
      return "its rows are removed";
    case "anonymise":
      return `made anonymous${how}`;
    case "redact":
      return `redacted${how}`;
    case "unlink":
      return `its link to the person is cut${how}`;
    case "soft-delete":
      return record.purge === undefined ? "hidden" : `hidden, and ${goes(record)} ${record.purge.after.text} later`;
    case "keep":
      return "kept";
    case "ask":
      return "not decided yet";
  }
}

function goes(record: RecordType): string {
  return record.purge?.how === "anonymise" ? `made anonymous (${changesOf(record)})` : "erased for good";
}

/** What goes by its own day, whoever asked. */
export function onSchedule(record: RecordType): readonly string[] {
  const { schedule, purge, marker, do: action } = record;
  return [
    ...(schedule === undefined || action === "keep" || action === "ask"
      ? []
      : [`${onRequest({ ...record, holds: [] })}, ${schedule.after.text} after ${schedule.from}`]),
    ...(purge === undefined || marker === undefined
      ? []
      : [`what is marked as deleted, by whomever, is ${goes(record)} ${purge.after.text} after that`]),
  ];
}

export function holdsOf({ holds, controller }: DataMap, record: RecordType, today: string): readonly ExplainedHold[] {
  return record.holds.flatMap((use) =>
    holds
      .filter(({ name }) => name === use.hold)
      .map((hold) => {
        const end = holdEnd(hold, today, controller.calendar.timezone);
        // the law has an end for what has a beginning; while a relationship goes on there is none
        const known = end.kind === "until" && hold.starts === undefined;
        return {
          says: hold.says,
          law: hold.law,
          until: periodWords(hold, use.from),
          example_until: known ? end.lastDay : null,
          exemption: hold.exemption ?? null,
          owner: hold.owner === "" ? null : hold.owner,
          approved_by: hold.approvedBy ?? null,
          review_by: hold.reviewBy ?? null,
        };
      }),
  );
}

function copiesOf({ systems }: DataMap, system: SystemBlock, record: RecordType): PolicyRule["copies"] {
  const copies = systems.filter(({ copyOf }) => copyOf === record.id);
  const fed = systems.filter(({ name, copyOf }) => system.feeds.includes(name) && copyOf !== record.id);
  const backups = systems.filter(({ covers }) => covers.includes(system.name));
  return [
    ...copies.map(({ name, records }) => ({ system: name, how: followed(records) })),
    ...fed.map(({ name }) => ({ system: name, how: `filled from ${system.name}` })),
    ...backups.map(({ name, expiresAfter }) => ({
      system: name,
      how: `backups, each gone ${expiresAfter?.text ?? "some time"} after it was made`,
    })),
  ];
}

function followed(records: readonly RecordType[]): string {
  const replays = new Set(records.map(({ follows }) => follows?.replays));
  if (replays.has("hard_delete")) return "a copy, which goes by itself and is looked at again";
  if (replays.has("soft_delete")) return "a copy, which is marked by itself and erased after it";
  return "a copy, erased by its own rules";
}
