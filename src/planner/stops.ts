import { Failure, type FailureCode } from "../errors.ts";
import type { Finding } from "../model/search.ts";

/** Why nothing of a person's is acted on. In a request for one person it ends the plan; in a batch their records wait. */
export interface Stop {
  readonly code: Extract<FailureCode, "AMBIGUOUS_MATCH" | "LIMIT_EXCEEDED">;
  /** `system.record` where it was seen. */
  readonly record: string;
  /** Names the edge or the cap; never a value. */
  readonly message: string;
  /** Where the table of failures does not say it well enough. */
  readonly help?: string;
}

/** By the person's index in the request; the first reason counts. */
export interface Stops {
  readonly byPerson: ReadonlyMap<number, Stop>;
  add(person: number, stop: Stop): void;
  has(person: number): boolean;
}

export function noStops(): Stops {
  const byPerson = new Map<number, Stop>();
  return {
    byPerson,
    add(person, stop) {
      if (!byPerson.has(person)) byPerson.set(person, stop);
    },
    has: (person) => byPerson.has(person),
  };
}

/** Throws the first one: for a request that has nobody else to go on with. */
export function refuseStopped({ byPerson }: Stops): void {
  for (const { code, message, help } of byPerson.values())
    throw new Failure(code, message, help === undefined ? {} : { help });
}

/** The reason of a record that waits because its person was stopped. */
export function reasonOf({ code }: Stop): "ambiguous_match" | "over_cap" {
  return code === "AMBIGUOUS_MATCH" ? "ambiguous_match" : "over_cap";
}

export function stopWarnings({ byPerson }: Stops): readonly Finding[] {
  return [...byPerson].map(([person, { code, record, message, help }]) => ({
    code,
    severity: "warning",
    record,
    message: `person ${person + 1} of the request: ${message}; nothing of theirs is acted on`,
    ...(help === undefined ? {} : { help }),
  }));
}
