/** What the erasure does not reach yet, as the run and the last verification saw it. */
import type { Look, Story, Told } from "./story.ts";

export type ResidueLine = {
  readonly system: string;
  readonly record?: string;
  readonly mechanism: string;
  /** Counted from the deed; null where the system sets no end. */
  readonly gone_by: string | null;
};

/** A system is told of by whatever looked at it last: its latest verification, else all its attempts together. */
export function residueLines({ results, looks }: Story): readonly ResidueLine[] {
  const seen = [
    ...new Set(
      [...results, ...looks.flatMap(({ checks, residue }) => [...checks, ...residue])].map(({ system }) => system),
    ),
  ];
  const lines = seen.flatMap((system) => {
    const tries = results.filter((result) => result.system === system);
    const look = looks.findLast((one) => covers(one, system));
    const later = look !== undefined && look.place > (tries.at(-1)?.place ?? -1);
    return later ? look.residue.filter((one) => one.system === system).map(withShortName) : latestOf(system, tries);
  });
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}

function covers({ checks, residue }: Look, system: string): boolean {
  return [...checks, ...residue].some((one) => one.system === system);
}

/** One line a mechanism: the last day counts, and no end is later than any. */
function latestOf(system: string, tries: readonly Told[]): readonly ResidueLine[] {
  const latest = new Map<string, string | null>();
  for (const { mechanism, gone_by } of tries.flatMap(({ residue }) => residue)) {
    const known = latest.get(mechanism);
    latest.set(
      mechanism,
      known === undefined ? gone_by : known === null || gone_by === null ? null : gone_by > known ? gone_by : known,
    );
  }
  return [...latest].map(([mechanism, gone_by]) => ({ system, mechanism, gone_by }));
}

/** Some say `system.record`, some the record alone. */
function withShortName({ system, record, mechanism, gone_by }: Look["residue"][number]): ResidueLine {
  const short = record?.startsWith(`${system}.`) === true ? record.slice(system.length + 1) : record;
  return { system, ...(short === undefined ? {} : { record: short }), mechanism, gone_by };
}
