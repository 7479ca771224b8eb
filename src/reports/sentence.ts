import type { GapLine, KeptLine, TotalsLine, VanishedLine } from "./summary-lines.ts";
import type { ResidueLine } from "./residue-lines.ts";
import type { SystemLine } from "./system-lines.ts";

/** What the sentence is made from; members as in `Summary`. */
interface Facts {
  readonly state: string | null;
  /** Whether any run has begun. */
  readonly begun: boolean;
  readonly approved: boolean;
  /** Whether the last check of the identity ended well. */
  readonly identified: boolean;
  /** Civil date of the last word on the request; null before any. */
  readonly day: string | null;
  /** How many the request is about; null: not recorded. */
  readonly subjects: number | null;
  readonly totals: TotalsLine;
  readonly systems: readonly SystemLine[];
  readonly not_searched: readonly { readonly system: string; readonly record: string }[];
  readonly kept: readonly KeptLine[];
  readonly vanished: readonly VanishedLine[];
  readonly residue: readonly ResidueLine[];
  readonly gaps: readonly GapLine[];
  readonly gaps_accepted: number | null;
  readonly verification: {
    readonly residual: number;
    readonly new: number;
    readonly failed: number;
    readonly unverifiable: number;
    readonly gaps: number;
    readonly current: boolean;
  } | null;
  /** Records were brought back, and nobody has looked since. */
  readonly undone: boolean;
  /** Undos brought back all that any run did. */
  readonly given_back: boolean;
  /** Due work: nobody asked for it, so that there is nobody whose identity could be confirmed. */
  readonly due: boolean;
}

/** The outcome in words. Says no more than the entries do, names all that went wrong, and never "everything" while anything is left. */
export function sentence(facts: Facts): string {
  const { state, begun, day } = facts;
  // what was gone before that day is no copy any more
  const residue = facts.residue.filter(({ gone_by }) => gone_by === null || day === null || gone_by >= day);
  if (!begun) return notBegun(facts);
  if (facts.given_back && state === "cancelled")
    return `The request was cancelled: everything that its erasure had done was brought back${backIn(facts)}, and nothing is erased.`;
  if (state === "refused" || state === "cancelled") return `The request was ${state}; nothing more was erased.`;
  const accepted =
    facts.gaps_accepted === null
      ? ""
      : ` It was closed as partial: ${counted(facts.gaps_accepted, "gap")} ${facts.gaps_accepted === 1 ? "was" : "were"} accepted.`;
  const open = state === "closed" ? accepted : " The request is still open.";
  const left = residue.length > 0 ? " Copies that no erasure reaches yet are listed with their dates." : "";
  return `${done(facts)}; ${looked(facts)}.${lost(facts)}${unfounded(facts)}${open}${left}`;
}

function backIn({ systems }: Facts): string {
  const back = systems.reduce((sum, line) => sum + (line.restored ?? 0) + (line.brought_back ?? 0), 0);
  return back === 0 ? "" : ` (${records(back)})`;
}

/** What a law or a hold wanted kept, and somebody else took away. */
function lost({ vanished }: Facts): string {
  const count = vanished.reduce((sum, line) => sum + line.count, 0);
  if (count === 0) return "";
  return ` ${records(count)} that ${count === 1 ? "was" : "were"} to be kept ${count === 1 ? "was" : "were"} gone when looked at again, not by this erasure (${names(vanished)}).`;
}

/** What must stand before a run, and of which there is no entry. */
function unfounded({ approved, identified, due }: Facts): string {
  const missing = [approved ? "" : "approved it", identified || due ? "" : "confirmed the identity"].filter(
    (part) => part !== "",
  );
  return missing.length === 0 ? "" : ` No entry says that anybody ${missing.join(" or ")}.`;
}

/** Of what was never run nothing is said about what there is. */
function notBegun({ state, approved, not_searched, due }: Facts): string {
  if (state === "refused" || state === "cancelled") return `The request was ${state}; nothing was erased.`;
  if (state === "closed" && due) return "Nothing was erased: this plan of due work had nothing to do.";
  if (state === "closed") return "The request was closed; there is no entry of a run.";
  const unsearched = not_searched.length === 0 ? "" : ` ${unsearchedWords(not_searched)} by its plan.`;
  return `Nothing was erased yet: ${approved ? "a plan is approved, but was not run" : "no plan was run"}. The request is still open.${unsearched}`;
}

