/** The proof of erasure: one signed file, made of the ledger's entries and nothing else. */
import { Failure } from "../errors.ts";
import type { JsonObject } from "../model/json.ts";
import { jcs } from "../ledger/jcs.ts";
import type { Disclosure } from "../ledger/ledger.ts";
import { parseEnvelope } from "../ledger/dsse.ts";
import { parseReportPayload, REPORT_SCHEMA, REPORT_TYPE, type ReportPayload } from "../ledger/report-file.ts";
import { firstSummary } from "./first-summary.ts";
import { summarise } from "./summary.ts";

/** What no report of this kind shows. Said in every one. */
export const LIMITS = [
  "It shows what expunge logged about this request. It is no forensic proof that storage media were wiped.",
  "It covers the systems and record types that the data map named. What the data map does not name was not searched.",
  "No log can show a request that was never entered, nor that those who entered it told the truth.",
  "A public key alone does not show that this is the latest or the only state of the ledger. For that, compare with a head of the ledger that you received at another time: expunge proof verify --known.",
  "Copies listed as residue are gone only after their dates; where no date stands, the system sets none.",
  "Fields that were pseudonymised, and records that were kept, remain personal data.",
  "Times are those of the machine that ran expunge.",
] as const;

/** Throws NO_SUCH_REQUEST where the ledger has nothing about the request. */
export function reportOf(
  { checkpoint, entries, expired }: Disclosure,
  how: { readonly request: string; readonly generatedAt: Date; readonly tool: string },
): ReportPayload {
  if (entries.length === 0)
    throw new Failure(
      "NO_SUCH_REQUEST",
      "the ledger has no entry of that request, or none whose content is still there",
    );
  return {
    schema: REPORT_SCHEMA,
    request: how.request,
    generated_at: how.generatedAt.toISOString(),
    tool: how.tool,
    checkpoint,
    entries,
    summary: summarise(entries.map(({ core }) => core)),
    limits: [...expiredWords(expired), ...LIMITS],
  };
}

/** Said in the report, and by the command: what has expired may have told anything. */
export function expiredWords({ own, others }: Disclosure["expired"]): readonly string[] {
  return [
    ...(own === 0 ? [] : [ownWords(own)]),
    ...(others === 0
      ? []
      : [
          `${others} other ${others === 1 ? "entry" : "entries"} of the ledger ${others === 1 ? "has" : "have"} no content any more. Nothing signed says which request ${others === 1 ? "it was" : "they were"} about.`,
        ]),
  ];
}

function ownWords(count: number): string {
  return `${count} ${count === 1 ? "entry" : "entries"} of the ledger about this request ${count === 1 ? "has" : "have"} no content any more, and ${count === 1 ? "is" : "are"} left out: ask which expiry took ${count === 1 ? "it" : "them"}.`;
}

/** The file: one DSSE envelope, canonical JSON and one line end. */
export function reportFile(payload: ReportPayload, seal: (type: string, payload: Uint8Array) => string): string {
  return seal(REPORT_TYPE, Buffer.from(jcs(payload)));
}

/** Whether the summary says just what the entries say: in today's form, or in that of version 0.1. */
export function summaryHolds({ summary, entries }: ReportPayload): boolean {
  const cores = entries.map(({ core }) => core);
  return jcs(summary) === jcs(isOfFirstForm(summary) ? firstSummary(cores) : summarise(cores));
}

/** The report in a file that nobody has checked. Throws PROOF_INVALID for what is none. */
export function unchecked(file: Uint8Array): ReportPayload {
  const { payloadType, payload } = parseEnvelope(file);
  if (payloadType !== REPORT_TYPE) throw new Failure("PROOF_INVALID", "the file holds no report of this version");
  return parseReportPayload(payload);
}

function isOfFirstForm(summary: JsonObject): boolean {
  return !Object.hasOwn(summary, "form");
}
