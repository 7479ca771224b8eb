/** What a person at a terminal is asked for to open a request. */
import { Failure } from "../errors.ts";
import type { Identity } from "../model/datamap.ts";
import { judge } from "../planner/judge-identifier.ts";
import type { Context } from "./context.ts";
import { receivedOn, refuseRef } from "./open-request.ts";

/** How a line of text is asked for; what comes back has passed `whyNot`. */
export type Ask = (
  question: string,
  how: {
    readonly secret?: boolean;
    readonly otherwise?: string;
    readonly whyNot: (typed: string) => string | undefined;
  },
) => Promise<string>;

export interface AskedFor {
  /** JSON, as a subject file has it. */
  readonly subject: string;
  readonly received: string;
  readonly ref?: string;
  /** Everything but the identifiers, of which only the number is said. */
  readonly readBack: readonly (readonly [string, string])[];
}

/** Each identity of the data map, as often as there are values; the day on which the request came in; a ticket. */
export async function askRequest(
  context: Context,
  given: { readonly received?: string | undefined; readonly ref?: string | undefined },
  ask: Ask,
): Promise<AskedFor> {
  // what was typed as a flag is judged before anybody is asked for anything
  const day = given.received === undefined ? undefined : receivedOn(given.received, context);
  if (given.ref !== undefined) refuseRef(given.ref);
  const { subject, readBack: told } = await askSubject(context, ask);
  const readBack = [...told];
  const received = day ?? (await askReceived(context, ask));
  const ref =
    given.ref ??
    (await ask("Number of the ticket (empty: none):", {
      whyNot: (typed) => (typed.trim() === "" ? undefined : saidOf(() => refuseRef(typed.trim()))),
    }));
  readBack.push(["received", received], ["ticket", ref.trim() === "" ? "none" : ref.trim()]);
  return { subject, received, ...(ref.trim() === "" ? {} : { ref: ref.trim() }), readBack };
}

/** Each identity of the data map, as often as there are values. */
export async function askSubject(
  context: Pick<Context, "map">,
  ask: Ask,
): Promise<Pick<AskedFor, "subject" | "readBack">> {
  const subject: Record<string, readonly string[]> = {};
  const readBack: (readonly [string, string])[] = [];
  for (const identity of context.map.identities) {
    const values = await askValues(identity, ask);
    readBack.push([
      identity.name,
      values.length === 0
        ? "not given"
        : values.length === 1
          ? "given, not shown"
          : `${values.length} values, not shown`,
    ]);
    if (values.length > 0) subject[identity.name] = values;
  }
  if (Object.keys(subject).length === 0)
    throw new Failure("SUBJECT_INVALID", "no identifier was given: nobody can be searched for", {
      help: "Run the same command again and give one at least.",
    });
  return { subject: JSON.stringify(subject), readBack };
}

async function askReceived(context: Context, ask: Ask): Promise<string> {
  const today = receivedOn(undefined, context);
  const typed = await ask("Day on which the request came in (YYYY-MM-DD):", {
    otherwise: today,
    whyNot: (text) => saidOf(() => receivedOn(text.trim(), context)),
  });
  return typed.trim();
}

async function askValues(identity: Identity, ask: Ask): Promise<readonly string[]> {
  const values: string[] = [];
  const whyNot = (typed: string): string | undefined => {
    if (typed.trim() === "") return undefined;
    const { reason } = judge(typed, identity);
    return reason === undefined ? undefined : `It ${reason}.`;
  };
  for (;;) {
    const question =
      values.length === 0 ? `${identity.name} (empty: not known):` : `another ${identity.name} (empty: no more):`;
    const typed = await ask(question, { secret: true, whyNot });
    if (typed.trim() === "") return values;
    values.push(typed);
  }
}

/** Why a check refuses, as one sentence. */
function saidOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.message.replace(/^--[a-z-]+ /u, "It ")}.`;
  }
}
