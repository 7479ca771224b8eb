import type { ErasureRequest, RequestEvent } from "../model/request.ts";
import type { Context } from "./context.ts";

/** The request's story with one more thing that the context's actor did; for `requests.update`. */
export function noted(
  { actor, now }: Pick<Context, "actor" | "now">,
  { history = [] }: Pick<ErasureRequest, "history">,
  event: Omit<RequestEvent, "at" | "by">,
): { readonly history: readonly RequestEvent[] } {
  return { history: [...history, { at: now().toISOString(), by: actor, ...event }] };
}
