import type { RequestState } from "./status.ts";

/** Something that somebody did with a request. Stays in the state, in clear; the ledger has opaque names only. */
export interface RequestEvent {
  readonly at: string;
  readonly by: string;
  readonly did:
    | "identity"
    | "extended"
    | "planned"
    | "approved"
    | "run"
    | "verified"
    | "undone"
    | "closed"
    | "refused"
    | "cancelled";
  readonly plan?: string;
  /** What came of it: `ok`, a state. */
  readonly result?: string;
  /** What they wrote: a method, a reason. */
  readonly note?: string;
}

/** Days on which the time for an answer does not run, because the person is asked who they are. */
export interface Pause {
  /** Civil date: asked. */
  readonly from: string;
  /** Civil date: answered, and running again; null: still paused. */
  readonly to: string | null;
}

/** Why records were left out of a plan; which ones is sealed. */
export interface Exclusion {
  readonly records: number;
  /** Every reason that was given, each once, one a line. */
  readonly words: string;
  /** base64: opens the ledger's commitment of `words`. */
  readonly salt: string;
}

export type ExtensionReason = "complex" | "many";

/** Days for the answer, civil dates in the controller's zone. */
export interface Due {
  readonly nominal: string;
  /** The last day, unless the time was extended. */
  readonly legal: string;
  /** The last day after an extension. */
  readonly extended: string;
  /** Those that have ended are reckoned in. Absent: it was never paused. */
  readonly pauses?: readonly Pause[];
  /** Said by a person: why, and on which day they told the one who asked. */
  readonly extension?: { readonly reason: ExtensionReason; readonly notified_on: string };
}

/** The last day for an answer, as things are. */
export function answerDue({ legal, extended, extension }: Due): string {
  return extension === undefined ? legal : extended;
}

/** An erasure request, without personal data. Dates are ISO; instants are UTC. */
export interface ErasureRequest {
  /** `R-2026-0001`, or `D-2026-0001` for due work. */
  readonly id: string;
  /** Due work: nobody asked for it, so that it has no people, no identity to confirm and no deadline. Absent: a request. */
  readonly kind?: "due";
  readonly type: "erasure" | "restriction";
  readonly state: RequestState;
  /** Civil date in the controller's zone. */
  readonly received: string;
  /** Absent: due work has none. */
  readonly due?: Due;
  /** One a subject: full hex HMAC. Screens show `s_` and the first 8 digits. */
  readonly pseudonyms: readonly string[];
  /** Opened with `--batch`: a step tells what it means for each of them. */
  readonly batch?: boolean;
  readonly ref?: string;
  /** The controller's zone when it was opened; absent in requests of earlier versions. */
  readonly timezone?: string;
  readonly createdAt: string;
  readonly createdBy: string;
  /** The public key with which they acted, base64; where the data map had `people`. */
  readonly createdKey?: string;
  readonly identity?: {
    readonly method: string;
    readonly result: "ok" | "more_needed" | "failed";
    readonly at: string;
    readonly by: string;
  };
  /** The latest plan. */
  readonly plan?: string | undefined;
  /** Due work of `bin purge`: what goes before its day, and why. Somebody else must approve it. */
  readonly purge?: { readonly record: string; readonly words: string; /** base64 */ readonly salt: string };
  /** Records that a person left out of the latest plan. */
  readonly excluded?: Exclusion | undefined;
  readonly reason?: string;
  /** base64: opens the ledger's commitment of `reason`. */
  readonly reasonSalt?: string;
  readonly endedAt?: string;
  /** What was done with it since it was opened, oldest first. Absent in requests of earlier versions. */
  readonly history?: readonly RequestEvent[];
}
