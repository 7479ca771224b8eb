/** Whether a letter says what the ledger shows. Nothing is told to a person that it does not. */
import { Failure } from "../errors.ts";
import type { Summary } from "../reports/summary.ts";
import type { LetterKind } from "./kinds.ts";

export interface Standing {
  readonly request: string;
  readonly summary: Summary;
  /** Entries of the ledger whose content has expired: what they told nobody knows. */
  readonly expired: number;
  /** What must still happen, one thing a line. */
  readonly open: readonly string[];
}

/** Throws STILL_OPEN, LETTER_NOT_DUE where the ledger does not carry the letter. */
export function refuseLetter(kind: LetterKind, standing: Standing): void {
  const { request, summary, expired } = standing;
  const not = (why: string, help?: string): never => {
    throw new Failure("LETTER_NOT_DUE", `${request}: ${why}`, help === undefined ? {} : { help });
  };
  if (summary.received === null) not("the ledger does not say when it came in");
  if (kind === "ack") return;
  const ended = summary.refusal !== null;
  if (kind === "refusal") {
    if (summary.decision !== "refused")
      not("it was not refused", "A request is refused by: expunge request refuse ID.");
    return;
  }
  if (ended)
    not(
      summary.decision === "refused"
        ? "it was refused: its letter is `refusal`"
        : summary.systems.length > 0
          ? "it was cancelled: what was done was brought back, and no letter tells of it"
          : "it was cancelled: nothing was done",
    );
  if (kind === "identity") {
    if (summary.identity?.result === "ok") not("the identity is confirmed: there is nothing to ask for");
    if (summary.state === "closed") not("it has ended");
    return;
  }
  if (kind === "extension") {
    if (summary.deadline?.extension === null || summary.deadline === null)
      not("nobody has extended the time for the answer", "It is extended by: expunge request extend ID.");
    if (summary.state === "closed") not("it has ended");
    return;
  }
  if ((summary.subjects ?? 1) > 1)
    not(
      `it is about ${summary.subjects} people: its counts would tell each of them of the others`,
      "Open one request a person where each is to have a letter about what was done.",
    );
  if (expired > 0) not(`${expired} entries of the ledger have no content any more: what they told nobody knows`);
  if (kind === "final") refuseFinal(standing, not);
  else refusePartial(standing, not);
}

/** Nothing is complete while anything is open, unlooked for or left out. */
function refuseFinal({ request, summary, open }: Standing, not: (why: string, help?: string) => never): void {
  // what nothing was done of yet has no letter but the first one
  const kind = summary.systems.length === 0 ? "ack" : "partial";
  const help = `${kind === "ack" ? "That it came in" : "What is done so far"} is told by: expunge letter ID --kind ${kind}.`;
  const { totals, state, verification } = summary;
  const left = [
    ...open,
    ...(state === "closed" ? [] : ["the ledger does not say that it is closed"]),
    ...(totals.waiting + totals.blocked + totals.failed + totals.untold === 0
      ? []
      : [
          `${totals.waiting} waiting, ${totals.blocked} blocked, ${totals.failed} failed, ${totals.untold} without a result by the ledger`,
        ]),
    ...(verification?.current === true
      ? verification.failed + verification.unverifiable + verification.residual === 0
        ? []
        : ["the last look found something, or could not be sure"]
      : [
          summary.systems.length === 0
            ? "no entry says that anything was done"
            : "no entry says that anybody has looked again since the last run",
        ]),
  ];
  const partial = partialBecause(summary);
  // a person accepted what could not be looked at: it has ended, and is not complete
  if (partial.length > 0 && state === "closed")
    not(`it ended as partial (${partial.join("; ")}): its last letter is \`partial\``);
  if (left.length > 0)
    throw new Failure("STILL_OPEN", `${request} has something open: ${left.join("; ")}`, { help, details: left });
}

function refusePartial({ summary }: Standing, not: (why: string, help?: string) => never): void {
  if (summary.systems.length === 0)
    not("nothing was done yet: there is nothing to tell", "That it came in is told by: expunge letter ID --kind ack.");
  const whole = summary.state === "closed" && summary.kept.length === 0 && partialBecause(summary).length === 0;
  if (whole) not("nothing of it is left: its letter is `final`");
}

/** What was left out for other reasons than a law. */
export function partialBecause({ not_searched, gaps_accepted, approval, systems }: Summary): readonly string[] {
  const restored = systems.reduce((sum, line) => sum + (line.restored ?? 0) + (line.brought_back ?? 0), 0);
  return [
    ...(restored > 0 ? [`${restored} brought back`] : []),
    ...(not_searched.length > 0 ? [`${not_searched.length} not searched`] : []),
    ...((gaps_accepted ?? 0) > 0 ? [`${gaps_accepted} gaps accepted`] : []),
    ...((approval?.excluded ?? 0) > 0 ? [`${approval?.excluded} left out by a person`] : []),
  ];
}
