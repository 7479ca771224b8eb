import type { ErasureRequest } from "../model/request.ts";
import { waiting } from "./board.ts";

/** A request as `request new` and `request list` give it. */
export function requestJson(request: ErasureRequest): object {
  const { id, type, received, due, state, ref, pseudonyms } = request;
  const shown = pseudonyms.map((one) => `s_${one.slice(0, 8)}`);
  return { id, type, pseudonym: shown[0], ...(shown.length > 1 ? { pseudonyms: shown } : {}), received, due, state, ...(ref === undefined ? {} : { ref }) };
}

/** A request with everything that is known of it. */
export function wholeRequestJson(request: ErasureRequest): object {
  const { createdAt, createdBy, identity, plan, reason, endedAt } = request;
  return {
    ...requestJson(request),
    opened: { at: createdAt, by: createdBy },
    ...(identity === undefined ? {} : { identity }),
    ...(plan === undefined ? {} : { plan }),
    ...(reason === undefined ? {} : { reason }),
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...waiting(request),
  };
}
