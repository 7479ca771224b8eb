import { createHash } from "node:crypto";
import { sentences } from "../datamap/sentences.ts";
import type { LetterWords } from "../letters/facts.ts";
import type { DataMap } from "../model/datamap.ts";
import type { InLanguages, Language } from "../model/in-languages.ts";
import { masked } from "../model/shown.ts";
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

interface Approved {
  readonly map_digest: string;
  readonly rules_digest: string | null;
}

/** Whether the map is the approved one, or says the same. */
function isApproved(map: DataMap, approved: Approved | null): boolean {
  return approved !== null && (map.digest === approved.map_digest || rulesDigest(map) === approved.rules_digest);
}

/** The same for letters, in their language. What may be somebody's address or number is blanked: a map may hold anything. */
export function letterWordsOf(map: DataMap, approved: Approved | null, language: Language): LetterWords | undefined {
  if (!isApproved(map, approved)) return undefined;
  // a text that is there in other languages only is left to the letter's own words
  const inIt = (says: string, translated: InLanguages | undefined): readonly string[] => {
    const words = translated === undefined ? says : translated[language];
    return words === undefined ? [] : [masked(words)];
  };
  return Object.fromEntries(
    map.systems
      .flatMap((system) => system.records)
      .map((record) => {
        const called = record.calledIn?.[language] ?? record.called;
        const condition = map.conditions.find(({ name }) => name === record.unless);
        const [waits] = condition === undefined ? [] : inIt(condition.says, condition.saysIn);
        const keeps = record.holds.flatMap((use) =>
          map.holds.filter(({ name }) => name === use.hold).flatMap((hold) => inIt(hold.says, hold.saysIn)),
        );
        return [
          record.id,
          {
            ...(called === undefined ? {} : { called: masked(called) }),
            ...(waits === undefined ? {} : { waits }),
            keeps,
          },
        ];
      }),
  );
}

/** The words of the map, where it is the approved one or says the same; undefined where it says anything else. */
export function wordsOf(map: DataMap, approved: Approved | null): MapWords | undefined {
  if (!isApproved(map, approved)) return undefined;
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
