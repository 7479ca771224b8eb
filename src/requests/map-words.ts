import { createHash } from "node:crypto";
import { sentences } from "../datamap/sentences.ts";
import type { DataMap } from "../model/datamap.ts";
import type { MapWords } from "../reports/map-words.ts";

/** The rules as sentences, by their digest: what a person can read and check against the map of that day. */
export function rulesDigest(map: DataMap): string {
  return createHash("sha256")
    .update(
      sentences(map)
        .map((rule) => rule.sentence)
        .join("\n"),
    )
    .digest("hex");
}

/** The words of the map, where it is the approved one or says the same; undefined where it says anything else. */
export function wordsOf(
  map: DataMap,
  approved: { readonly map_digest: string; readonly rules_digest: string | null } | null,
): MapWords | undefined {
  if (approved === null || (map.digest !== approved.map_digest && rulesDigest(map) !== approved.rules_digest))
    return undefined;
  const rules = new Map(sentences(map).map(({ record, sentence }) => [record, sentence]));
  return Object.fromEntries(
    map.systems
      .flatMap((system) => system.records)
      .map((record) => {
        const waits = map.conditions.find(({ name }) => name === record.unless)?.says;
        const keeps = record.holds.flatMap((use) =>
          map.holds.filter(({ name }) => name === use.hold).map(({ says }) => says),
        );
        const called = record.called === undefined ? {} : { called: record.called };
        return [
          record.id,
          { ...called, ...(waits === undefined ? {} : { waits }), keeps, rule: rules.get(record.id) ?? "" },
        ];
      }),
  );
}
