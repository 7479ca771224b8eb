/**
 * Documents with their vectors. Since 9.2 the server takes them out of every `_source` that it gives, unless it is asked
 * for them: a document that is written again without them has lost them. Servers before that give them always, and do
 * not know the question.
 */
import type { JsonObject } from "../../src/model/json.ts";
import { at, itemsOf, textOf } from "../../src/documents/json-text.ts";
import { failureOf, type About, type Answer, type Api } from "./api.ts";
import type { Call } from "./client.ts";

const ASKED = "exclude_vectors";
/** Those that have said that they do not know the question. */
const older = new WeakSet<Api>();

/** What of `_source` a search brings along. */
export function sourceOf(names: readonly string[], vectors: boolean): JsonObject | false {
  if (names.length === 0) return false;
  return vectors ? { includes: [...names], [ASKED]: false } : { includes: [...names] };
}

/** `_source` whole, of a call that takes no words on it in its body. */
export function wholeSource(vectors: boolean): Pick<Call, "query"> {
  return vectors ? { query: { [`_source_${ASKED}`]: "false" } } : {};
}

/** The answer to the call that asks for vectors; to the one without where the server says that it has no such word. */
export async function askWithVectors(api: Api, callOf: (vectors: boolean) => Call, about: About): Promise<Answer> {
  if (older.has(api)) return await api.ask(callOf(false), about);
  const answer = await api.send(callOf(true));
  if (answer.status >= 200 && answer.status < 300) return answer;
  if (!isUnknownWord(answer)) throw failureOf(api.system, answer, about);
  older.add(api);
  return await api.ask(callOf(false), about);
}

function isUnknownWord({ status, body }: Answer): boolean {
  if (status !== 400) return false;
  const error = at(body, "error");
  return [error, ...itemsOf(at(error, "root_cause"))].some((one) => textOf(at(one, "reason"))?.includes(ASKED));
}
