/** Records that several record types found: one decision for each, counted in one step. */
import { Failure } from "../errors.ts";
import type { Change } from "../model/rule-change.ts";
import { endsLater, latestFirst } from "../model/hold-ends.ts";
import type { Disposition } from "../model/plan.ts";
import { afterHeld, changeOf, laterHeldBy, type OwnDecisions } from "./decide.ts";
import type { Findings } from "./found.ts";
import { type Sighted, sharedRecords } from "./overlapping.ts";
import { holdsOf } from "./under-legal-hold.ts";

/** Where a record that was found here is decided and counted. */
export interface CountedIn {
  /** `system.record` */
  readonly record: string;
  readonly key: string;
}

export interface OneDecisionEach {
  readonly decided: OwnDecisions;
  /** By record type and key: records that are counted in another step. */
  readonly elsewhere: ReadonlyMap<string, ReadonlyMap<string, CountedIn>>;
  /** By record type and key of a counted record: the other record types that found it. */
  readonly others: ReadonlyMap<string, ReadonlyMap<string, readonly Sighted[]>>;
}

/**
 * A hold, condition or block of any record type holds the record; else erasing beats changing, and changes of different
 * columns are made together. It is counted in the step of the first record type in the map's order. Throws CONFLICT where
 * two record types change one column differently. `own` is changed in place.
 */
export function decideOnce(found: Findings, own: OwnDecisions, order: ReadonlyMap<string, number>): OneDecisionEach {
  // each record is in one group at most: what a group is decided by is not overwritten before
  const decided = own;
  const elsewhere = new Map<string, Map<string, CountedIn>>();
  const others = new Map<string, Map<string, readonly Sighted[]>>();
  for (const group of sharedRecords(found)) {
    const sighted = group.toSorted((a, b) => (order.get(a.type.id) ?? 0) - (order.get(b.type.id) ?? 0));
    const [first, ...more] = sighted;
    if (first === undefined) continue;
    const disposition = merged(
      sighted.map((one) => ({ ...one, disposition: own.get(one.type.id)?.get(one.record.key) })),
    );
    if (disposition === undefined) decided.get(first.type.id)?.delete(first.record.key);
    else decided.get(first.type.id)?.set(first.record.key, disposition);
    for (const { type, record } of more) {
      decided.get(type.id)?.delete(record.key);
      put(elsewhere, type.id, record.key, { record: first.type.id, key: first.record.key });
    }
    put(others, first.type.id, first.record.key, more);
  }
  keepWhole(found, decided, elsewhere);
  return { decided, elsewhere, others };
}

function put<T>(to: Map<string, Map<string, T>>, id: string, key: string, value: T): void {
  const mine = to.get(id) ?? new Map<string, T>();
  to.set(id, mine.set(key, value));
}

interface Judged extends Sighted {
  /** Undefined: as this record type wants it already. */
  readonly disposition: Disposition | undefined;
}

export function merged(all: readonly Judged[]): Disposition | undefined {
  const judged = noneDeleting(all);
  const first = (kind: Disposition["kind"]): Disposition | undefined =>
    judged.find(({ disposition }) => disposition?.kind === kind)?.disposition;
  const kept = judged.flatMap(({ disposition }) => (disposition?.kind === "kept" ? [disposition] : []));
  const legal = kept.some(({ reason }) => reason === "legal_hold");
  // a person said that it stays: nobody has to wait for anything
  const excluded = kept.some(({ reason }) => reason === "excluded");
  const stays = legal || excluded ? undefined : (first("blocked") ?? first("waiting"));
  if (stays !== undefined) return stays;
  const last = kept.toSorted(latestFirst)[0];
  if (last !== undefined) {
    const whole = kept.some((one) => one.whole === true);
    const keeping = judged.filter(({ disposition }) => disposition?.kind === "kept");
    const minimising = keepTheSame(keeping) ? keeping : [];
    const law = [...new Set(kept.flatMap((one) => one.law))];
    return {
      ...last,
      ...(legal ? { reason: "legal_hold", says: saidBy(kept) } : excluded ? { reason: "excluded" } : {}),
      law,
      minimise: minimising.length > 0,
      ...(whole ? { whole } : {}),
      ...holdsOf(kept),
      ...(minimising.length === 0 ? {} : { types: minimising.map(({ type }) => type.id) }),
    };
  }
  const acting = judged.filter(({ disposition }) => disposition?.kind === "act");
  if (acting.length === 0) return undefined;
  const erasing = acting.find(
    ({ type, disposition }) => disposition !== undefined && changeOf(type, disposition)?.kind === "delete",
  );
  if (erasing !== undefined) return { kind: "act", change: "rule", types: [erasing.type.id] };
  refuseConflicts(acting);
  const types = acting.map(({ type }) => type.id);
  const heldBy = heldByIn(acting);
  return heldBy === undefined ? { kind: "act", change: "rule", types } : { ...heldBy, types };
}

type HeldBy = Extract<Disposition, { kind: "act"; change: "held_by" }>;

/** What holds the record for any of them, until the latest of their ends. */
function heldByIn(judged: readonly Judged[]): HeldBy | undefined {
  let last: HeldBy | undefined;
  for (const { disposition } of judged)
    if (disposition?.kind === "act" && disposition.change === "held_by")
      last = last === undefined ? disposition : laterHeldBy(last, disposition);
  return last;
}

