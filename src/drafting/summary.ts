/** What is said of a draft: its numbers, and what a person is to look at first. */
import { hushedWords } from "./hushed-names.ts";
import type { Proposal } from "./proposal.ts";

export function proposalOf({ records, unplaced, ignored, guessed }: Proposal) {
  return {
    records: records.length,
    asks: records.filter(({ asks }) => asks.length > 0).length,
    ignored: ignored.length,
    unplaced: unplaced.map(({ system, store, reason }) => ({ system, store: store.name, reason })),
    personal: [
      ...records.flatMap(({ system, name, personal }) =>
        personal.map(({ column, reason }) => ({ system, record: name, column, reason })),
      ),
      ...unplaced.flatMap(({ system, store, personal }) =>
        personal.map(({ column, reason }) => ({ system, record: store.name, column, reason })),
      ),
    ],
    links_guessed: guessed,
  };
}

const FIRST = 10;

export function saidOf(proposal: Proposal, file: string): readonly string[] {
  const { records, unplaced, ignored } = proposal;
  const asked = records.filter(({ asks }) => asks.length > 0);
  const personal = proposalOf(proposal).personal.length;
  const listed = <T>(some: readonly T[], said: (one: T) => string) => [
    ...some.slice(0, FIRST).map((one) => `  ${hushedWords(said(one))}`),
    ...(some.length > FIRST ? [`  and ${some.length - FIRST} more`] : []),
  ];
  return [
    "",
    `${file}: ${records.length} record types, ${personal} columns that are likely to be personal, ${ignored.length} entries under map.ignore, ${proposal.guessed.length} links that were guessed.`,
    ...(asked.length === 0
      ? []
      : [
          `${asked.length} are yours to decide (\`do: ask\`):`,
          ...listed(asked, ({ system, name, asks }) => `${system}.${name}  ${asks.join("; ")}`),
        ]),
    ...(unplaced.length === 0
      ? []
      : [
          `${unplaced.length} that nobody can place yet (\`# ?\` in the file), neither mapped nor ignored:`,
          ...listed(unplaced, ({ system, store, reason }) => `${system}.${store.name}  ${reason}`),
        ]),
  ];
}
