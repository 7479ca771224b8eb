/** A page to read beside the signed file. It proves nothing itself and says so. */
import type { ReportPayload } from "../ledger/report-file.ts";
import { isDueWork } from "../model/request-id.ts";
import { citedUnder, eventWords, exceptionWords, extensionWords, plainState } from "../model/words.ts";
import type { MapWords } from "./map-words.ts";
import { html, type Markup } from "./markup.ts";
import { day, fact, table, wholePage } from "./page-parts.ts";
import {
  assertionsPart,
  gapsPart,
  keptPart,
  looksPart,
  notSearchedPart,
  peoplePart,
  personsPart,
  residuePart,
  rulesPart,
  systemsPart,
  vanishedPart,
} from "./page-tables.ts";
import { spoken } from "./spoken-date.ts";
import { summarise, type Summary } from "./summary.ts";

/** What a page is made with beside the report. */
export interface Beside {
  /** Name and SHA-256 of the JSON file that this page is a view of. */
  readonly signed: { readonly name: string; readonly sha256: string };
  /** Undefined: the data map at hand is not the one that was approved. */
  readonly words?: MapWords | undefined;
  /** Who did what, in clear, with the opaque name that the ledger has. Not signed by anybody. */
  readonly names?: readonly NamedAct[];
  /** The civil day at the controller when the report was made; undefined: nothing at hand says their zone. */
  readonly today?: string | undefined;
  /** What a reader must know first: that nobody has checked the file. */
  readonly notice?: string;
}

/** Who did what and when, with the opaque name under which the ledger has them. */
export interface NamedAct {
  readonly at: string;
  /** As `eventWords` knows it. */
  readonly did: string;
  /** What came of it: `ok`, a state. */
  readonly result?: string;
  readonly name: string;
  readonly actor: string;
}

export function reportPage(report: ReportPayload, { signed, words, names, notice, today }: Beside): string {
  const summary = summarise(report.entries.map(({ core }) => core));
  const title = `${titleOf(summary)} ${report.request}`;
  const civilDay = today ?? firstDayAnywhere(report.generated_at);
  return wholePage(
    title,
    html`${notice === undefined ? html`` : html`<p class="outcome open">${notice}</p>`}
      <p class="outcome${isClean(summary, isDueWork(report.request)) ? "" : " open"}">${summary.sentence}</p>
      ${requestPart(report, summary, civilDay)} ${isRefusal(summary) ? html`` : resultParts(summary, words, civilDay)}
      ${peoplePart(summary)} ${names === undefined ? html`` : namesPart(names)} ${toolsPart(report, summary)}
      ${ledgerPart(report, signed)}
      <h2>What this report does not show</h2>
      <ul>
        ${report.limits.map((limit) => html`<li>${limit}</li> `)}
      </ul>`,
  );
}

function titleOf(summary: Summary): string {
  if (summary.decision === "refused") return "Refusal of the erasure request";
  if (summary.state === "cancelled") return "Cancelled erasure request";
  if (summary.systems.length === 0) return "Erasure request, nothing erased yet,";
  return summary.state === "closed" ? "Proof of erasure" : "Interim report on the erasure request";
}

function isRefusal({ decision, state }: Summary): boolean {
  return decision === "refused" || state === "cancelled";
}

/** Only what closed without anything left open, unsearched or accepted as a gap stands in green. */
function isClean(summary: Summary, due: boolean): boolean {
  const { state, totals, systems, not_searched, gaps, vanished, verification, approval, identity } = summary;
  const founded = approval !== null && (due || identity?.result === "ok");
  const open = totals.blocked + totals.failed + totals.waiting + not_searched.length + gaps.length + vanished.length;
  return (
    state === "closed" &&
    founded &&
    open === 0 &&
    systems.every(({ restored = 0 }) => restored === 0) &&
    (verification === null || (verification.failed === 0 && verification.unverifiable === 0))
  );
}

