/** Codes of JSON, plan and ledger, in words: for screens and pages. One table, so that a thing is called the same everywhere. */
import { masked } from "./shown.ts";
import type { RequestState, Status } from "./status.ts";

const STATUS: Readonly<Record<Status, string>> = {
  failed: "failed",
  blocked: "blocked",
  unverifiable: "cannot be verified",
  not_checked: "not searched",
  waiting: "waiting",
  kept: "kept",
  residue: "copies left for now",
  soft_deleted: "marked as deleted",
  restored: "brought back",
  accepted: "accepted by the recipient",
  pseudonymised: "pseudonymised",
  anonymised: "anonymised",
  redacted: "redacted",
  deleted: "deleted",
  already_gone: "gone already",
  nothing_found: "nothing found",
};

export function statusWords(status: Status): string {
  return STATUS[status];
}

const STATES: Readonly<Record<RequestState, string>> = {
  received: "received",
  identity_confirmed: "identity confirmed",
  planned: "planned",
  approved: "approved",
  running: "running",
  verifying: "to be verified",
  settling: "verified once, settling",
  waiting: "waiting",
  partly_done: "partly done",
  closed: "closed",
  refused: "refused",
  cancelled: "cancelled",
};

export function stateWords(state: RequestState): string {
  return STATES[state];
}

/** A state, or another code, as somebody reads it. */
export function plainState(code: string): string {
  return named(STATES, code) ?? plainCode(code);
}

/** What an erasure does not reach yet. */
const MECHANISMS: Readonly<Record<string, string>> = {
  dead_tuples: "old versions of rows, until the database cleans up (vacuum)",
  wal: "the database's log of changes (WAL) and what is restored from it",
  free_space: "freed space in the database's file that others did not overwrite (VACUUM)",
  rollback_journal: "the journal that the application leaves beside the database's file",
  full_text: "words in old segments of a full-text index",
  replicas: "copies on replicas",
  segments: "deleted documents in segments of the index",
  snapshots: "snapshots of the index",
  followers: "copies in following clusters",
  versions: "older versions of the objects",
  replication: "copies in replicated buckets",
  access_logs: "the bucket's access logs, which name objects",
  multipart_uploads: "uploads that were never finished",
  media: "freed blocks of the disk, and copies that the file system keeps",
  backups: "backups",
  undo: "what can still be brought back (undo)",
  unknown: "it could not say what it keeps",
};

/** `backups:nightly` names the system of the data map that holds them. */
export function mechanismWords(mechanism: string): string {
  const [kind = "", name] = mechanism.split(":", 2);
  if (kind === "backups" && name !== undefined) return name === "backups" ? "backups" : `backups (${name})`;
  return named(MECHANISMS, kind) ?? plainCode(mechanism);
}

