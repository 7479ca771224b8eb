import type { RecordType, SystemBlock } from "../model/datamap.ts";
import type { Check } from "./check.ts";

/** Cycles of match edges, and records that nothing leads to from an identity. */
export function checkGraph(systems: readonly SystemBlock[], check: Check): void {
  const records = new Map(systems.flatMap((system) => system.records.map((record) => [record.id, record] as const)));
  const reached = reachable(records, check.names.records);
  const cyclic = new Set<string>();
  for (const record of records.values()) {
    if (cyclic.has(record.id)) continue;
    const cycle = wayBack(record, records);
    if (cycle === undefined) continue;
    for (const id of cycle) cyclic.add(id);
    const lost = cycle.every((id) => !reached.has(id)) ? " Nothing leads into it from an identity." : "";
    report(
      record,
      "MATCH_CYCLE",
      `Records lead to each other in a circle: ${[...cycle, record.id].join(" → ")}.${lost}`,
      "Find one of them by an identity instead.",
      check,
    );
  }
  for (const record of records.values()) {
    if (reached.has(record.id) || cyclic.has(record.id)) continue;
    report(
      record,
      "UNREACHABLE",
      `Nothing leads from an identity to \`${record.id}\`.`,
      "Match one of its columns with an identity, or with a column of a record that is found.",
      check,
    );
  }
}

function reachable(records: ReadonlyMap<string, RecordType>, names: ReadonlySet<string>): ReadonlySet<string> {
  // a record that was left out for its own faults takes no others with it
  const reached = new Set([...names].filter((id) => !records.has(id)));
  for (let grown = true; grown;) {
    grown = false;
    for (const record of records.values()) {
      if (reached.has(record.id) || !isReached(record, reached)) continue;
      reached.add(record.id);
      grown = true;
    }
  }
  return reached;
}

function isReached({ match }: RecordType, reached: ReadonlySet<string>): boolean {
  // no term is left where all were wrong: said already
  if (match.terms.length === 0) return true;
  const terms = match.terms.map(({ source }) => source.kind === "identity" || reached.has(source.ref.record));
  return match.mode === "all" ? terms.every(Boolean) : terms.some(Boolean);
}

/** The shortest way along the edges from a record back to itself. */
function wayBack(start: RecordType, records: ReadonlyMap<string, RecordType>): string[] | undefined {
  const seen = new Set<string>();
  let ways: string[][] = [[start.id]];
  while (ways.length > 0) {
    const next: string[][] = [];
    for (const way of ways) {
      for (const { source } of records.get(way.at(-1) ?? "")?.match.terms ?? []) {
        if (source.kind !== "column") continue;
        const to = source.ref.record;
        if (to === start.id) return way;
        if (seen.has(to)) continue;
        seen.add(to);
        next.push([...way, to]);
      }
    }
    ways = next;
  }
  return undefined;
}

function report({ system, name }: RecordType, code: string, message: string, help: string, check: Check): void {
  check.report({
    path: ["systems", system, "records", name, "match"],
    part: "key",
    code,
    message,
    help,
  });
}
