/** The tables of a report's page: what was done, checked, kept and left. */
import { checkWords, eventWords, mechanismWords, reasonWords, statusWords } from "../model/words.ts";
import type { MapWords } from "./map-words.ts";
import { html, type Markup } from "./markup.ts";
import { day, number, table, toneOf } from "./page-parts.ts";
import type { Summary } from "./summary.ts";
import type { SystemLine } from "./system-lines.ts";

const RULES: Readonly<Record<string, string>> = {
  erase: "erase",
  "remove-rows": "remove the rows",
  "soft-delete": "mark as deleted",
  anonymise: "anonymise",
  redact: "redact",
  unlink: "cut the link to the person",
  keep: "keep while a hold asks for it",
  ask: "ask somebody",
};

const COUNTED = [
  "found",
  "deleted",
  "changed",
  "unsorted",
  "already_gone",
  "kept",
  "waiting",
  "blocked",
  "failed",
  "untold",
] as const;
const HEADS: Readonly<Record<(typeof COUNTED)[number], string>> = {
  found: "Found",
  deleted: "Erased",
  changed: "Changed",
  unsorted: "Erased or changed",
  already_gone: "Gone before",
  kept: "Kept",
  waiting: "Waiting",
  blocked: "Blocked",
  failed: "Failed",
  untold: "Not told",
};

function name(
  { system, record }: { readonly system: string; readonly record: string },
  words: MapWords | undefined,
): Markup {
  const called = words?.[`${system}.${record}`]?.called;
  return html`<th scope="row">${system}.${record}${called === undefined ? "" : ` (${called})`}</th>`;
}

export function systemsPart({ systems, totals, gaps }: Summary, words: MapWords | undefined): Markup {
  // only entries of version 0.1 leave open which of the two it was, and only a run that was cut short what came of it
  const rare = ["unsorted", "untold"];
  const columns = COUNTED.filter((column) => !rare.includes(column) || totals[column] > 0);
  return table(
    "What was done, system by system",
    `Records. Each that was found stands in exactly one of the columns after it. Erased and changed: read again afterwards, and as the rule wants them${systems.some(cameBack) ? ", but for what was brought back since" : ""}.`,
    ["System and record", "Rule", "Outcome", ...columns.map((column) => HEADS[column])],
    systems.map(
      (line) =>
        html`<tr>
          ${name(line, words)}
          <td>${RULES[line.operation] ?? line.operation}</td>
          <td>${outcome(line, words, gaps)}</td>
          ${columns.map((column) => number(line[column]))}
        </tr>`,
    ),
    "No system has reported a result yet.",
    html`<tr>
      <th scope="row" colspan="3">All systems together</th>
      ${columns.map((column) => number(totals[column]))}
    </tr>`,
  );
}

