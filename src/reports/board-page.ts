/** The board as one page: no script, no outside file, for a screen of any width and for paper. */
import type { RequestState } from "../model/status.ts";
import { stateWords } from "../model/words.ts";
import { html, type Markup } from "./markup.ts";
import { day, table, wholePage } from "./page-parts.ts";
import { spoken } from "./spoken-date.ts";

/** One open request. */
export interface BoardLine {
  readonly id: string;
  readonly state: RequestState;
  /** The last day for an answer, ISO; null: due work, which nobody waits for. */
  readonly due: string | null;
  /** Negative when overdue. */
  readonly days_left: number | null;
  readonly overdue: boolean;
  readonly waiting_for: string;
  /** The command that comes next. */
  readonly next: string | null;
  /** The last day on which `undo` brings anything of it back; absent where there is none to come. */
  readonly undo_until?: string;
}

/** Due records on which the work was ended, as something stands against them. */
export interface AsideLine {
  /** Of which due work. */
  readonly request: string;
  /** `system.record` */
  readonly record: string;
  readonly count: number;
  readonly tried_again_after?: string;
}

export interface BoardFrame {
  /** Civil day at the controller. */
  readonly today: string;
  /** The controller's name; undefined: no data map could be read. */
  readonly controller?: string | undefined;
  /** Only what is due within so many days is listed. */
  readonly within?: number | undefined;
  readonly aside?: readonly AsideLine[];
}

const SOON = 7;

/** Lines stand in the order given, under a heading each for what is late, what is due soon, what has time, and due work. */
export function boardPage(lines: readonly BoardLine[], { today, controller, within, aside = [] }: BoardFrame): string {
  const late = lines.filter(({ overdue }) => overdue);
  const inTime = lines.filter(({ overdue, days_left }) => !overdue && days_left !== null);
  const isSoon = ({ days_left }: BoardLine): boolean => (days_left ?? Number.POSITIVE_INFINITY) <= SOON;
  const parts: readonly (readonly [heading: string, lines: readonly BoardLine[]])[] = [
    ["Overdue", late],
    [`Due within ${SOON} days`, inTime.filter(isSoon)],
    ["Due later", inTime.filter((line) => !isSoon(line))],
    ["Due work that nobody asked for", lines.filter(({ due }) => due === null)],
  ];
  const title = `Open requests on ${spoken(today)}`;
  return wholePage(
    title,
    html`<p class="outcome${late.length === 0 ? "" : " open"}">${sentence(lines, late.length)}</p>
      <p>
        ${controller === undefined ? "" : `${controller}. `}As it stood on ${day(today)}.
        ${within === undefined ? "" : `Only what is overdue or due within ${within === 1 ? "1 day" : `${within} days`} is listed.`}
      </p>
      ${parts.filter(([, some]) => some.length > 0).map(([heading, some]) => part(heading, some))}
      ${aside.length === 0 ? "" : asidePart(aside)}
      <p>
        Made by <code>expunge status --html</code>. It holds no name or address of anybody, and does not change by
        itself.
      </p>`,
  );
}

function sentence(lines: readonly BoardLine[], late: number): string {
  if (lines.length === 0) return "No request is open.";
  const open = lines.length === 1 ? "1 request is open" : `${lines.length} requests are open`;
  return late === 0 ? `${open}, none of them overdue.` : `${open}, ${late} of them OVERDUE.`;
}

function part(heading: string, lines: readonly BoardLine[]): Markup {
  return table(
    heading,
    lines.length === 1 ? "1 request" : `${lines.length} requests, the most urgent first`,
    ["Request", "Answer due", "Time left", "State", "Waiting for", "Next"],
    lines.map(
      (line) =>
        html`<tr>
          <th scope="row">${line.id}</th>
          <td>${line.due === null ? "nobody waits" : day(line.due)}</td>
          <td>${timeLeft(line)}</td>
          <td>${stateWords(line.state)}</td>
          <td>
            ${line.waiting_for}${line.undo_until === undefined ? "" : html`; undo works until ${day(line.undo_until)}`}
          </td>
          <td>${line.next === null ? "nothing now" : html`<code>${line.next}</code>`}</td>
        </tr>`,
    ),
    "",
  );
}

function asidePart(lines: readonly AsideLine[]): Markup {
  return table(
    "Left aside",
    "due records against which something stands; a person has ended the work on them",
    ["Record type", "Records", "Due work", "Tried again"],
    lines.map(
      ({ record, count, request, tried_again_after: last }) =>
        html`<tr>
          <th scope="row">${record}</th>
          <td>${count}</td>
          <td>${request}</td>
          <td>${last === undefined ? "once nothing stands against them" : html`after ${day(last)}`}</td>
        </tr>`,
    ),
    "",
  );
}

function timeLeft({ days_left, overdue }: BoardLine): Markup {
  if (days_left === null) return html`–`;
  const days = Math.abs(days_left) === 1 ? "1 day" : `${Math.abs(days_left)} days`;
  if (overdue) return html`<span class="bad">overdue by ${days}</span>`;
  return days_left === 0 ? html`<span class="warn">today</span>` : html`${days}`;
}
