import { Failure } from "../errors.ts";
import type { Due, ErasureRequest } from "../model/request.ts";

/** Throws WRONG_STATE for due work: nobody asked for it, and nobody waits for an answer. */
export function deadlinesOf({ id, due }: Pick<ErasureRequest, "id" | "due">): Due {
  if (due === undefined)
    throw new Failure("WRONG_STATE", `${id} is due work: nobody asked for it, and nobody waits for an answer`, {
      help: `What became of it: expunge request show ${id}.`,
    });
  return due;
}