/** Why something is kept, waits, is blocked or failed. */
const REASONS: Readonly<Record<string, string>> = {
  retention: "kept by law",
  legal_hold: "under a legal hold",
  held_with: "kept with the record that it belongs to",
  held_by: "a record that is kept references it",
  excluded: "excluded from the plan by a person",
  review: "a person must look: it is not known when keeping ends",
  no_date: "the date from which it is kept is missing",
  no_identifier: "no identifier of the request leads here",
  empty_pattern: "nothing there matches the pattern",
  shared_record: "the record holds other people too",
  newer_than_request: "newer than the request",
  other_place: "it is another place by now than the one that was planned",
  age_unknown: "it cannot be told whether it is newer than the request",
  placeholder: "a stand-in such as 0 leads here, and that may be anybody",
  ambiguous_match: "an identifier leads to several people",
  open_request: "another open request has found it",
  marked: "marked as deleted already, and purged on its day if it says since when",
  follows: "copies, which follow by themselves what they are copies of",
  source_first: "what it is a copy of is there still, and goes first",
  not_followed: "it did not follow in time what it is a copy of",
  over_cap: "more records than may be acted on for one person",
  left_blocked: "something stands against it, and a person has ended the work on it",
  pointer_reused: "another record stands in its place now",
  undo: "can still be brought back",
  assertion_changed: "a figure that must stay would be another",
  assertion_refused: "a figure that must stay could not be read",
  new_records: "new records have come since the plan",
  not_told: "its run was begun, and no result is told yet",
  still_there: "it is still there",
  kept_gone: "records that were to stay are gone",
  left_the_map: "the data map does not name it any more",
  gap: "an identifier stands where nothing can be erased",
  ask: "the data map has not decided yet what happens to it",
  pattern_empty: "nothing there matches the pattern",
  changed: "it changed since the plan",
  gone: "it is gone",
  index_missing: "the index is not there",
  neighbours: "other records than before stand around its place",
  key: "something stands at its key",
  _id: "a document with its id is there",
  lock_timeout: "another session had it locked",
  object_lock: "Object Lock keeps it",
  object_legal_hold: "a legal hold of the storage keeps it",
  mfa_delete: "the bucket wants a second factor for deleting",
  archived: "it is archived and must be restored first",
  no_conditional_write: "the storage cannot write under a condition, so another's change might be lost",
  unsafe_overwrite: "it would be overwritten blindly",
  attributes_lost: "an attribute of the object would be lost",
  too_large: "it is too large to be rewritten",
  index_block: "the index takes no changes",
  index_closed: "the index is closed",
  not_writable: "this user may not write there",
  not_versioned: "the bucket keeps no versions, so hiding would be erasing",
  marker_path: "the path of its mark leads through something that is no object",
  version_conflict: "it was changed by somebody else meanwhile",
  conflict: "it was changed by somebody else again and again",
  no_longer_matches: "it is no longer this person's",
  written_again: "it was written again meanwhile",
  matched_not_affected: "the system changed fewer records than it was told to",
  affected_not_gone: "records are still there, although the system said they were changed",
  swallowed: "a trigger or rule swallowed the change",
  blocked: "something that must be done before it is not done",
  not_its_turn: "something that must be done before it is not done",
  already_gone: "gone already",
  not_permitted: "a right is missing",
  access_denied: "a right is missing",
  row_security: "row-level security can hide rows",
  system_unreachable: "the system did not answer",
  shards_failed: "a part of the index did not answer",
  credentials_refused: "the credentials were refused",
  secret_missing: "its secret is not set",
  secret_unsafe: "its secret can be read by others",
  file_unreadable: "the file cannot be read",
  file_refused: "only plain files are rewritten",
  table_format: "the files belong to a table format",
  table_missing: "it is not there any more",
  column_missing: "a column is not there any more",
  constraint: "a constraint stands against it",
  unexpected_answer: "the system gave an answer that was not foreseen",
  busy: "another process is at it",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EBUSY: "the file is in use",
  ETXTBSY: "the file is in use",
  ENOENT: "the file is not there any more",
};

/** What a database's answer means (SQLSTATE). */
const ANSWERS: Readonly<Record<string, string>> = {
  "22001": "a value is too long for its column",
  "22P02": "a value does not fit its column's type",
  "23000": "a constraint stands against it",
  "23001": "another row references it",
  "23502": "a column must not be empty",
  "23503": "another row references it",
  "23505": "the value is taken already",
  "23514": "a check constraint stands against it",
  "23P01": "an exclusion constraint stands against it",
  "25006": "the database is read-only",
  "40001": "another transaction came between",
  "40P01": "a deadlock",
  "42501": "a right is missing",
  "53100": "the disk is full",
  "55P03": "another session had it locked",
  "57014": "it took too long",
  P0001: "a trigger raised an error",
};

const SQLSTATE = /^(?<state>[0-9A-Z]{5})(?::(?<name>.+))?$/u;

export interface Standing {
  /** What became, or would become, of the records. Default: `blocked`. */
  readonly status?: Status;
  /** The words of the hold or condition. */
  readonly says?: string | undefined;
}

/** What a database's triggers and rules would have done beside what was planned. */
const BESIDE: Readonly<Record<string, string>> = {
  UNDECLARED: "a trigger or rule would write to what the data map does not name:",
  UNPLANNED: "a trigger or rule would delete rows that no plan names, in",
  ALTERED: "a trigger or rule would change rows that no plan names, in",
};

/** A reason in words. One that is no code is a name: of a condition that is waited for, else of what stands in the way. */
export function reasonWords(reason: string, { status = "blocked", says }: Standing = {}): string {
  // codes of failures stand in capitals
  const known = named(REASONS, reason) ?? named(REASONS, reason.toLowerCase());
  if (known !== undefined)
    return says === undefined || says === "" || reason === "newer_than_request" ? known : `${known}: ${says}`;
  if (says !== undefined && says !== "") return says;
  const { state = "", name } = SQLSTATE.exec(reason)?.groups ?? {};
  const answer = named(ANSWERS, state);
  if (answer !== undefined)
    return `the database refused: ${answer} (${name === undefined ? state : `${masked(name)}, ${state}`})`;
  if (reason.startsWith("cannot_keep_"))
    return `rewriting it would lose its ${plainCode(reason.slice("cannot_keep_".length))}`;
  const tables = /^(?<code>UNDECLARED|UNPLANNED|ALTERED) (?<names>.+)$/u.exec(reason)?.groups;
  if (tables !== undefined) return `${named(BESIDE, tables["code"] ?? "") ?? ""} ${masked(tables["names"] ?? "")}`;
  const readable = masked(reason);
  if (/\s/u.test(reason)) return readable;
  switch (status) {
    case "waiting":
      return `condition ${readable} holds`;
    case "failed":
      return `the system refused: ${readable}`;
    default:
      return `${readable} stands against it`;
  }
}

