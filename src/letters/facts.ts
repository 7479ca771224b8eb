/** What a letter may say: of the ledger's summary, and in the words of the approved data map where it is at hand. */
import type { Language } from "../model/in-languages.ts";
import type { ResidueLine } from "../reports/residue-lines.ts";
import type { Summary } from "../reports/summary.ts";
import type { SystemLine } from "../reports/system-lines.ts";
import { copiesIn, spokenDay, whatWasDone, whyKept, whyOpen, whyRefused } from "./spoken.ts";

/** Of the data map, by `system.record`, in the letter's language. */
export interface LetterWords {
  readonly [record: string]: {
    readonly called?: string;
    /** Why it is kept. */
    readonly keeps: readonly string[];
    /** What it waits for. */
    readonly waits?: string;
  };
}

export interface LetterSources {
  readonly request: string;
  readonly summary: Summary;
  readonly language: Language;
  /** Civil date at the controller. */
  readonly today: string;
  /** The civil date there at an instant. */
  dayOf(instant: string): string;
  readonly controller: {
    readonly name: string;
    readonly contact: string;
    readonly authority?: { readonly name: string; readonly url: string };
  };
  /** Undefined: the data map at hand is not the one that was approved. */
  readonly words: LetterWords | undefined;
  /** What a person wrote when refusing, where the ledger's commitment opens to it. */
  readonly refusal: string | undefined;
}

/** What stands in templates: texts, numbers, flags, and lists of them. A text that there is not is empty, which `if` takes for no. */
export interface LetterFacts {
  readonly [name: string]: unknown;
}

/** Every name is there in every letter: a template that names another is mistaken. */
export function factsOf({
  request,
  summary,
  language,
  today,
  dayOf,
  controller,
  words,
  refusal,
}: LetterSources): LetterFacts {
  const day = (date: string | null | undefined): string =>
    date === null || date === undefined ? "" : spokenDay(date, language);
  const { deadline, received, identity, verification, regime } = summary;
  // a day that has passed is no promise
  const ahead = deadline?.ended_on === null && deadline.due >= today ? day(deadline.due) : "";
  // what an older look saw may be done by now
  const look = verification?.current === true ? verification : undefined;
  const seen = look === undefined ? [] : summary.systems.filter(({ verified }) => verified?.by === "verification");
  const leftOut = summary.kept.some(({ reason }) => reason === "excluded");
  const stillDone = summary.systems.some((line) => doneStill(line) > 0);
  const called = (line: { readonly system: string; readonly record: string }): string =>
    words?.[`${line.system}.${line.record}`]?.called ?? `${line.record.replaceAll("_", " ")} (${line.system})`;
  return {
    request,
    language,
    today: day(today),
    regime: regime ?? "",
    controller: {
      name: controller.name,
      contact: controller.contact,
      authority: controller.authority?.name ?? "",
      authority_url: controller.authority?.url ?? "",
    },
    received: day(received),
    due: ahead,
    extended: deadline?.extension === null ? "" : ahead,
    extension: deadline?.extension?.reason ?? "",
    paused: (deadline?.pauses ?? []).some(({ to }) => to === null),
    identity: identity?.result ?? "",
    ended: day(deadline?.ended_on),
    closed: summary.state === "closed",
    looked: look === undefined ? "" : day(dayOf(look.at)),
    found_no_more: look !== undefined && foundNoMore(summary, look),
    still_there: seen.flatMap((line) => {
      // what is blocked or failed is told as open
      const count = (line.verified?.residual ?? 0) - line.blocked - line.failed;
      return count > 0 ? [{ called: called(line), count }] : [];
    }),
    not_looked: seen.flatMap((line) =>
      line.verified?.result === "unverifiable" && line.verified.reason !== "gap" ? [called(line)] : [],
    ),
    lost: summary.vanished.map((line) => ({ called: called(line), count: line.count })),
    done: summary.systems.flatMap((line) =>
      doneIn(line, called(line), { closed: summary.state === "closed", language, day }),
    ),
    kept: summary.kept.flatMap((line) => {
      const why = words?.[`${line.system}.${line.record}`]?.keeps ?? [];
      const count = line.count - goneOf(line, summary.systems);
      if (count <= 0) return [];
      return {
        called: called(line),
        count,
        why: line.reason === "retention" && why.length > 0 ? why.join("; ") : whyKept(line.reason, language),
        law: line.law.join("; "),
        until: day(line.until),
        restricted: line.restricted,
        minimised: Math.min(line.minimised, count),
        left_out: line.reason === "excluded",
      };
    }),
    left_out: leftOut,
    // what a rule keeps for good is not erased when its hold ends, nor what a person left out, with what stays for its sake
    then_erased: !leftOut && summary.systems.every(({ kept, operation }) => kept === 0 || operation !== "keep"),
    open: summary.systems.flatMap((line) => openIn(line, called(line), words, language)),
    not_searched: summary.not_searched.map(called),
    gaps: summary.gaps.length,
    still_done: stillDone,
    // of what was brought back every copy is a copy of what is in use
    copies: stillDone ? copiesOf(summary.residue, { today, dayOf, language }) : [],
    refused: summary.refusal === null ? "" : day(deadline?.ended_on),
    reason: whyRefused(summary.refusal?.reason ?? null, language, regime) ?? refusal ?? "",
  };
}

