import type { Status } from "../model/status.ts";

/** One record type of one system, over all runs of the request. */
export type SystemLine = {
  readonly system: string;
  readonly record: string;
  readonly operation: string;
  readonly status: Status;
  readonly found: number;
  readonly matched: number;
  readonly affected: number;
  readonly gone: number;
  readonly already_gone: number;
  /** Rows that the erasure itself added to an audit trail, redacted with it. */
  readonly own: number;
  readonly kept: number;
  readonly minimised: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly reason: string | null;
  readonly connector: string;
  readonly started: string;
  readonly finished: string;
  /** The last look at it: `pass`, `fail`, `unverifiable`, `not_searchable`; null where none is logged. */
  readonly verified: {
    readonly result: string;
    readonly residual: number;
    readonly method: string;
    readonly at: string;
  } | null;
};

export type KeptLine = {
  readonly system: string;
  readonly record: string;
  readonly count: number;
  readonly reason: string | null;
  readonly until: string | null;
  readonly law: readonly string[];
  /** Used for what it is kept for, and nothing else. */
  readonly restricted: boolean;
};
export type ResidueLine = {
  readonly system: string;
  readonly record: string | null;
  readonly mechanism: string;
  readonly gone_by: string | null;
};

const REMOVING = ["erase", "remove-rows"];
const CHANGED: readonly Status[] = ["anonymised", "pseudonymised", "redacted"];

interface Facts {
  readonly systems: readonly SystemLine[];
  readonly kept: readonly KeptLine[];
  readonly residue: readonly ResidueLine[];
  readonly state: string | null;
  readonly residual: number | null;
}

/** The outcome in the words of version 0.1; see first-summary.ts. Says no more than the entries do, and never "everything" while anything is left. */
export function sentence({ systems, kept, residue, state, residual }: Facts): string {
  if (state === "refused" || state === "cancelled") return `The request was ${state}; nothing more was erased.`;
  const total = (
    count: "gone" | "already_gone" | "waiting" | "blocked",
    where: (line: SystemLine) => boolean = () => true,
  ): number => systems.filter(where).reduce((sum, line) => sum + line[count], 0);
  const removes = ({ operation, status }: SystemLine): boolean =>
    REMOVING.includes(operation) && (status === "deleted" || status === "already_gone");
  // a step that also kept or waited may have changed some of its records instead: its status does not say
  const either = (line: SystemLine): boolean =>
    REMOVING.includes(line.operation) && !removes(line) && !CHANGED.includes(line.status);
  const keptCount = kept.reduce((sum, line) => sum + line.count, 0);
  const parts = [
    counted(total("gone", removes), "erased"),
    counted(total("gone", either), "erased or changed as the rule says"),
    counted(
      total("gone", (line) => !removes(line) && !either(line)),
      "changed",
    ),
    counted(total("already_gone"), "gone already"),
    keptCount > 0 ? `${records(keptCount)} kept${lastDay(kept)}` : "",
    counted(total("waiting"), "waiting"),
    counted(total("blocked"), "blocked"),
  ].filter((part) => part !== "");
  const done =
    parts.length === 0 ? "No record of this person was found in the systems of the data map" : parts.join(", ");
  const looked =
    residual === null
      ? "not yet verified"
      : residual === 0
        ? "a later look found nothing else"
        : `a later look found ${records(residual)} still there`;
  const left = residue.length > 0 ? " Copies that no erasure reaches yet are listed with their dates." : "";
  return `${done}; ${looked}.${state === "closed" ? "" : " The request is still open."}${left}`;
}

function counted(count: number, done: string): string {
  return count > 0 ? `${records(count)} ${done}` : "";
}

function records(count: number): string {
  return count === 1 ? "1 record" : `${count} records`;
}

function lastDay(kept: readonly KeptLine[]): string {
  const days = kept.flatMap(({ until }) => until ?? []);
  const last = days.toSorted().at(-1);
  return last === undefined || days.length < kept.length ? "" : ` until ${last} at the latest`;
}