/** Exceptions to the right to erasure, as the ledger codes them. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "art17-3-a": "freedom of expression and information (Art. 17(3)(a) GDPR)",
  "art17-3-b": "a legal obligation (Art. 17(3)(b) GDPR)",
  "art17-3-c": "public health (Art. 17(3)(c) GDPR)",
  "art17-3-d": "archives, research and statistics (Art. 17(3)(d) GDPR)",
  "art17-3-e": "legal claims (Art. 17(3)(e) GDPR)",
  "art12-5": "manifestly unfounded or excessive (Art. 12(5) GDPR)",
  "art12-6": "doubts about the identity (Art. 12(6) GDPR)",
  "art11-2": "the person cannot be identified (Art. 11(2) GDPR)",
};

export function exceptionWords(code: string): string {
  return named(EXCEPTIONS, code) ?? plainCode(code);
}

/** Words that cite the GDPR, as a regime has them: the United Kingdom has its own, and the CCPA has none of its articles. */
export function citedUnder(regime: string | null, words: string): string {
  switch (regime) {
    case "uk":
      return words
        .replaceAll(/\bGDPR\)/gu, "UK GDPR)")
        .replaceAll(/\bDSGVO\)/gu, "DSGVO des Vereinigten Königreichs)")
        .replaceAll(/\bRGPD\)/gu, "RGPD du Royaume-Uni)");
    case "ccpa":
      return words.replaceAll(/ \([Aa]rt\. (?:[^()]|\([^()]*\))*\b(?:GDPR|DSGVO|RGPD)\)/gu, "");
    default:
      return words;
  }
}

const CHECKS: Readonly<Record<string, string>> = {
  pass: "pass",
  fail: "fail",
  unverifiable: "cannot be verified",
  not_searchable: "cannot be searched",
  requery: "searched again",
  declared: "declared in the data map",
  attested: "the recipient's word",
  none: "not looked at again",
};

/** Results of checks, and how they were made. */
export function checkWords(code: string): string {
  return named(CHECKS, code) ?? plainCode(code);
}

/** Events of the ledger and of a request's story: what somebody did. */
const EVENTS: Readonly<Record<string, string>> = {
  "request.received": "opened the request",
  "identity.verified": "confirmed the identity",
  "identity.checked": "checked the identity",
  decision: "approved the plan",
  "erasure.started": "started the run",
  "target.result": "result of a step",
  verification: "looked again",
  "erasure.completed": "completed",
  "erasure.undone": "brought back what was hidden",
  "request.refused": "refused the request",
  "request.cancelled": "cancelled the request",
  "request.extended": "extended the time for the answer",
  refused: "refused the request",
  "key.destroyed": "destroyed the keys to the person's data",
  "policy.changed": "used this data map from here on",
  "hold.added": "added a legal hold",
  "hold.extended": "extended a legal hold",
  "hold.released": "released a legal hold",
  "bin.restored": "brought back what was marked as deleted",
  "approval.standing": "ran the plan under a standing approval",
  "undo.destroyed": "destroyed what could have been brought back",
  undone: "brought back what was hidden",
  "gaps.accepted": "accepted what could not be reached",
  opened: "opened the request",
  identity: "checked the identity",
  extended: "extended the time for the answer",
  planned: "made a plan",
  approved: "approved the plan",
  run: "ran the plan",
  verified: "looked again",
  closed: "closed the request",
  cancelled: "cancelled the request",
};

export function eventWords(code: string): string {
  return named(EVENTS, code) ?? plainCode(code);
}

/** Why the time for an answer was extended: `complex`, `many`. */
export function extensionWords(reason: string): string {
  return reason === "many" ? "there were many requests" : "the request is complex";
}

/** A code that has no words of its own, at least without its signs. */
function plainCode(code: string): string {
  return masked(code.replaceAll("_", " "));
}

/** Codes may be anything, `constructor` too. */
function named(table: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
