import type { RequestState } from "./status.ts";

/** Something that somebody did with a request. Stays in the state, in clear; the ledger has opaque names only. */
export interface RequestEvent {
  readonly at: string;
  readonly by: string;
  readonly did: "identity" | "planned" | "approved" | "run" | "verified" | "closed" | "refused" | "cancelled";
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

/** An erasure request, without personal data. Dates are ISO; instants are UTC. */
export interface ErasureRequest {
  /** `R-2026-0001`, or `D-2026-0001` for due work. */
  readonly id: string;
  readonly type: "erasure" | "restriction";
  readonly state: RequestState;
  /** Civil date in the controller's zone. */
  readonly received: string;
  /** Civil dates, with the pauses that have ended reckoned in. */
  readonly due: {
    readonly nominal: string;
    readonly legal: string;
    readonly extended: string;
    /** Absent: it was never paused. */
    readonly pauses?: readonly Pause[];
  };
  /** One a subject: full hex HMAC. Screens show `s_` and the first 8 digits. */
  readonly pseudonyms: readonly string[];
  /** Opened with `--batch`: a step tells what it means for each of them. */
  readonly batch?: boolean;
  readonly ref?: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly identity?: {
    readonly method: string;
    readonly result: "ok" | "more_needed" | "failed";
    readonly at: string;
    readonly by: string;
  };
  /** The latest plan. */
  readonly plan?: string | undefined;
  readonly reason?: string;
  /** base64: opens the ledger's commitment of `reason`. */
  readonly reasonSalt?: string;
  readonly endedAt?: string;
  /** What was done with it since it was opened, oldest first. Absent in requests of earlier versions. */
  readonly history?: readonly RequestEvent[];
}