function done({ state, totals, kept, systems, not_searched, gaps, subjects, residue }: Facts): string {
  if (systems.length === 0) return "A run was begun, and no system has told a result yet";
  const sum = (name: "hidden" | "restored"): number => systems.reduce((all, line) => all + (line[name] ?? 0), 0);
  const [hidden, restored] = [sum("hidden"), sum("restored")];
  const followed = systems.reduce((all, line) => all + (line.followed ?? 0), 0);
  const marked = systems.reduce((all, line) => all + (line.hidden === undefined ? 0 : line.changed), 0);
  const back = systems.filter((line) => (line.restorable ?? 0) + (line.brought_back ?? 0) > 0);
  const of = (name: "deleted" | "changed" | "restorable" | "brought_back"): number =>
    back.reduce((all, line) => all + (line[name] ?? 0), 0);
  const gone = of("deleted") + of("changed") - of("restorable") - of("brought_back");
  const unchecked = systems.filter(({ status, reason }) => status === "not_checked" && reason !== "no_identifier");
  const parts = [
    counts(totals.deleted - of("deleted"), "erased"),
    counts(totals.unsorted, "erased or changed as the rule says"),
    counts(totals.changed - marked - of("changed"), "changed"),
    counts(of("restorable"), `erased or changed that can still be brought back${lastDay(undoEnds(back, residue))}`),
    counts(of("brought_back"), "erased or changed and brought back"),
    counts(Math.max(0, gone), "erased or changed"),
    counts(
      hidden,
      state === "closed"
        ? "marked as deleted, and erased or anonymised since"
        : `marked as deleted and still there${lastDay(systems.filter((line) => (line.hidden ?? 0) > 0).map(hiddenUntil))}`,
    ),
    counts(restored, "marked as deleted and brought back"),
    counts(totals.already_gone - followed, "gone already"),
    counts(
      followed,
      `gone by ${followed === 1 ? "itself" : "themselves"}, as ${followed === 1 ? "a copy" : "copies"} of what went`,
    ),
    totals.kept > 0 ? `${records(totals.kept)} kept${lastDay(kept)}` : "",
    counts(totals.waiting, "waiting"),
    counts(totals.blocked, "blocked"),
    counts(totals.failed, "failed"),
    totals.untold > 0
      ? `${records(totals.untold)} of which no result is told yet, so that it is not known whether ${totals.untold === 1 ? "it is" : "they are"} gone`
      : "",
  ].filter((part) => part !== "");
  const missing = [
    not_searched.length > 0 ? unsearchedWords(not_searched) : "",
    unchecked.length > 0 ? `${names(unchecked)} could not be checked` : "",
    gaps.length > 0 ? `${counted(placesIn(gaps), "place")} found that could not be acted on` : "",
  ].filter((part) => part !== "");
  const whole = missing.length === 0 ? "in the systems of the data map" : "where it was searched";
  return [
    ...(parts.length === 0
      ? [`No record of ${(subjects ?? 1) > 1 ? "these people" : "this person"} was found ${whole}`]
      : parts),
    ...missing,
  ].join(", ");
}

/** When what is kept to be brought back ends: a line's own day is that of a hold, where it has both. */
function undoEnds(back: Facts["systems"], residue: Facts["residue"]): readonly Pick<KeptLine, "until">[] {
  const systems = new Set(back.flatMap(({ system, restorable = 0 }) => (restorable > 0 ? [system] : [])));
  return residue.flatMap(({ system, mechanism, gone_by }) =>
    mechanism === "undo" && systems.has(system) ? [{ until: gone_by }] : [],
  );
}

/** A line's day is that of the hidden ones only where nothing else of it has one. */
function hiddenUntil({ kept, until }: SystemLine): Pick<KeptLine, "until"> {
  return { until: kept > 0 ? null : until };
}

function looked({ verification, totals, not_searched, gaps, undone }: Facts): string {
  if (verification === null) return "not yet verified";
  if (!verification.current)
    return undone ? "not verified again since records were brought back" : "not verified again since the last run";
  const { residual, new: fresh, failed, unverifiable } = verification;
  const came =
    fresh === 0 ? "" : fresh === residual ? ", come since the plan" : `, ${fresh} of them come since the plan`;
  const found = [
    residual > 0
      ? `found ${records(residual)} still there${came}`
      : failed > 0
        ? `failed for ${counted(failed, "record type")}`
        : "",
    unverifiable > 0 ? `could not be sure of ${counted(unverifiable, "record type")}` : "",
  ].filter((part) => part !== "");
  if (found.length > 0) return `a later look ${found.join(" and ")}`;
  if (totals.blocked + totals.failed > 0) return "a later look found no more";
  return not_searched.length + gaps.length > 0
    ? "a later look found no more where it could look"
    : "a later look found nothing else";
}

/** Several record types may have met the same place. */
function placesIn(gaps: Facts["gaps"]): number {
  return new Set(gaps.map(({ system, where }) => JSON.stringify([system, where]))).size;
}

function unsearchedWords(unsearched: Facts["not_searched"]): string {
  return `${counted(unsearched.length, "record type")} not searched for want of an identifier (${names(unsearched)})`;
}

function names(lines: readonly { readonly system: string; readonly record: string }[]): string {
  const all = lines.map(({ system, record }) => `${system}.${record}`);
  return all.length <= 3 ? all.join(", ") : `${all.slice(0, 3).join(", ")} and ${all.length - 3} more`;
}

function counts(count: number, how: string): string {
  return count > 0 ? `${records(count)} ${how}` : "";
}

function records(count: number): string {
  return counted(count, "record");
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

function lastDay(kept: readonly Pick<KeptLine, "until">[]): string {
  const days = kept.flatMap(({ until }) => until ?? []);
  const last = days.toSorted().at(-1);
  return last === undefined || days.length < kept.length ? "" : ` until ${last} at the latest`;
}