function outcome(line: SystemLine, words: MapWords | undefined, gaps: Summary["gaps"]): Markup {
  const { system, record, status, reason, own, minimised, untold, attempts } = line;
  const places = gaps.filter((gap) => gap.holds_identifier && gap.system === system && gap.record === record).length;
  const notes = [
    why(line, words),
    untold > 0 && reason !== "not_told" ? `of ${untold} no result is told yet` : "",
    own > 0 ? `${own} rows that the erasure itself wrote into the audit trail redacted` : "",
    minimised > 0 ? `${minimised} reduced to what must be kept` : "",
    places > 0
      ? `the person stands in ${places === 1 ? "a place" : `${places} places`} that could not be acted on, see below`
      : "",
    attempts > 1 ? `attempt ${attempts}` : "",
  ].filter((note) => note !== "");
  return html`<span class="${toneOf(status)}">${statusWords(status)}</span
    >${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
}

/** Why something of it is not done, in the words of the condition or hold where they are known. */
function why({ system, record, reason, status, waiting }: SystemLine, words: MapWords | undefined): string {
  if (reason === null) return "";
  const known = words?.[`${system}.${record}`];
  const says = waiting > 0 ? known?.waits : status === "kept" ? joined(known?.keeps) : undefined;
  return reasonWords(reason, { status, ...(says === undefined ? {} : { says }) });
}

function joined(all: readonly string[] | undefined): string | undefined {
  return all === undefined || all.length === 0 ? undefined : all.join("; ");
}

/** Only those of whom something is left: a batch may be of thousands. */
export function personsPart({ persons, subjects, totals, systems }: Summary): Markup {
  if (persons.length === 0) return html``;
  // whose records came back no entry tells
  const isBack = systems.some(cameBack);
  const [is, back] = isBack
    ? ["was", " Records were brought back since, and are counted here still: no entry tells whose."]
    : ["is", ""];
  const open = persons.filter((one) => one.kept + one.waiting + one.blocked + one.failed > 0);
  const done = persons.length - open.length;
  const unknown = (subjects ?? persons.length) - persons.length;
  const nobody =
    unknown > 0
      ? ` Of ${unknown} ${unknown === 1 ? "person" : "people"} nothing was found${totals.untold > 0 ? ", or no result is told yet" : ""}.`
      : "";
  return table(
    "Person by person",
    `By their place in the request. Of ${done} ${done === 1 ? "other person" : "other people"} everything that was found ${is} erased or changed.${back}${nobody}`,
    ["Person", "Found", "Erased or changed", "Gone before", "Kept", "Waiting", "Blocked", "Failed"],
    open.map(
      (line) =>
        html`<tr>
          <th scope="row">Person ${line.person}</th>
          ${[line.found, line.done, line.already_gone, line.kept, line.waiting, line.blocked, line.failed].map((count) => number(count))}
        </tr>`,
    ),
    `Everything that was found of ${done === 1 ? "the one person" : `all ${done} people`} ${is} erased or changed.${back}`,
  );
}

function cameBack({ restored = 0, brought_back: back = 0 }: SystemLine): boolean {
  return restored + back > 0;
}

export function notSearchedPart({ not_searched }: Summary, words: MapWords | undefined): Markup {
  if (not_searched.length === 0) return html``;
  return table(
    "What was not searched",
    "The request has no identifier that leads there. Whether these hold the person's data is not known.",
    ["System and record", "Outcome"],
    not_searched.map(
      (line) =>
        html`<tr>
          ${name(line, words)}
          <td><span class="bad">not searched</span></td>
        </tr>`,
    ),
    "",
  );
}

export function gapsPart({ gaps, gaps_accepted }: Summary): Markup {
  if (gaps.length === 0) return html``;
  const accepted =
    gaps_accepted === null
      ? ""
      : ` ${gaps_accepted} of them ${gaps_accepted === 1 ? "was" : "were"} accepted by a person when the request was closed.`;
  return table(
    "What was found and could not be acted on",
    `Places that are left as they are.${accepted}`,
    ["System and record", "Where", "Holds an identifier of the person"],
    gaps.map(
      (line) =>
        html`<tr>
          ${name(line, undefined)}
          <td>${line.where}</td>
          <td>${line.holds_identifier ? html`<span class="bad">yes</span>` : html`no`}</td>
        </tr>`,
    ),
    "",
  );
}

export function looksPart({ systems }: Summary): Markup {
  return table(
    "How it was checked",
    "Of the records acted on: found again, said by the system to be done, and as wanted when read again. Then the last look, on a fresh connection.",
    ["System and record", "Done with", "Done at", "Found again", "Done", "Read again", "Last look", "How", "Looked at"],
    systems.map(
      (line) =>
        html`<tr>
          ${name(line, undefined)}
          <td>${line.connector ?? "nothing yet"}</td>
          <td>${doneAt(line)}</td>
          ${number(line.matched)}${number(line.affected)}${number(line.gone)}
          <td>${lastLook(line)}</td>
          <td>${howLooked(line)}</td>
          <td>${line.verified === null ? html`never` : day(line.verified.at)}</td>
        </tr>`,
    ),
    "Nothing was checked yet.",
  );
}

/** A look that could not be sure is a look all the same. */
function howLooked({ verified }: SystemLine): string {
  if (verified?.by === "run") return "by the run itself";
  if (verified?.result === "unverifiable" && verified.method === "none") return "tried";
  return checkWords(verified?.method ?? "none");
}

/** When something was done: over several plans, from the first to the last deed. */
function doneAt({ started, finished, matched, minimised, own }: SystemLine): Markup {
  if (matched + minimised + own === 0) return html`nothing done`;
  return started.slice(0, 10) === finished.slice(0, 10) ? day(finished) : html`${day(started)} to ${day(finished)}`;
}

function lastLook({ verified, kept, waiting, blocked, failed }: SystemLine): Markup {
  if (verified === null) return html`<span class="warn">not looked at again</span>`;
  const { result, residual, reason } = verified;
  const because = reason === null ? "" : ` (${reasonWords(reason)})`;
  if (result === "fail") return html`<span class="bad">${residual} still there</span>${because}`;
  if (result !== "pass") return html`<span class="warn">${checkWords(result)}</span>${because}`;
  if (blocked + failed > 0) return html`<span class="bad">${blocked + failed} not done</span>`;
  return html`<span class="good">nothing${kept + waiting > 0 ? " but what was kept or waits" : " left"}</span>`;
}

export function keptPart({ kept }: Summary, words: MapWords | undefined): Markup {
  return table(
    "What was kept, and why",
    "Records that a law or a hold wants kept, or that a person left out.",
    ["System and record", "Records", "Reason", "Law", "Kept until", "Use"],
    kept.map((line) => {
      const says = joined(words?.[`${line.system}.${line.record}`]?.keeps);
      const reason =
        line.reason === null
          ? (says ?? "see the law beside it")
          : line.reason === "legal_hold"
            ? // the map's words are those of its laws, not of the case
              [reasonWords(line.reason, { status: "kept" }), ...(says === undefined ? [] : [says])].join("; ")
            : reasonWords(line.reason, { status: "kept", ...(says === undefined ? {} : { says }) });
      return html`<tr>
        ${name(line, words)} ${number(line.count)}
        <td>${reason}${line.minimised > 0 ? `; ${line.minimised} reduced to what must be kept` : ""}</td>
        <td>${line.law.join("; ")}</td>
        <td>${line.until === null ? html`${noEnd(line.reason)}` : day(line.until)}</td>
        <td>${line.restricted ? "restricted to what it is kept for" : "not restricted by the data map"}</td>
      </tr> `;
    }),
    "Nothing was kept.",
  );
}

function noEnd(reason: string | null): string {
  if (reason === "legal_hold") return "until it is released";
  return reason === "review" ? "nobody knows yet" : "not recorded";
}

export function vanishedPart({ vanished }: Summary, words: MapWords | undefined): Markup {
  if (vanished.length === 0) return html``;
  return table(
    "What was to be kept and is gone",
    "A later look did not find these any more. This erasure did not take them.",
    ["System and record", "Records", "Looked at"],
    vanished.map(
      (line) =>
        html`<tr>
          ${name(line, words)} ${number(line.count)}
          <td>${day(line.at)}</td>
        </tr> `,
    ),
    "",
  );
}

export function assertionsPart({ assertions = [] }: Summary): Markup {
  if (assertions.length === 0) return html``;
  return table(
    "Figures that were to stay as they are",
    "Read before and after, in one and the same moment, so that nobody else's changes count. What would have changed one was taken back.",
    ["System", "Figure", "Compared in", "Result", "Last"],
    assertions.map(
      ({ system, name: figure, held, compared, taken_back, at }) =>
        html`<tr>
          <th scope="row">${system}</th>
          <td>${figure}</td>
          <td>${compared}</td>
          <td>
            ${held ? html`<span class="good">the same</span>` : html`<span class="bad">would have changed; taken back</span>`}${held && taken_back > 0 ? `, after ${taken_back} that would have changed it and were taken back` : ""}
          </td>
          <td>${day(at)}</td>
        </tr> `,
    ),
    "",
  );
}

export function residuePart({ residue }: Summary, today: string): Markup {
  const passed = (goneBy: string): Markup => (goneBy < today ? html`${day(goneBy)}: this day has passed` : day(goneBy));
  return table(
    "What no erasure reaches yet",
    "Copies that vanish by themselves, at the latest on the day given. Days are counted from the day of the erasure.",
    ["System", "Record", "Where", "Gone by"],
    residue.map(
      (line) =>
        html`<tr>
          <th scope="row">${line.system}</th>
          <td>${line.record ?? "all"}</td>
          <td>${mechanismWords(line.mechanism)}</td>
          <td>
            ${line.gone_by === null ? html`<span class="warn">the system sets no end</span>` : passed(line.gone_by)}
          </td>
        </tr> `,
    ),
    "None is known.",
  );
}

export function peoplePart({ people }: Summary): Markup {
  return table(
    "Who did what",
    "People stand under opaque names; the controller can tell whose they are.",
    ["What", "By", "At"],
    people.map(
      ({ did, actor, at }) =>
        html`<tr>
          <th scope="row">${eventWords(did)}</th>
          <td><code>${actor}</code></td>
          <td>${day(at)}</td>
        </tr> `,
    ),
    "Nobody is recorded.",
  );
}

/** The rules that were approved, where their words are at hand. */
export function rulesPart({ systems, approval }: Summary, words: MapWords | undefined): Markup {
  const rules = systems.flatMap(({ system, record }) => words?.[`${system}.${record}`]?.rule ?? []);
  if (approval === null) return html``;
  const none = html`<h2>The rules in words</h2>
    <p>
      Not shown: the data map at hand is not the one that was approved. Make the page again with the map of that day
      (<code>--map</code>).
    </p>`;
  if (words === undefined || rules.length === 0) return none;
  return html`<h2>The rules in words</h2>
    <ul>
      ${rules.map((rule) => html`<li>${rule}</li>`)}
    </ul>`;
}
