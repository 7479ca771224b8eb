/** The signed file of a report: which members its payload has. What they say is made in src/reports. */
import { Failure } from "../errors.ts";
import type { JsonObject } from "../model/json.ts";
import { type DisclosedEntry, parseDisclosedEntry } from "./disclosed-entry.ts";
import { closedObject, isList, isObject, parseJcs } from "./jcs.ts";

export const REPORT_TYPE = "application/vnd.expunge.erasure-report.v1+json";
export const REPORT_SCHEMA = "expunge/erasure-report/v1";

export type ReportPayload = {
  readonly schema: typeof REPORT_SCHEMA;
  readonly request: string;
  /** Instant, UTC. */
  readonly generated_at: string;
  /** `expunge@0.1.0` */
  readonly tool: string;
  /** The signed head of the ledger to which the entries' proofs lead. */
  readonly checkpoint: string;
  /** Oldest first. */
  readonly entries: readonly DisclosedEntry[];
  /** What the entries say, put together. */
  readonly summary: JsonObject;
  /** What the report does not show. */
  readonly limits: readonly string[];
};

/** Throws PROOF_INVALID for anything but a canonical payload of exactly these members. */
export function parseReportPayload(bytes: Uint8Array): ReportPayload {
  const payload = closedObject(parseJcs(bytes), "the report", [
    "schema",
    "request",
    "generated_at",
    "tool",
    "checkpoint",
    "entries",
    "summary",
    "limits",
  ]);
  const { schema, request, generated_at, tool, checkpoint, entries, summary, limits } = payload;
  if (schema !== REPORT_SCHEMA) throw new Failure("PROOF_INVALID", "the report is of another version");
  const texts = isList(limits) ? limits.filter((text) => typeof text === "string") : [];
  if (
    typeof request !== "string" ||
    typeof generated_at !== "string" ||
    typeof tool !== "string" ||
    typeof checkpoint !== "string" ||
    !isList(entries) ||
    !isObject(summary) ||
    !isList(limits) ||
    texts.length !== limits.length
  )
    throw new Failure("PROOF_INVALID", "the report is malformed");
  return {
    schema,
    request,
    generated_at,
    tool,
    checkpoint,
    entries: entries.map(parseDisclosedEntry),
    summary,
    limits: texts,
  };
}