/** How many records of a line are erased, changed, marked or gone, and were not brought back. */
function doneStill({
  deleted,
  changed,
  unsorted,
  already_gone,
  restored = 0,
  brought_back: back = 0,
}: SystemLine): number {
  return deleted + changed + unsorted + already_gone - restored - back;
}

/** How many of the records that are kept here the last look saw gone. */
function goneOf(kept: { readonly system: string; readonly record: string }, systems: readonly SystemLine[]): number {
  return systems.find(({ system, record }) => system === kept.system && record === kept.record)?.verified?.gone ?? 0;
}

/** Whether the last look was whole, and saw nothing but what the letter says is kept. */
function foundNoMore(
  { state, systems, totals, gaps, not_searched, vanished }: Summary,
  { residual, failed, unverifiable }: NonNullable<Summary["verification"]>,
): boolean {
  const left = totals.waiting + totals.blocked + totals.failed + totals.untold;
  return (
    residual + failed + unverifiable + left + gaps.length + not_searched.length + vanished.length === 0 &&
    // what was brought back since the look is there again
    systems.every(
      ({ status, hidden = 0, restored = 0, restorable = 0, brought_back: back = 0 }) =>
        status !== "not_checked" && restored + restorable + back === 0 && (state === "closed" || hidden === 0),
    )
  );
}

function doneIn(
  line: SystemLine,
  called: string,
  {
    closed,
    language,
    day,
  }: { readonly closed: boolean; readonly language: Language; day(date: string | null): string },
): readonly object[] {
  const { deleted, changed, unsorted, already_gone, status, hidden = 0, restored = 0, followed = 0 } = line;
  // the day is that of the hidden ones only where nothing else of the line has one
  const from = line.kept === 0 ? day(line.until) : "";
  const { restorable = 0, brought_back = 0 } = line;
  // what was erased and what was changed came back alike: nobody knows which
  if (restorable + brought_back > 0) {
    const kept = [
      ["restorable", restorable],
      ["brought_back", brought_back],
      ["erased_or_changed", Math.max(0, deleted + changed - restorable - brought_back)],
      ["gone", already_gone - followed],
      ["followed", followed],
    ] as const;
    return kept.flatMap(([how, count]) => (count === 0 ? [] : [{ called, count, what: whatWasDone(how, language) }]));
  }
  const parts = [
    ["erased", deleted],
    // an entry of version 0.1 that does not say which: the weaker word
    [status === "pseudonymised" ? "pseudonymised" : "changed", (line.hidden === undefined ? changed : 0) + unsorted],
    [closed ? "hidden_before" : "hidden", hidden],
    ["restored", restored],
    ["gone", already_gone - followed],
    ["followed", followed],
  ] as const;
  return parts.flatMap(([how, count]) =>
    count === 0 ? [] : [{ called, count, what: whatWasDone(how, language, from) }],
  );
}

function openIn(
  { system, record, waiting, blocked, failed, untold, reason }: SystemLine,
  called: string,
  words: LetterWords | undefined,
  language: Language,
): readonly object[] {
  const waits = words?.[`${system}.${record}`]?.waits;
  const stuck = blocked + failed;
  return [
    ...(waiting === 0
      ? []
      : [
          {
            called,
            count: waiting,
            why:
              stuck === 0 && waits !== undefined && isCondition(reason)
                ? waits
                : whyOpen(stuck === 0 ? reason : null, "waiting", language),
          },
        ]),
    ...(stuck === 0 ? [] : [{ called, count: stuck, why: whyOpen(reason, "blocked", language) }]),
    ...(untold === 0 ? [] : [{ called, count: untold, why: whyOpen("not_told", "waiting", language) }]),
  ];
}

/** Reasons that are not the name of a condition. */
const CODES: readonly string[] = [
  "no_date",
  "newer_than_request",
  "placeholder",
  "ambiguous_match",
  "open_request",
  "over_cap",
  "marked",
  "follows",
  "source_first",
  "undo",
  "ask",
  "no_identifier",
  "pointer_reused",
];

function isCondition(reason: string | null): boolean {
  return reason !== null && !CODES.includes(reason);
}

/** What stands somewhere for a while, each place once, with the last of its days; what has no day is without. Days that have passed are no news. */
function copiesOf(
  residue: readonly ResidueLine[],
  { today, dayOf, language }: Pick<LetterSources, "today" | "dayOf" | "language">,
): readonly object[] {
  const places = new Map<string, string | null>();
  for (const { mechanism, gone_by: written } of residue) {
    const gone_by = written === null || written.length === 10 ? written : dayOf(written);
    if (gone_by !== null && gone_by < today) continue;
    const where = copiesIn(mechanism, language);
    const known = places.get(where);
    places.set(
      where,
      known === null || gone_by === null ? null : known === undefined || known < gone_by ? gone_by : known,
    );
  }
  return [...places].map(([where, until]) => ({ where, until: until === null ? "" : spokenDay(until, language) }));
}
