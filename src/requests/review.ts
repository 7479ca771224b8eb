/** What somebody is to look at: what is stored hidden, what was brought back, what is to be reviewed, what is due. Read-only. */
import { Failure, EXIT } from "../errors.ts";
import type { DataMap } from "../model/datamap.ts";
import type { Review } from "../model/explained.ts";
import { isInForce, lastDayOf } from "../model/legal-hold.ts";
import { stateWords } from "../model/words.ts";
import { recordTypes } from "../planner/targets.ts";
import { addDays, civilDateOf } from "../retention/civil-date.ts";
import type { Reads } from "../state/state.ts";
import { type BinItem, binList } from "./bin-list.ts";
import { board } from "./board.ts";
import { type Context, today } from "./context.ts";
import { dueAsOf } from "./plan-due.ts";

/** Restores that are listed, the newest ones. */
const MOST_RESTORES = 100;
/** So long before its day a review is due soon. */
const SOON = 60;

export interface Reviewed {
  readonly review: Review;
  /** What could not be counted, and why. */
  readonly warnings: readonly string[];
}

/** Nothing is written, and nothing of what is read is kept but counts by day. */
export async function reviewOf(context: Context): Promise<Reviewed> {
  const { map, state } = context;
  const day = today(context);
  const bin = await binList(context, { byDay: true });
  const due = await dueNow(context, day);
  const restores = await restoresIn(state.read, map.controller.calendar.timezone);
  const waiting = (await board(state.read, day, "ids")).filter(({ kind }) => kind === "due");
  return {
    review: {
      controller: map.controller.name,
      as_of: day,
      hidden: hiddenOf(map, bin.items),
      restores: restores.slice(0, MOST_RESTORES),
      reviews: reviewsOf(map, day),
      legal_holds: await legalHolds(state.read, day),
      waiting: waiting.map(({ id, state: stands, waiting_for, next }) => ({
        id,
        state: stateWords(stands),
        waiting_for,
        next,
      })),
      due: due.records,
    },
    warnings: [
      ...bin.warnings,
      ...due.warnings,
      ...(restores.length > MOST_RESTORES ? [`${restores.length - MOST_RESTORES} older restores are not listed`] : []),
    ],
  };
}

function hiddenOf(map: DataMap, items: readonly BinItem[]): Review["hidden"] {
  const called = new Map(recordTypes(map).map((type) => [type.id, type.called ?? null]));
  return [...Map.groupBy(items, ({ system, record }) => `${system}.${record}`)].map(([record, days]) => {
    const known = days.flatMap((item) => item.marked_on ?? []).toSorted();
    const first = days.find((item) => item.marked_on === known[0]);
    return {
      record,
      called: called.get(record) ?? null,
      count: days.reduce((sum, item) => sum + item.count, 0),
      oldest: known[0] ?? null,
      restorable_until: first?.restorable_until ?? null,
      purged_on: first?.purged_on ?? null,
    };
  });
}

/** Newest first. The reason why stays where it is: it may name people. */
async function restoresIn({ requests, undos }: Reads, timezone: string): Promise<Review["restores"]> {
  const all = [...(await undos.ofBin())];
  for (const { id } of await requests.list()) all.push(...(await undos.ofRequest(id)));
  return all
    .toSorted((one, other) => (one.at > other.at ? -1 : 1))
    .map(({ request, at, records, system, bin, result }) => ({
      id: request,
      on: civilDateOf(new Date(at), timezone),
      records: bin === undefined ? (records ?? (system === undefined ? [] : [system])) : [bin.record],
      ended: result !== undefined,
    }));
}

type Reviewable = Omit<Review["reviews"][number], "state" | "file">;

function reviewsOf(map: DataMap, day: string): Review["reviews"] {
  const of: readonly Reviewable[] = [
    { what: "the data map", owner: map.owner ?? null, review_by: map.reviewBy ?? null, line: 1 },
    ...map.holds.flatMap(({ name, owner, reviewBy, rule, ruleReviewBy, at }): readonly Reviewable[] => [
      { what: `the hold ${name}`, owner: owner === "" ? null : owner, review_by: reviewBy ?? null, line: at.line },
      ...(rule === undefined || ruleReviewBy === undefined
        ? []
        : [
            {
              what: `the law behind the rule ${rule}`,
              owner: owner === "" ? null : owner,
              review_by: ruleReviewBy,
              line: at.line,
            },
          ]),
    ]),
    ...(map.approval.standing ?? []).map(({ records, approvedBy, reviewBy }) => ({
      what: `the standing approval of ${records.join(", ")}`,
      owner: approvedBy ?? null,
      review_by: reviewBy ?? null,
      line: 1,
    })),
  ];
  const stateOf = (by: string | null): Review["reviews"][number]["state"] => {
    if (by === null) return "not_written";
    return by < day ? "overdue" : by <= addDays(day, SOON) ? "soon" : "later";
  };
  const order = ["overdue", "soon", "not_written", "later"];
  return of
    .map((one) => ({ ...one, state: stateOf(one.review_by), file: map.file }))
    .toSorted(
      (one, other) =>
        order.indexOf(one.state) - order.indexOf(other.state) ||
        ((one.review_by ?? "") < (other.review_by ?? "") ? -1 : 1),
    );
}

/** Throws HOLD_UNREADABLE: one that cannot be read may keep anything. */
async function legalHolds({ legalHolds: holds }: Reads, day: string): Promise<Review["legal_holds"]> {
  const listed: Review["legal_holds"][number][] = [];
  for (const { id, hold } of await holds.list()) {
    if (hold === undefined) throw new Failure("HOLD_UNREADABLE", `the legal hold ${id} cannot be read`);
    if (!isInForce(hold, day)) continue;
    listed.push({ id, since: hold.since, until: lastDayOf(hold) ?? null, records: hold.records, people: hold.people });
  }
  return listed;
}

/** What a plan of due work would act on today; nothing is stored. */
async function dueNow(
  context: Context,
  day: string,
): Promise<{ readonly records: Review["due"]; readonly warnings: readonly string[] }> {
  try {
    const { steps } = await dueAsOf(context, day, {});
    const records = steps.flatMap(({ system, record, act }) =>
      act === 0 ? [] : [{ record: `${system}.${record}`, count: act }],
    );
    return { records, warnings: [] };
  } catch (error) {
    // what keeps a plan from being made is no answer to "is anything due"
    if (!(error instanceof Failure) || (error.exit !== EXIT.bad_data && error.exit !== EXIT.waiting)) throw error;
    return { records: [], warnings: [`what is due today could not be counted: ${error.message}`] };
  }
}
