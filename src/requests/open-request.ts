import { Failure } from "../errors.ts";
import { lifeStep } from "../executor/kill-points.ts";
import { sealLedger } from "../executor/seal-ledger.ts";
import { looksLikeIdentifier } from "../model/identifier-like.ts";
import { comparable } from "../model/fold.ts";
import type { DataMap } from "../model/datamap.ts";
import type { ErasureRequest } from "../model/request.ts";
import type { Subject } from "../model/subject.ts";
import { readsLikeName } from "../model/name-like.ts";
import { masked } from "../model/shown.ts";
import { isCivilDate } from "../model/civil-date.ts";
import { civilDateFromText } from "../retention/civil-date.ts";
import { deadlines } from "../retention/deadline.ts";
import { OPEN_STATES } from "../model/status.ts";
import type { Workspace } from "../workspace.ts";
import { EPOCH } from "../workspace.ts";
import { type Context, today } from "./context.ts";
import { refuseTheirs } from "./checked-text.ts";
import { receivedEntry } from "./ledger-entries.ts";

export interface Opening {
  /** One request for all, instead of one a person. */
  readonly batch: boolean;
  /** A civil date in the controller's zone, or an ISO time with its offset. Default: today. */
  readonly received?: string;
  /** A ticket's number. */
  readonly ref?: string;
}

/** Opens the requests and seals their identifiers: all of them or none. Throws USAGE, IDENTIFIER_IN_ARGUMENTS before anything is written. */
export async function openRequests(
  context: Context,
  subjects: readonly Subject[],
  pseudonymOf: Workspace["pseudonym"],
  how: Opening,
): Promise<readonly ErasureRequest[]> {
  const { map, state } = context;
  if (how.ref !== undefined) {
    refuseRef(how.ref);
    refuseTheirs("--ref", how.ref, subjects);
  }
  const received = receivedOn(how.received, context);
  const { nominal, legal, extendedLegal: extended } = deadlines(received, map.controller.calendar);
  const groups = how.batch ? [subjects] : subjects.map((subject) => [subject]);
  const opened = await lifeStep(state, context.at, "open", async (tx) => {
    const requests: ErasureRequest[] = [];
    for (const group of groups) {
      const request = await tx.requests.add({
        type: "erasure",
        received,
        due: { nominal, legal, extended },
        pseudonyms: group.map((subject) => nameOf(subject, map, pseudonymOf)),
        timezone: map.controller.calendar.timezone,
        createdAt: context.now().toISOString(),
        createdBy: context.actor,
        ...(context.signer === undefined ? {} : { createdKey: context.signer.key }),
        ...(how.batch ? { batch: true } : {}),
        ...(how.ref === undefined ? {} : { ref: how.ref }),
      });
      await tx.sealed.begin(request.id, group);
      requests.push(request);
    }
    await tx.outbox.post(requests.map((request) => receivedEntry(context, request, EPOCH)));
    return requests;
  });
  await sealLedger(state, context.ledger, context.at);
  return opened;
}

/** Open requests that are about one of these people too, by id. */
export function likelyDuplicates(
  requests: readonly ErasureRequest[],
  all: readonly ErasureRequest[],
): readonly string[] {
  const pseudonyms = new Set(requests.flatMap((request) => request.pseudonyms));
  const mine = new Set(requests.map(({ id }) => id));
  return all
    .filter(
      (one) =>
        !mine.has(one.id) && OPEN_STATES.includes(one.state) && one.pseudonyms.some((each) => pseudonyms.has(each)),
    )
    .map(({ id }) => id);
}

/** The pseudonym of the first identifier given, in the data map's order. */
export function nameOf({ identifiers }: Subject, map: DataMap, pseudonymOf: Workspace["pseudonym"]): string {
  for (const { name, type, fold } of map.identities) {
    const [first] = identifiers[name] ?? [];
    if (first !== undefined) return pseudonymOf(name, comparable(first, type, fold));
  }
  throw new Failure("SUBJECT_INVALID", "a subject has no identifier");
}

/** The civil date of `--received`; today where it is not given. Throws USAGE. */
export function receivedOn(given: string | undefined, context: Context): string {
  const now = today(context);
  if (given === undefined) return now;
  const zoned = isCivilDate(given) || /T.*(?:Z|[+-]\d{2}:?\d{2})$/u.test(given);
  const date = zoned ? civilDateFromText(given, context.map.controller.calendar.timezone) : undefined;
  if (date === undefined)
    throw new Failure("USAGE", "--received wants a date such as 2026-11-21, or an ISO time with its offset");
  if (date > now) throw new Failure("USAGE", "--received lies in the future");
  return date;
}

/** A telephone number without the country's prefix, within a longer text. */
const TELEPHONE = /(?<!\d)0[1-9](?:[\s./-]?\d){6,}/u;

/** Throws USAGE, IDENTIFIER_IN_ARGUMENTS where `--ref` is no ticket's number. */
export function refuseRef(ref: string): void {
  if (looksLikeIdentifier(ref) || masked(ref) !== ref || TELEPHONE.test(ref))
    throw new Failure(
      "IDENTIFIER_IN_ARGUMENTS",
      "--ref looks like an identifier of a person; it takes a ticket's number",
      { help: "Give the number under which the ticket is found, as in TICKET-7." },
    );
  if (readsLikeName(ref))
    throw new Failure("IDENTIFIER_IN_ARGUMENTS", "--ref reads like somebody's name; it takes a ticket's number", {
      help: "Give the number under which the ticket is found, as in TICKET-7.",
    });
  if (ref.trim() === "" || ref.length > 100 || /\p{Cc}/u.test(ref))
    throw new Failure("USAGE", "--ref wants a ticket's number of at most 100 characters");
}
