/** The one table of failures: code, exit code, and what to do next. docs/exit-codes.md is made from it. */

export const EXIT = {
  done: 0,
  unexpected: 1,
  findings: 2,
  waiting: 3,
  unreachable: 4,
  partly_done: 5,
  stale: 6,
  usage: 64,
  bad_data: 65,
  busy: 75,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface Entry {
  readonly exit: ExitCode;
  readonly help: string;
}

export const FAILURES = {
  UNEXPECTED: {
    exit: EXIT.unexpected,
    help: "This is a fault of expunge. Run again with --verbose and report what it prints.",
  },
  NODE_TOO_OLD: {
    exit: EXIT.unexpected,
    help: "Install Node 24.15 or newer, or use `npx expunge`, which brings its own.",
  },

  RESIDUAL: { exit: EXIT.findings, help: "Make a new plan for the request; it takes what was found." },
  PROOF_INVALID: { exit: EXIT.findings, help: "The file is not what was signed, or the key is another one." },
  PATTERN_EMPTY: {
    exit: EXIT.findings,
    help: "Check the pattern in the data map: nothing there matches it, so nothing was searched.",
  },

  NOT_APPROVED: { exit: EXIT.waiting, help: "Have the plan approved first: expunge approve ID." },
  FOUR_EYES: {
    exit: EXIT.waiting,
    help: "Someone else than the requester must approve (or set approval.four_eyes: false).",
  },
  NOT_ALLOWED: {
    exit: EXIT.waiting,
    help: "Have it done by somebody who has the role, or give the role in the data map: `people`.",
  },
  NOT_A_TEST: {
    exit: EXIT.waiting,
    help: "Whoever answers for the system says that it is one for tests: `environment: test` in the data map. `--records` leaves other systems out.",
  },
  IDENTITY_UNCONFIRMED: { exit: EXIT.waiting, help: "Confirm the identity first: expunge request identity ID." },
  AMBIGUOUS_MATCH: {
    exit: EXIT.waiting,
    help: 'Are they all one person\'s, name all of them in a new request, as in { "email": ["…", "…"] }; else give only what is this person\'s alone. This request is ended with: expunge request cancel ID.',
  },
  LIMIT_EXCEEDED: {
    exit: EXIT.waiting,
    help: "Check that this is really one person's data; else raise `limits` in the data map.",
  },
  ASK: {
    exit: EXIT.waiting,
    help: "Decide what becomes of these records (`do` in the data map); `expunge plan ID --system S` plans another system meanwhile.",
  },
  TOO_LATE: {
    exit: EXIT.waiting,
    help: "The person must be told of an extension within the first time limit; answer as soon as you can: expunge request show ID.",
  },
  STILL_OPEN: { exit: EXIT.waiting, help: "See what is open: expunge request show ID." },
  LETTER_NOT_DUE: { exit: EXIT.waiting, help: "See how the request stands: expunge request show ID." },
  NOTHING_TO_APPROVE: { exit: EXIT.waiting, help: "Make a plan that can be approved first: expunge plan ID." },
  NOT_SEARCHED: {
    exit: EXIT.waiting,
    help: "Open a request with an identifier that leads there, correct a pattern that matches nothing, or accept it: approve ID --accept-not-searched SYSTEM.RECORD.",
  },
  HELD: {
    exit: EXIT.waiting,
    help: "A hold, an open condition or a missing date stands in the way; what it is says `expunge request show ID`.",
  },

  SYSTEM_UNREACHABLE: {
    exit: EXIT.unreachable,
    help: "Check that the system runs and that the secret names the right address.",
  },
  HOLD_UNREADABLE: {
    exit: EXIT.unreachable,
    help: "Nothing is erased before it can be read, since nobody knows what it keeps: see `expunge hold list`. Bring back the state or the data map that it was made with, or end it by a person's word: expunge hold release H-….",
  },
  SECRET_MISSING: {
    exit: EXIT.unreachable,
    help: "Set the environment variable EXPUNGE_SECRET_<NAME>, or put a file of that name into $EXPUNGE_SECRETS_DIR.",
  },
  SECRET_UNSAFE: { exit: EXIT.unreachable, help: "Make the file readable by you only: chmod 600." },
  CREDENTIALS_REFUSED: { exit: EXIT.unreachable, help: "Check the credentials behind the secret." },
  NOT_PERMITTED: { exit: EXIT.unreachable, help: "Grant the right that is named." },
  NO_ROOM: {
    exit: EXIT.unreachable,
    help: "Make room on the disk, then run the same command again: it goes on where it stopped.",
  },
  ROW_SECURITY: {
    exit: EXIT.unreachable,
    help: "Use a role with BYPASSRLS: a policy can hide rows, so a count would prove nothing.",
  },
  SHARDS_FAILED: { exit: EXIT.unreachable, help: "Bring the index's shards back, then run again." },

  UNEXPECTED_ANSWER: {
    exit: EXIT.partly_done,
    help: "Look at the system and at what stands between it and expunge, then run the same command again.",
  },
  ASSERTION_CHANGED: {
    exit: EXIT.partly_done,
    help: "See which rule of the data map, or which trigger, moves the figure (`expunge plan ID --rehearse` tries it), or correct `assert`; then make a new plan.",
  },
  PARTLY_DONE: { exit: EXIT.partly_done, help: "See what is left and what comes next: expunge request show ID." },

  PLAN_STALE: { exit: EXIT.stale, help: "Make a new plan, what it was made for has changed: expunge plan ID." },
  PLAN_USED: {
    exit: EXIT.stale,
    help: "The request has ended; if something came back, open a new one: expunge request new.",
  },
  PLAN_ALTERED: { exit: EXIT.stale, help: "Make a new plan: expunge plan ID." },
  PLAN_EXPIRED: { exit: EXIT.stale, help: "Make a new plan: expunge plan ID." },

  USAGE: { exit: EXIT.usage, help: "See: expunge --help." },
  UNKNOWN_COMMAND: { exit: EXIT.usage, help: "See: expunge --help." },
  IDENTIFIER_IN_ARGUMENTS: {
    exit: EXIT.usage,
    help: "Identifiers are read from a file or from stdin: --subject-file FILE or -.",
  },
  CONFIRM_NEEDED: { exit: EXIT.usage, help: "Without a terminal, confirm with --confirm ID." },
  FORMAT_NOT_BUILT: { exit: EXIT.usage, help: "Name one of those that there are." },
  OPTION_NOT_BUILT: { exit: EXIT.usage, help: "This option is not built yet; what there is shows with --help." },
  FILE_EXISTS: { exit: EXIT.usage, help: "Name another file with --out, or move this one away." },
  NO_SUCH_REQUEST: { exit: EXIT.usage, help: "See: expunge request list." },
  NO_SUCH_HOLD: { exit: EXIT.usage, help: "See: expunge hold list." },
  WRONG_STATE: { exit: EXIT.usage, help: "See: expunge request show ID." },
  NO_WORKSPACE: { exit: EXIT.usage, help: "Make one first: expunge init." },

  LETTER_TEMPLATE: {
    exit: EXIT.bad_data,
    help: "Mend the template, or take it away: the one that ships is used then. docs/letters.md names what may stand in it.",
  },
  DATAMAP_MISSING: { exit: EXIT.bad_data, help: "Name it with --map, or make a first one: expunge init." },
  DATAMAP_INVALID: { exit: EXIT.bad_data, help: "Mend what is shown; `expunge map lint` shows everything." },
  NOT_BUILT: {
    exit: EXIT.bad_data,
    help: "Take it out of the data map, or wait for a version that builds it: a plan would do less than the data map says.",
  },
  LOCK_INVALID: { exit: EXIT.bad_data, help: "Write it anew: expunge map accept --write." },
  CONFLICT: {
    exit: EXIT.bad_data,
    help: "Two rules change one column of the same record in different ways: write one, or tell the records apart with `where`.",
  },
  SUBJECT_INVALID: {
    exit: EXIT.bad_data,
    help: "A subject is a JSON object: identity names with a string or an array of strings.",
  },
  IDENTIFIER_REFUSED: {
    exit: EXIT.bad_data,
    help: "Give a real identifier: empty values, placeholders and patterns are never searched for.",
  },
  ASSERTION_REFUSED: {
    exit: EXIT.bad_data,
    help: "Write one SELECT that gives one value and gives it again: `assert` in docs/datamap.md.",
  },
  COLUMN_MISSING: { exit: EXIT.bad_data, help: "Correct the name in the data map." },
  TABLE_MISSING: { exit: EXIT.bad_data, help: "Correct the name in the data map." },
  FILE_UNREADABLE: { exit: EXIT.bad_data, help: "Mend the file, or set `dialect` or `encoding`; it was not touched." },
  FILE_REFUSED: {
    exit: EXIT.bad_data,
    help: "Only plain files under the root are rewritten: no links, no other device, no hard links.",
  },
  TABLE_FORMAT: { exit: EXIT.bad_data, help: "These files belong to a table format; use a connector for its engine." },
  TYPE_MISMATCH: { exit: EXIT.bad_data, help: "The identity's type does not fit the column." },
  NOT_SEARCHABLE: { exit: EXIT.bad_data, help: "Match on a field that can be searched exactly." },
  CASCADE_UNDECLARED: {
    exit: EXIT.bad_data,
    help: "Add the table as a record, list it in map.ignore, or name the constraint in `cascades`.",
  },
  FOREIGN_KEY_UNDECLARED: { exit: EXIT.bad_data, help: "Add the table as a record, or list it in map.ignore." },
  TRIGGER_UNDECLARED: { exit: EXIT.bad_data, help: "Add the table the trigger writes to as a record with `audit_of`." },
  DELETE_SWALLOWED: {
    exit: EXIT.bad_data,
    help: "A trigger or rule stops the DELETE; remove it, or choose another `do`.",
  },
  CONSTRAINT: { exit: EXIT.bad_data, help: "Choose another rule for the column: `set`, `template`, `generalise`." },
  FIELD_REFUSED: { exit: EXIT.bad_data, help: "This column cannot be changed so." },
  ACTION_REFUSED: { exit: EXIT.bad_data, help: "This kind of system cannot do that." },
  CLOCK_REFUSED: {
    exit: EXIT.bad_data,
    help: "EXPUNGE_NOW and EXPUNGE_TEST_KILL_AT work only where the data map says `clock: test`.",
  },
  STATE_UNREADABLE: {
    exit: EXIT.bad_data,
    help: "The workspace's database is damaged or of another version: put a copy of it back, or use the version that wrote it.",
  },
  KEY_MISSING: {
    exit: EXIT.unreachable,
    help: "Put the key file back (keys are never made again), or make it yours only: chmod 600.",
  },
  LEDGER_MISMATCH: {
    exit: EXIT.bad_data,
    help: "Bring back the latest ledger; `expunge doctor` says what is there. Until then nothing is done and nothing is signed.",
  },

  BUSY: { exit: EXIT.busy, help: "Another run holds this request; wait for it." },
  INTERRUPTED: { exit: EXIT.interrupted, help: "The same command goes on where it stopped." },

  // warnings: said, never thrown
  GAP: { exit: EXIT.findings, help: "Look at the place by hand." },
  CONFLICT_POSSIBLE: { exit: EXIT.done, help: "Give the column one rule, or narrow the record types with `where`." },
  COPY_UNSEEN: {
    exit: EXIT.done,
    help: "`verify` of a request looks at its own; for the others see that what fills the copy runs.",
  },
  FREE_FOR_REQUEST: {
    exit: EXIT.done,
    help: "The request's own plan takes it: expunge plan R-….",
  },
  EXCLUDED_GONE: {
    exit: EXIT.done,
    help: "Look whether it is gone or reads otherwise by now, and leave it out again: expunge plan ID --show-records.",
  },
  INDEX_MISSING: { exit: EXIT.done, help: "An index on the referencing columns would make this quick." },
  IGNORE_UNUSED: { exit: EXIT.done, help: "Remove the entry, or correct its name." },
  WINDOW_CLOSED: {
    exit: EXIT.waiting,
    help: "The data map's `restore_window` says how long `undo` gives records back. What the application's own bin can do is not known here.",
  },
  RESTORE_CONFLICT: {
    exit: EXIT.waiting,
    help: "Mend what stands in the way, or give back the rest: --skip-conflicts.",
  },
  TRIGGER_CHANGES: {
    exit: EXIT.done,
    help: "What a trigger sets by itself beside the marker stays so, after `undo` too.",
  },
  TRIGGER_PRESENT: { exit: EXIT.done, help: "Check what the trigger does." },
  BLOCKED: {
    exit: EXIT.partly_done,
    help: "Remove what blocks it, then make a new plan; a run that was cut short goes on by itself.",
  },
} as const satisfies Record<string, Entry>;

export type FailureCode = keyof typeof FAILURES;

export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(FAILURES, code);
}