/** The earliest civil day that it was anywhere: what has passed by it has passed wherever the controller is. */
function firstDayAnywhere(generatedAt: string): string {
  const at = Date.parse(generatedAt);
  return Number.isNaN(at) ? "" : new Date(at - 12 * 3_600_000).toISOString().slice(0, 10);
}

function resultParts(summary: Summary, words: MapWords | undefined, today: string): Markup {
  return html`${systemsPart(summary, words)} ${personsPart(summary)} ${notSearchedPart(summary, words)}
  ${gapsPart(summary)} ${looksPart(summary)} ${keptPart(summary, words)} ${vanishedPart(summary, words)}
  ${residuePart(summary, today)} ${assertionsPart(summary)} ${rulesPart(summary, words)}`;
}

function requestPart(report: ReportPayload, summary: Summary, today: string): Markup {
  const {
    right,
    subjects,
    controller,
    received,
    regime,
    deadline,
    identity,
    decision,
    refusal,
    approval,
    state,
    keys_destroyed_at,
  } = summary;
  // a refusal is decided when it is refused, whatever was approved before
  const decidedAt = decision === "refused" ? refusal?.at : approval?.at;
  return html`<h2>The request</h2>
    <dl>
      ${fact("Request", html`${report.request} (${right})`)}
      ${controller === null ? html`` : fact("Controller", html`${controller}`)}
      ${fact("People", html`${subjects ?? "not recorded"}`)}
      ${fact("Received", received === null ? html`not recorded` : day(received))}
      ${deadline === null ? html`` : deadlineFacts(deadline, regime, today)}
      ${fact("Identity", isDueWork(report.request) ? html`none to confirm: nobody asked, it was due by a rule` : identity === null ? html`<span class="warn">no entry tells of a check</span>` : html`${identityWords(identity)}, ${day(identity.at)}`)}
      ${decision === null ? html`` : fact("Decision", html`${decision}${reasons(summary)}${decidedAt === undefined ? html`` : html`, ${day(decidedAt)}`}`)}
      ${decision === null && summary.systems.length > 0 ? fact("Decision", html`<span class="bad">no entry tells of one</span>`) : html``}
      ${refusal === null ? html`` : fact("Reason", html`${refusalWords(refusal, regime)}, ${day(refusal.at)}`)}
      ${fact("State", html`${state === null ? "open" : plainState(state)}`)}
      ${fact("Keys to the person's data in this tool", keys_destroyed_at === null ? html`not destroyed yet` : html`destroyed ${day(keys_destroyed_at)}`)}
    </dl>`;
}

function identityWords({ result, method }: NonNullable<Summary["identity"]>): string {
  const how = method === "other" ? "" : ` (${plainState(method)})`;
  return `${result === "ok" ? "confirmed" : result === "failed" ? "not confirmed" : plainState(result)}${how}`;
}

/** Why a decision is partial. */
function reasons({ decision, approval, not_searched, gaps_accepted, systems, regime }: Summary): string {
  if (decision !== "partial") return "";
  const why = [
    ...(approval?.exceptions ?? []).map((code) => citedUnder(regime, exceptionWords(code))),
    (approval?.excluded ?? 0) > 0 ? "records that a person left out" : "",
    not_searched.length > 0 ? "what was not searched" : "",
    (gaps_accepted ?? 0) > 0 ? "gaps that a person accepted" : "",
    systems.some(({ restored = 0, brought_back: back = 0 }) => restored + back > 0)
      ? "records that were brought back"
      : "",
  ].filter((text) => text !== "");
  return why.length === 0 ? "" : `, because of ${why.join(", ")}`;
}

const REFUSALS: Readonly<Record<string, string>> = {
  unfounded: "manifestly unfounded (Art. 12(5) GDPR)",
  excessive: "excessive (Art. 12(5) GDPR)",
  identity_unconfirmed: "the identity could not be confirmed (Art. 12(6) GDPR)",
  exception: "an exception to the right to erasure (Art. 17(3) GDPR)",
  withdrawn: "withdrawn",
  duplicate: "the same as another request",
};

