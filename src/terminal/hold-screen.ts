import { count, day, indent, safe, table } from "./show.ts";

interface HoldLine {
  readonly id: string;
  readonly case: string | null;
  readonly by: string | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly state: "in_force" | "released_and_waiting" | "ended" | "unreadable";
  readonly records: readonly string[];
  readonly people: number;
  readonly held: number | null;
  readonly released?: { readonly day: string; readonly by: string; readonly reason: string };
  readonly held_in: readonly { readonly system: string; readonly record: string; readonly count: number }[];
}

/** Legal holds, one below the other: what about, by whose order, since and until when, and what each keeps. */
export function holdScreen(holds: readonly HoldLine[]): string {
  if (holds.length === 0) return "No legal hold.";
  return holds.map(oneHold).join("\n");
}

function oneHold(hold: HoldLine): string {
  const head = `${hold.id}  ${hold.case === null ? "cannot be read" : safe(hold.case)}`;
  if (hold.case === null) return head;
  const rows = [
    ["ordered by", safe(hold.by ?? "")],
    ["since", hold.since === null ? "" : day(hold.since)],
    ["until", untilText(hold)],
    ["about", aboutText(hold)],
    ["held", heldText(hold)],
  ];
  return `${head}\n${indent(table(rows))}`;
}

function untilText({ until, state, released }: HoldLine): string {
  // its last day is the one before, which may be one on which it was not there yet
  if (released !== undefined) {
    const how = `released on ${day(released.day)} by ${safe(released.by)}: ${safe(released.reason)}`;
    return state === "released_and_waiting" && until !== null ? `${day(until)}; ${how}, and waiting that long` : how;
  }
  const last = until === null ? "it is released" : day(until);
  if (state === "ended") return until === null ? "ended" : `ended on ${last}`;
  return last;
}

function aboutText({ people, records }: HoldLine): string {
  const types = records.map((one) => safe(one)).join(", ");
  if (people === 0) return `everything in ${types}`;
  const whom = count(people, "person", "people");
  return types === "" ? whom : `${whom}, in ${types}`;
}

function heldText({ held, held_in, state }: HoldLine): string {
  if (state === "ended") return "nothing any more";
  if (held === null) return "could not be looked at";
  if (held === 0) return "no record";
  const where = held_in.map((one) => `${one.count} in ${safe(one.system)}.${safe(one.record)}`).join(", ");
  return `${count(held, "record")}: ${where}`;
}