/**
 * Something a person can act on. `message` says what and where, never a value of a record or an identifier; `at` is
 * `file:line:column` where there is one.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly help: string;
  readonly at?: string;
  /** More of the same kind: every issue of a data map, every finding of a plan. */
  readonly details?: unknown;

  constructor(
    code: FailureCode,
    message: string,
    more: { help?: string; at?: string; details?: unknown; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = "Failure";
    this.code = code;
    this.help = more.help ?? FAILURES[code].help;
    if (more.at !== undefined) this.at = more.at;
    if (more.details !== undefined) this.details = more.details;
  }

  get exit(): ExitCode {
    return FAILURES[this.code].exit;
  }
}

/** Class and code of an error: neither ever holds a value. */
export function nameOfError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code =
    "code" in error && typeof error.code === "string" && /^[A-Z0-9_]+$/u.test(error.code) ? ` ${error.code}` : "";
  return `${error.constructor.name}${code}`;
}

/** Where it happened, line by line. The message may quote values, so it stays out: only lines that are frames are there. */
export function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const stack = error.stack ?? "";
  const from = error.message === "" ? 0 : stack.indexOf(error.message) + error.message.length;
  return stack
    .slice(from)
    .split("\n")
    .filter((line) => /^ {4}at /u.test(line))
    .join("\n");
}

const OF_FILES = /^(?:open|mkdir|write|rename|copyfile|unlink|rm|rmdir|fsync|ftruncate|link|chmod|scandir)$/u;

/** What the disk's refusal of a file means; undefined for any other error. `file`: where it is ours to name. */
export function refusedByDisk(error: unknown, file = "a file or folder"): Failure | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  if (!OF_FILES.test(String(error.syscall))) return undefined;
  if (error.code === "ENOSPC" || error.code === "EDQUOT" || error.code === "EFBIG")
    return new Failure("NO_ROOM", `${file} cannot be written: the disk is full`);
  if (error.code === "EACCES" || error.code === "EPERM" || error.code === "EROFS")
    return new Failure("NOT_PERMITTED", `${file} cannot be opened to be written by this user`, {
      help: "Give this user the right to read and write there, or run the command as the user who has it.",
    });
  return undefined;
}