/** What a held record protects for one of them is deleted by none: each changes it as it would one that is held, or keeps it. */
function noneDeleting(judged: readonly Judged[]): readonly Judged[] {
  const heldBy = heldByIn(judged);
  if (heldBy === undefined) return judged;
  const { change: _, types: __, ...held } = heldBy;
  return judged.map((one) =>
    one.disposition?.kind === "act" && one.disposition.change === "rule"
      ? {
          ...one,
          disposition: afterHeld(
            one.type,
            { ...held, kind: "kept", reason: "held_by", minimise: false },
            one.disposition,
          ),
        }
      : one,
  );
}

function saidBy(kept: readonly { readonly says?: string }[]): string {
  return [...new Set(kept.flatMap(({ says }) => says ?? []))].join("; ");
}

/** Whether all that keep a record want the same of it kept; else it stays whole: what one clears another may have to keep. */
function keepTheSame(keeping: readonly Judged[]): boolean {
  const wanted = keeping.map(({ type, disposition }) =>
    disposition?.kind === "kept" && disposition.minimise
      ? [...new Set([...(type.whileHeld?.keepOnly ?? []), ...type.holds.map(({ from }) => from)])].toSorted().join("\n")
      : undefined,
  );
  return wanted[0] !== undefined && wanted.every((one) => one === wanted[0]);
}

function refuseConflicts(acting: readonly Judged[]): void {
  const rules = new Map<string, { readonly rule: string; readonly by: string }>();
  for (const { type, disposition } of acting) {
    const change = disposition === undefined ? undefined : changeOf(type, disposition);
    for (const [column, rule] of change === undefined ? [] : columnsOf(change)) {
      const known = rules.get(column);
      if (known !== undefined && known.rule !== rule) throw differently(column, known.by, type.id);
      rules.set(column, { rule, by: type.id });
    }
  }
  for (const [inner, { rule, by }] of rules)
    for (const [outer, { by: other }] of rules)
      if (by !== other && standsIn(inner, outer) && !GONE_WITH_IT.has(rule)) throw differently(inner, other, by);
}

function differently(column: string, ...by: readonly [string, string]): Failure {
  return new Failure("CONFLICT", `${by.join(" and ")} find the same records and change ${column} differently`);
}

/** Rules for what stands in something that another rule changes: it is gone as they want it. */
const GONE_WITH_IT: ReadonlySet<string> = new Set(
  ["clear", "remove", "unlink"].map((kind) => JSON.stringify({ kind })),
);

/** Whether a path stands in what another leads to: `who.name` in `who`. Of elements each rule may mean others. */
function standsIn(inner: string, outer: string): boolean {
  return !outer.includes("[]") && inner.startsWith(outer) && /^(?:\.|\[\]| )/u.test(inner.slice(outer.length));
}

/** What a change does to each column or path, as text that compares. */
export function columnsOf(change: Change): readonly (readonly [string, string])[] {
  if (change.kind !== "fields") return [];
  const paths = change.documents.flatMap(({ in: column, paths: rules }) =>
    Object.entries(rules).map(([path, rule]) => [column === undefined ? path : `${column} ${path}`, rule] as const),
  );
  return [...Object.entries(change.fields), ...paths].flatMap(([column, rule]) =>
    rule.kind === "keep" ? [] : [[column, JSON.stringify(rule)] as const],
  );
}

/** An object that stays keeps its lines; one that is erased whole takes them along: one that stays keeps it, and those that go are counted with it. */
function keepWhole(found: Findings, decided: OwnDecisions, elsewhere: Map<string, Map<string, CountedIn>>): void {
  const lines = new Map<string, { readonly id: string; readonly key: string }[]>();
  for (const [id, { type, records }] of found) {
    for (const { key, within } of records.values()) {
      if (within === undefined) continue;
      const name = `${type.system}\n${within}`;
      const some = lines.get(name) ?? [];
      lines.set(name, some);
      some.push({ id, key });
    }
  }
  if (lines.size === 0) return;
  for (const [id, { type, records }] of found) {
    const mine = decided.get(id);
    for (const { key, address } of records.values()) {
      const inside = lines.get(`${type.system}\n${address}`) ?? [];
      const whole = mine?.get(key);
      if (inside.length === 0 || whole === undefined) continue;
      if (whole.kind !== "act") keepLines(inside, decided, whole);
      if (changeOf(type, whole)?.kind !== "delete" || whole.kind !== "act") continue;
      const staying = inside.flatMap((line) => {
        const disposition = decided.get(line.id)?.get(line.key);
        return disposition === undefined || disposition.kind === "act" ? [] : [disposition];
      });
      const order = ["blocked", "waiting", "kept"] as const;
      const worst = order.flatMap((kind) => staying.filter((one) => one.kind === kind).toSorted(laterFirst))[0];
      if (worst !== undefined) mine?.set(key, worst.kind === "kept" ? { ...worst, minimise: false } : worst);
      else
        for (const line of inside) {
          decided.get(line.id)?.delete(line.key);
          put(elsewhere, line.id, line.key, { record: id, key });
        }
    }
  }
}

/** What stays as a whole stays as it is: none of its lines is taken out of it or changed. */
function keepLines(
  inside: readonly { readonly id: string; readonly key: string }[],
  decided: OwnDecisions,
  whole: Disposition,
): void {
  const stays = whole.kind === "kept" ? { ...whole, minimise: false } : whole;
  for (const line of inside) {
    const mine = decided.get(line.id);
    const was = mine?.get(line.key);
    if (was?.kind === "act" || (was?.kind === "kept" && was.minimise)) mine?.set(line.key, stays);
  }
}

function laterFirst(a: Disposition, b: Disposition): number {
  return a.kind === "kept" && b.kind === "kept" && endsLater(b, a) ? 1 : -1;
}
