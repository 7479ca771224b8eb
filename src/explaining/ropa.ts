/** The data map as a record of processing activities (Art. 30 GDPR). What is not written is left open, never guessed. */
import type { DataMap, RecordType, SystemBlock } from "../model/datamap.ts";
import type { Activity, Recipient, Ropa } from "../model/explained.ts";
import { holdsOf, onSchedule } from "./policy.ts";

/** The European Economic Area, as two letters. */
const EEA = new Set(
  "AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split(" "),
);
/** United Kingdom. */
const UK = new Set(["GB", "UK"]);

/** `today`: civil date at the controller. */
export function ropaOf(map: DataMap, today: string): Ropa {
  const { name, contact } = map.controller;
  const all = map.systems.flatMap((system) => system.records.map((record) => ({ system, record })));
  return {
    controller: { name, contact },
    as_of: today,
    activities: all.map(({ system, record }): Activity => {
      const holds = holdsOf(map, record, today);
      return {
        record: record.id,
        called: record.called ?? null,
        purpose: record.purpose ?? [],
        data_subjects: record.dataSubjects ?? [],
        categories: record.categories ?? [],
        recipients: recipientsOf(map, system, record),
        terms: [...holds.map(({ until, says }) => `${until}, because ${says}`), ...onSchedule(record)],
        law: [...new Set(holds.flatMap(({ law }) => law))],
        owner: system.owner ?? null,
      };
    }),
  };
}

/** Whoever runs the system, and whoever runs one that is a copy of the record or is filled from the system, at every remove. */
function recipientsOf({ systems, controller }: DataMap, own: SystemBlock, record: RecordType): readonly Recipient[] {
  const reached = new Set([own.name, ...systems.filter(({ copyOf }) => copyOf === record.id).map(({ name }) => name)]);
  for (const name of reached) {
    const here = systems.find((system) => system.name === name);
    for (const fed of here?.feeds ?? []) reached.add(fed);
    for (const { name: backup, covers } of systems) if (covers.includes(name)) reached.add(backup);
  }
  return systems.flatMap(({ name: system, recipient }): Recipient[] =>
    recipient === undefined || !reached.has(system)
      ? []
      : [
          {
            system,
            name: recipient.name ?? null,
            role: recipient.role ?? null,
            country: recipient.country ?? null,
            third_country: isThird(recipient.country, controller.calendar.regime),
          },
        ],
  );
}

/** Only a country that is written as two letters can be told: a name may be written in many ways. */
function isThird(country: string | undefined, regime: DataMap["controller"]["calendar"]["regime"]): boolean | null {
  if (country === undefined || !/^[A-Z]{2}$/u.test(country) || regime === "ccpa") return null;
  return !(regime === "uk" ? UK : EEA).has(country);
}
