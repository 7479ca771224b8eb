import type { Check } from "../executor/verify.ts";
import type { RequestState } from "../model/status.ts";
import { count, indent, table, tint } from "./show.ts";

const WORDS = { pass: "pass", fail: "FAIL", unverifiable: "unverifiable", not_searchable: "n/a" } as const;

export function verifyScreen(verified: { readonly checks: readonly Check[]; readonly residual: number; readonly state: RequestState }, plain: boolean): string {
  const rows = verified.checks.map((check) => {
    const bad = check.result === "fail" || check.result === "unverifiable";
    return [
      tint(WORDS[check.result], bad ? "bad" : check.result === "pass" ? "good" : "dim", plain),
      `${check.system}.${check.record}`,
      `${check.residual} left`,
      check.method,
      check.at.slice(0, 16).replace("T", " "),
    ];
  });
  const sentence =
    verified.residual > 0
      ? `Residual: ${count(verified.residual, "record")} still there. The request is ${verified.state.replaceAll("_", " ")}.`
      : `Nothing is left of what was to go. The request is ${verified.state.replaceAll("_", " ")}.`;
  return `${indent(table(rows))}\n${sentence}`;
}