function refusalWords({ reason, exception }: NonNullable<Summary["refusal"]>, regime: string | null): string {
  const why = reason === null ? undefined : REFUSALS[reason];
  const said = [
    why ?? "stands with the controller; the ledger holds what binds its words",
    exception === null ? "" : exceptionWords(exception),
  ];
  return citedUnder(regime, said.filter((text) => text !== "").join("; "));
}

function deadlineFacts(deadline: NonNullable<Summary["deadline"]>, regime: string | null, today: string): Markup {
  const { nominal, legal, extended, due, pauses = [], extension, ended_at, ended_on, met } = deadline;
  const rules =
    regime === null
      ? ""
      : ` (${regime.toUpperCase()} rules; ${regime === "ccpa" ? "45 days end" : "one month ends"} ${spoken(nominal)}; with an extension ${spoken(extended)})`;
  // while it stands still no day is lost
  const late = met === null && (pauses.find(({ to }) => to === null)?.from ?? today) > due;
  const verdict =
    met === null
      ? html`<span class="${late ? "bad" : "warn"}">not answered yet${late ? " and overdue" : ""}</span>`
      : met
        ? html`<span class="good">Met</span>`
        : html`<span class="bad">Missed</span>`;
  // days are those of the controller; an instant in UTC may be of the day before or after
  const when = ended_on === null || ended_at === null ? html`` : html`: ended on ${day(ended_on)} (${day(ended_at)})`;
  return html`${fact("Answer due", html`${day(legal)}${rules}`)}
  ${pauses.length === 0 ? html`` : fact("Stood still", html`${pauses.map(({ from, to }, at) => html`${at === 0 ? "" : ", and "}from ${day(from)} ${to === null ? "on" : html`to ${day(to)}`}`)}, while the person was asked who they are`)}
  ${extension === null ? html`` : fact("Extended", html`to ${day(due)}, because ${extensionWords(extension.reason)}; the person was told on ${day(extension.notified_on)}`)}
  ${fact("Deadline", html`${verdict}${when}`)}`;
}

function namesPart(names: readonly NamedAct[]): Markup {
  return table(
    "Annex, not signed: who did what, by name",
    "From the controller's own records. It is no part of the signed report.",
    ["What", "Person", "Name in the ledger", "At"],
    names.map(
      ({ at, did, result, name, actor }) =>
        html`<tr>
          <th scope="row">${eventWords(did)}${result === undefined ? "" : `: ${plainState(result)}`}</th>
          <td>${name}</td>
          <td><code>${actor}</code></td>
          <td>${day(at)}</td>
        </tr> `,
    ),
    "Nobody is known.",
  );
}

function toolsPart({ tool }: ReportPayload, { approval }: Summary): Markup {
  return html`<h2>Rules and tools</h2>
    <dl>
      ${fact("Tool", html`${tool}`)}
      ${
        approval === null
          ? html``
          : html`${fact("Data map, SHA-256", html`<code>${approval.map_digest}</code>`)}
            ${approval.rules_digest === null ? html`` : fact("Its rules as sentences, SHA-256", html`<code>${approval.rules_digest}</code>`)}
            ${fact("Approved plan, SHA-256", html`<code>${approval.plan_digest}</code>`)}`
      }
    </dl>`;
}

function ledgerPart({ entries, checkpoint, generated_at }: ReportPayload, { name, sha256 }: Beside["signed"]): Markup {
  return html`<h2>How to check this</h2>
    <p>
      This page is a view. What is signed is the file <code>${name}</code>, made ${day(generated_at)}, with the SHA-256
      <code>${sha256}</code>. Anyone who has that file and the controller's public key can check it without any account:
    </p>
    <pre>expunge proof verify ${name} --key public.vkey</pre>
    <p>
      It discloses ${entries.length} entries of the controller's ledger, at the positions
      ${entries.map(({ proof }) => proof.index).join(", ")}, under this signed head:
    </p>
    <pre>${checkpoint}</pre>`;
}
